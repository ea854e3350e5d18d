"""What can happen in a drawn history: bodies of steps by thing, and corrections by kind."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]

_FORCE: Body = {"key": "force", "text": "a brigade"}
_FUNDS: Body = {"key": "funds", "quantity": "2.5", "unit": "billion", "currency": "EUR"}
_MADE: Body = {
    "kind": "pledge.made",
    "level": "pledged",
    "pledgors": ["france"],
    "beneficiaries": ["ukraine"],
    "summary": "a force after a ceasefire",
    "components": [_FORCE],
}
_STATED: Body = {
    "kind": "condition.stated",
    "text": "a ceasefire holds",
    "condition_type": "precondition",
}
_STRUCK: Body = {
    "kind": "attack.carried_out",
    "perpetrator": "russia",
    "target_country": "ukraine",
    "modes": ["drone"],
    "summary": "drones at night",
}
_DRONES: Body = {"munitions": [{"model": "drone", "launched": 800, "intercepted": 700}]}
_PLACES: Body = {"places": [{"name": "Kyiv"}]}
_ISSUED: Body = {
    "kind": "threat.issued",
    "issuer": "russia",
    "targets": ["france"],
    "mode": "violence",
    "summary": "foreign troops are targets",
}
_SAID: Body = {
    "kind": "statement.made",
    "statement_type": "position",
    "speakers": [{"actor": "macron", "on_behalf_of": "france"}],
    "summary": "on the force",
    "issues": ["size"],
    "stance": "supports",
}
_MINISTER: Body = {"speakers": [{"actor": "minister", "on_behalf_of": "france"}]}
_TWO_VOICES: Body = {"speakers": [{"actor": "macron"}, *_MINISTER["speakers"]]}
_FOR_HIMSELF: Body = {"speakers": [{"actor": "macron"}]}

STEPS: dict[str, tuple[Body, ...]] = {
    "pledge": (
        _MADE,
        {**_MADE, "level": "floated", "summary": "an idea"},
        {"kind": "pledge.strengthened", "level": "pledged"},
        {"kind": "pledge.strengthened", "level": "committed"},
        {"kind": "pledge.amended", "set": {"summary": "a smaller force"}},
        {"kind": "pledge.amended", "set": {"components": [_FORCE, _FUNDS]}},
        {"kind": "pledge.allocated", "components": [_FUNDS]},
        {"kind": "pledge.delivered", "components": [_FORCE], "complete": False},
        {"kind": "pledge.delivered", "components": [_FUNDS], "complete": True},
        {"kind": "pledge.stalled"},
        {"kind": "pledge.resumed"},
        {"kind": "pledge.withdrawn"},
        {"kind": "pledge.expired"},
    ),
    "condition": (
        _STATED,
        {**_STATED, "any_of": ["truce"]},
        {"kind": "condition.met"},
        {"kind": "condition.met", "note": "so it is said"},
        {"kind": "condition.failed"},
        {"kind": "condition.waived"},
    ),
    "issue": (
        {"kind": "issue.raised", "question": "How many troops?"},
        {"kind": "issue.narrowed", "text": "How many, if not 50,000?"},
        {"kind": "issue.settled", "answer": "10,000"},
        {"kind": "issue.lapsed"},
        {"kind": "issue.reopened"},
    ),
    "threat": (
        _ISSUED,
        {"kind": "threat.repeated"},
        {"kind": "threat.carried_out", "by": "night"},
        {"kind": "threat.withdrawn"},
    ),
    "attack": (
        {**_STRUCK, **_DRONES},
        _STRUCK,
        {"kind": "attack.reassessed", **_DRONES},
        {"kind": "attack.reassessed", **_PLACES},
        {"kind": "attack.reassessed", "casualties": {"killed": {"best": 4}}},
    ),
    "statement": (
        _SAID,
        {**_SAID, "stance": "opposes"},
        {**_SAID, **_MINISTER, "stance": "reluctant"},
        {**_SAID, **_MINISTER, "issues": ["size", "mandate"]},
        {**_SAID, **_TWO_VOICES, "stance": "rules_out"},
        {**_SAID, "issues": [], "elements": ["force"], "topics": ["size"]},
        {**_SAID, "issues": ["mandate"], "statement_type": "non_decision"},
    ),
}
"""By thing; the first opens it. Events that nothing opened are drawn too: the rule is total."""

_ISSUES: tuple[Body, ...] = (
    {"set": {"issues": ["mandate"]}},
    {"set": {"issues": ["mandate", "size"]}},
    {"set": {"issues": ["size"]}},
    {"set": {"issues": ["mandate"]}, "unset": ["elements"]},
    {"set": {"issues": ["mandate"], **_MINISTER}},
    {"set": {"issues": []}, "unset": ["topics"]},
)
_OF_STATEMENTS: tuple[Body, ...] = (
    *_ISSUES * 2,
    {"set": _MINISTER},
    {"set": _TWO_VOICES},
    {"set": _FOR_HIMSELF},
    {"set": {"stance": "opposes"}},
    {"set": {"statement_type": "non_decision"}},
    {"unset": ["speakers"]},
)
CHANGES: dict[str, tuple[Body, ...]] = {
    "pledge.made": (
        {"set": {"level": "committed"}},
        {"set": {"summary": "a force, perhaps"}, "unset": ["components"]},
        {"unset": ["pledgors"]},
    ),
    "pledge.strengthened": ({"set": {"level": "offered"}}, {"set": {"level": "committed"}}),
    "pledge.amended": ({"set": {"set": {"components": [_FUNDS]}}},),
    "pledge.delivered": ({"set": {"complete": True}}, {"set": {"complete": False}}),
    # Two of these together are more than one way to be met: the second no longer fits.
    "condition.stated": (
        {"set": {"all_of": ["truce"]}, "unset": ["any_of"]},
        {"unset": ["any_of", "all_of"]},
        {"set": {"any_of": ["retreat"]}},
        {"set": {"all_of": ["truce", "retreat"]}},
    ),
    "issue.raised": ({"set": {"question": "How many, and whose?"}},),
    "issue.settled": ({"set": {"answer": "30,000"}},),
    "threat.issued": ({"set": {"summary": "any foreign troops"}},),
    "attack.carried_out": ({"set": _PLACES}, {"unset": ["munitions"]}),
    # A reassessment that loses its only figures says nothing any more.
    "attack.reassessed": ({"set": _PLACES}, {"unset": ["munitions"]}, {"unset": ["places"]}),
    "statement.made": _OF_STATEMENTS,
}
"""By kind: what a correction may set or unset, in the schema of today; not all of it fits."""
