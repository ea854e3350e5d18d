"""Bodies that are wrong in one way each: what was handed in, the field, the rule, the way out."""

from __future__ import annotations

from typing import Any

ID = "0198f0c2-0000-7000-8000-000000000001"
CITE = [{"source": "courier"}]
WORLD: dict[str, Any] = {"occurred": "2025-09-04", "cite": CITE}
ACTOR: dict[str, Any] = {"kind": "actor.registered", "slug": "a", "name": "Alfa", "type": "state"}
SOURCE: dict[str, Any] = {
    "kind": "source.registered",
    "slug": "s",
    "title": "T",
    "published": "2025",
}
PLEDGE: dict[str, Any] = {
    "kind": "pledge.made",
    "slug": "guard",
    "level": "pledged",
    "pledgors": ["alfa"],
    "beneficiaries": ["bravo"],
    "summary": "A guard.",
    **WORLD,
}
ATTACK: dict[str, Any] = {
    "kind": "attack.carried_out",
    "slug": "bridge",
    "perpetrator": "alfa",
    "target_country": "bravo",
    "modes": ["drone"],
    "summary": "A bridge.",
    **WORLD,
}
CORRECTION: dict[str, Any] = {"kind": "entry.corrected", "entry": ID, "schema": 1, "reason": "R"}
CONDITION: dict[str, Any] = {
    "kind": "condition.stated",
    "slug": "c",
    "text": "T",
    "condition_type": "consent",
    **WORLD,
}


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


BAD: dict[str, tuple[object, str, str, str]] = {
    "a text for a body": ("pledge", "body", "not an object", "object of fields"),
    "a list for a body": ([PLEDGE], "body", "not an object", "object of fields"),
    "no kind": (without(ACTOR, "kind"), "kind", "required and missing", "name the kind"),
    "an unknown kind": (
        ACTOR | {"kind": "actor.born"},
        "kind",
        "'actor.born' is not",
        "list of kinds",
    ),
    "a list for a kind": (ACTOR | {"kind": ["a"]}, "kind", "is not a kind", "the list of kinds"),
    "an unknown field": (
        ACTOR | {"nmae": "A"},
        "nmae",
        "not a field of this kind",
        "remove `nmae`",
    ),
    "a missing field": (without(ACTOR, "name"), "name", "required and missing", "add `name`"),
    "a missing slug": (without(ACTOR, "slug"), "slug", "required and missing", "add `slug`"),
    "a null where a text belongs": (ACTOR | {"name": None}, "name", "is not a text", "quotation"),
    "a number where a text belongs": (ACTOR | {"name": 7}, "name", "is not a text", "quotation"),
    "a wrong word": (PLEDGE | {"level": "sure"}, "level", "'floated', 'offered'", "choose one"),
    "a wrong word in a list": (ATTACK | {"modes": ["fog"]}, "modes.0", "none of the", "choose"),
    "a slug in capitals": (
        ACTOR | {"slug": "Alfa"},
        "slug",
        "does not match ^[a-z0-9]+",
        "rewrite",
    ),
    "a slug with a line feed": (ACTOR | {"slug": "alfa\n"}, "slug", "does not match", "rewrite"),
    "a slug of 65": (ACTOR | {"slug": "a" * 65}, "slug", "longer than 64", "at most 64"),
    "a reserved negotiation": (
        {"kind": "negotiation.opened", "slug": "commons", "title": "T"},
        "slug",
        "'commons' is reserved",
        "choose another name",
    ),
    "NUL": (ACTOR | {"name": "A\0"}, "name", "control character U+0000 at place 1", "remove it"),
    "a control character": (ACTOR | {"name": "A\x85b"}, "name", "U+0085 at place 1", "as spaces"),
    "a line break": (ACTOR | {"name": "A\nb"}, "name", "U+000A", "write line breaks as spaces"),
    "a noncharacter": (ACTOR | {"name": "\ufdd0"}, "name", "U+FDD0", "remove it"),
    "a lone surrogate": (ACTOR | {"name": "\ud800"}, "name", "U+D800", "remove it"),
    "a lone surrogate for a word": (ACTOR | {"type": "\ud800"}, "type", "surrogate", "UTF-8"),
    "a text not in NFC": (ACTOR | {"name": "e\u0301"}, "name", "form C (NFC)", "normalise it"),
    "a blank text": (ACTOR | {"name": "\u00a0 "}, "name", "is blank", "leave the field out"),
    "a text of 8,001": (ACTOR | {"name": "a" * 8001}, "name", "longer than 8000", "at most 8000"),
    "a quotation of 301": (
        PLEDGE | {"cite": [{"source": "s", "locator": {"exact": "a" * 301}}]},
        "cite.0.locator.exact",
        "longer than 300",
        "at most 300",
    ),
    "a suffix of 33": (
        PLEDGE | {"cite": [{"source": "s", "locator": {"suffix": "a" * 33}}]},
        "cite.0.locator.suffix",
        "longer than 32",
        "at most 32",
    ),
    "an offset without its end": (
        PLEDGE | {"cite": [{"source": "s", "locator": {"start": 1}}]},
        "cite.0.locator",
        "start and end go together",
        "give both or neither",
    ),
    "an offset beyond a leaf": (
        PLEDGE | {"cite": [{"source": "s", "locator": {"start": 0, "end": 2**53}}]},
        "cite.0.locator.end",
        "is more than 9007199254740991",
        "give 9007199254740991 or less",
    ),
    "a decimal with a comma": (
        PLEDGE | {"components": [{"key": "a", "quantity": "2,5"}]},
        "components.0.quantity",
        "does not match",
        "rewrite",
    ),
    "a truth value for a decimal": (
        PLEDGE | {"components": [{"key": "a", "quantity": True}]},
        "components.0.quantity",
        "true or false where a number belongs",
        "correct it",
    ),
    "two components of one key": (
        PLEDGE | {"components": [{"key": "a"}, {"key": "a"}]},
        "components",
        "share a key",
        "a key of its own",
    ),
    "a fraction for a count": (
        PLEDGE | {"cardinality_reported": 2.5},
        "cardinality_reported",
        "not a whole number",
        "without a fraction",
    ),
    "a count below one": (
        PLEDGE | {"cardinality_reported": 0},
        "cardinality_reported",
        "is less than 1",
        "give 1 or more",
    ),
    "a word for a truth value": (
        PLEDGE | {"testable": "perhaps"},
        "testable",
        "neither true nor false",
        "write true or false",
    ),
    "no pledgor": (PLEDGE | {"pledgors": []}, "pledgors", "fewer members than 1", "add what"),
    "a text for a list": (PLEDGE | {"pledgors": "alfa"}, "pledgors", "not a list", "brackets"),
    "65 pledgors": (PLEDGE | {"pledgors": ["a"] * 65}, "pledgors", "longer than 64", "at most 64"),
    "a slug for an id": (PLEDGE | {"after": ["b"]}, "after.0", "not the id of an entry", "log"),
    "a latitude of 91": (
        ATTACK | {"places": [{"name": "P", "lat": "91", "lon": "0"}]},
        "places.0",
        "lat is beyond 90 degrees",
        "WGS 84",
    ),
    "a longitude of -180.5": (
        ATTACK | {"places": [{"name": "P", "lat": "0", "lon": "-180.5"}]},
        "places.0",
        "lon is beyond 180 degrees",
        "WGS 84",
    ),
    "a latitude alone": (
        ATTACK | {"places": [{"name": "P", "lat": "9"}]},
        "places.0",
        "lat and lon go together",
        "give both or neither",
    ),
    "a low figure above the high": (
        ATTACK | {"casualties": {"killed": {"low": 3, "high": 2}}},
        "casualties.killed",
        "low ≤ best ≤ high",
        "check the figures",
    ),
    "a figure without a number": (
        ATTACK | {"casualties": {"killed": {}}},
        "casualties.killed",
        "neither best, low nor high",
        "give one of them",
    ),
    "an attack reassessed in nothing": (
        {"kind": "attack.reassessed", "slug": "bridge", **WORLD},
        "body",
        "reassesses nothing",
        "at least one of the figures",
    ),
    "a condition met in two ways": (
        CONDITION | {"any_of": ["a"], "all_of": ["b"]},
        "body",
        "exclude each other",
        "keep one",
    ),
    "a sealed text": (ACTOR | {"name": {"$sealed": {}}}, "name", "is sealed", "the value itself"),
    "a sealed list": (PLEDGE | {"components": {"$sealed": {}}}, "components", "sealed", "itself"),
    "a sealed new value": (
        CORRECTION | {"set": {"name": {"$sealed": {}}}},
        "set.name",
        "is sealed",
        "give the value itself",
    ),
    "a date where none belongs": (
        ACTOR | {"occurred": "2025"},
        "occurred",
        "actor.registered holds at every date",
        "remove `occurred`",
    ),
    "a date on an entry event": (
        {"kind": "entry.endorsed", "entry": ID, "occurred": "2025"},
        "occurred",
        "holds at every date",
        "remove `occurred`",
    ),
    "a slug on an entry event": (
        {"kind": "entry.endorsed", "entry": ID, "slug": "a"},
        "slug",
        "not a field of this kind",
        "remove `slug`",
    ),
    "no date": (without(PLEDGE, "occurred"), "occurred", "must say when", "add `occurred`"),
    "a date in prose": (PLEDGE | {"occurred": "May 2025"}, "occurred", "in figures", "2025-09"),
    "a time without offset": (
        PLEDGE | {"occurred": "2025-09-04T12:00"},
        "occurred",
        "needs its offset",
        "Z for UTC",
    ),
    "a due date in prose": (PLEDGE | {"due": "soon"}, "due", "written in figures", "2025-09-04"),
    "a publication in prose": (SOURCE | {"published": "May"}, "published", "in figures", "2025"),
    "no citation": (without(PLEDGE, "cite"), "cite", "at least one citation", "who says so"),
    "support for no attribute": (
        PLEDGE | {"cite": [{"source": "s", "supports": ["summary", "colour/red"]}]},
        "cite.0.supports",
        "pledge.made has no attribute 'colour'",
        "name one of after, before, beneficiaries",
    ),
    "an amendment of nothing": (
        {"kind": "pledge.amended", "slug": "guard", "set": {}, **WORLD},
        "set",
        "is empty",
        "leave it out",
    ),
    "a correction of nothing": (CORRECTION, "body", "corrects nothing", "`set` or `unset`"),
    "a correction both ways": (
        CORRECTION | {"set": {"iso": "XA"}, "unset": ["iso"]},
        "body",
        "both sets and unsets iso",
        "do one of the two",
    ),
    "a new value of null": (CORRECTION | {"set": {"iso": None}}, "set.iso", "is null", "`unset`"),
    "a new value not in NFC": (
        CORRECTION | {"set": {"names": [{"text": "e\u0301"}]}},
        "set.names",
        "form C (NFC)",
        "normalise it",
    ),
    "a new value beyond a leaf": (
        CORRECTION | {"set": {"size": 2**53}},
        "set.size",
        "2^53",
        "text",
    ),
}
