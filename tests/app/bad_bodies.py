"""Bodies that no log takes: what each is refused as, and the field that is named."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from domain.errors import (
    DuplicateId,
    InvalidInput,
    NotFound,
    ParleyError,
    StoryConflict,
    TooLarge,
)
from tests.app.bodies import NEGOTIATION, NORTH, OPENED, attack, cited, pledge, stalled, statement

UNKNOWN = str(uuid4())
TAKEN = str(uuid4())
CONDITION = cited(
    kind="condition.stated",
    slug="peace",
    occurred="2025",
    text="There is peace.",
    condition_type="precondition",
)
THREAT = cited(
    kind="threat.issued",
    slug="closure",
    occurred="2025",
    issuer="north",
    targets=["south"],
    mode="restrict",
    summary="North threatens to close the bridge.",
)
MEASURE = cited(
    kind="measure.considered",
    slug="ban",
    occurred="2025",
    instrument="trade",
    by=["north"],
    summary="North may ban the ferry.",
)
ISSUE = cited(kind="issue.raised", slug="who-pays", occurred="2025", question="Who pays?")
COMPONENT = {"key": "steel"}
DEEP: list[Any] = []
for _ in range(500):
    DEEP = [DEEP]

REFUSED_BODIES: dict[str, tuple[Any, type[ParleyError], str]] = {
    "a body that is no object": ("pledge", InvalidInput, "body"),
    "an array of what is no object": ([3], InvalidInput, "body"),
    "an empty array": ([], InvalidInput, "body"),
    "an array that is too long": ([NORTH] * 1_001, TooLarge, "body"),
    "no kind": ({"slug": "x"}, InvalidInput, "kind"),
    "an unknown kind": ({"kind": "pledge.dreamt"}, InvalidInput, "kind"),
    "a kind that is no text": ({"kind": ["pledge.made"]}, InvalidInput, "kind"),
    "a kind that the log writes": (
        {"kind": "log.opened", "origin": "o", "leaf": 1, "rules": 1, "parley": "1"},
        InvalidInput,
        "kind",
    ),
    "an unknown field": (pledge("b", colour="red"), InvalidInput, "colour"),
    "a missing field": (cited(**{**NORTH, "name": None}), InvalidInput, "name"),
    "a word outside the vocabulary": ({**pledge("b"), "level": "sworn"}, InvalidInput, "level"),
    "a slug that is none": (pledge("Steel Beams"), InvalidInput, "slug"),
    "a slug that is too long": (pledge("x" * 65), InvalidInput, "slug"),
    "a date outside the subset": (pledge("b", "2025-13"), InvalidInput, "occurred"),
    "a date in words": (pledge("b", "last May"), InvalidInput, "occurred"),
    "a season": (pledge("b", "2025-21"), InvalidInput, "occurred"),
    "a time without an offset": (pledge("b", "2025-03-01T10:00"), InvalidInput, "occurred"),
    "a date that is a number": ({**pledge("b"), "occurred": 2025}, InvalidInput, "occurred"),
    "no date where one is needed": ({**pledge("b"), "occurred": None}, InvalidInput, "occurred"),
    "a date where none belongs": (
        {**NORTH, "slug": "b", "occurred": "2025"},
        InvalidInput,
        "occurred",
    ),
    "no citation": ({**pledge("b"), "cite": []}, InvalidInput, "cite"),
    "a citation for what is not there": (
        {**pledge("b"), "cite": [{"source": "courier", "supports": ["colour"]}]},
        InvalidInput,
        "cite.0.supports",
    ),
    "a NUL": ({**pledge("b"), "summary": "a\x00b"}, InvalidInput, "summary"),
    "a control character": ({**pledge("b"), "summary": "a\x1bb"}, InvalidInput, "summary"),
    "a lone surrogate": ({**pledge("b"), "summary": "a\ud800b"}, InvalidInput, "summary"),
    "a noncharacter": ({**pledge("b"), "summary": "a\ufdd0b"}, InvalidInput, "summary"),
    "a text that is not NFC": ({**pledge("b"), "summary": "e\u0301"}, InvalidInput, "summary"),
    "a blank text": ({**pledge("b"), "summary": "  "}, InvalidInput, "summary"),
    "a text that is too long": ({**pledge("b"), "summary": "x" * 8_001}, InvalidInput, "summary"),
    "a quote that is too long": (
        {**pledge("b"), "cite": [{"source": "courier", "locator": {"exact": "x" * 301}}]},
        InvalidInput,
        "cite.0.locator.exact",
    ),
    "a body over the limit": (attack("b", "x" * 7_000, 9), TooLarge, "body"),
    "a body that nests without end": ({**pledge("b"), "components": DEEP}, InvalidInput, "body"),
    "a correction that nests without end": (
        {
            "kind": "entry.corrected",
            "entry": TAKEN,
            "schema": 1,
            "reason": "r",
            "set": {"components": DEEP},
        },
        InvalidInput,
        "body",
    ),
    "a sealed value": (
        {**pledge("b"), "summary": {"$sealed": {"alg": "a", "key": "k", "ct": "c"}}},
        InvalidInput,
        "summary",
    ),
    "an unknown actor": ({**pledge("b"), "pledgors": ["west"]}, NotFound, "pledgors.0"),
    "an unknown source": (
        {**pledge("b"), "cite": [{"source": "herald"}]},
        NotFound,
        "cite.0.source",
    ),
    "an unknown element": (pledge("b", elements=["tax"]), NotFound, "elements.0"),
    "an unknown issue": (statement("b", issues=["who"]), NotFound, "issues.0"),
    "an unknown condition": (
        pledge("b", components=[{**COMPONENT, "gates": ["war"]}]),
        NotFound,
        "components.0.gates.0",
    ),
    "an unknown pledge": (
        {**THREAT, "against": {"pledges": ["stone"]}},
        NotFound,
        "against.pledges.0",
    ),
    "an unknown stream": (
        {**CONDITION, "met_by": {"thing": f"{NEGOTIATION}/agreement/treaty"}},
        NotFound,
        "met_by.thing",
    ),
    "an unknown entry": (statement("b", after=[UNKNOWN]), NotFound, "after.0"),
    "an id that is none": (statement("b", after=["s01"]), InvalidInput, "after.0"),
    "the nil id": (pledge("b", id=str(UUID(int=0))), InvalidInput, "id"),
    "the id of all ones": (pledge("b", id="f" * 32), InvalidInput, "id"),
    "an id as imports make them": (
        pledge("b", id=str(uuid5(NAMESPACE_URL, f"parley:{NEGOTIATION}:parley-case:s01"))),
        InvalidInput,
        "id",
    ),
    "an id that is taken": (pledge("b", id=TAKEN), DuplicateId, "id"),
    "no time between its constraints": (
        statement("b", "2025-01-01", after=[TAKEN]),
        InvalidInput,
        "after",
    ),
    "a thing that is there already": (pledge("steel"), StoryConflict, "kind"),
    "a step of a thing that nothing opened": (stalled("stone"), StoryConflict, "kind"),
    "a step that the story cannot take": (
        {**stalled(), "kind": "pledge.resumed"},
        StoryConflict,
        "kind",
    ),
    "another negotiation's opening": ({**OPENED, "slug": "other"}, InvalidInput, "slug"),
    "a correction of an unknown entry": (
        {"kind": "entry.corrected", "entry": UNKNOWN, "schema": 1, "reason": "r", "unset": ["due"]},
        NotFound,
        "entry",
    ),
    "a replacement by an unknown entry": (
        {"kind": "entry.retracted", "entry": TAKEN, "reason": "r", "replaced_by": UNKNOWN},
        NotFound,
        "replaced_by",
    ),
    "a threat carried out by what is no attack": (
        [
            THREAT,
            cited(kind="threat.carried_out", slug="closure", occurred="2025", by="steel"),
        ],
        NotFound,
        "by",
    ),
    "a measure that is its own alternative": (
        {**MEASURE, "any_of": ["ban"]},
        InvalidInput,
        "any_of.0",
    ),
    "an alternative that nobody records": (
        {**MEASURE, "any_of": ["fine"]},
        NotFound,
        "any_of.0",
    ),
    "what is met by the log": (
        {**CONDITION, "met_by": {"thing": "log"}},
        InvalidInput,
        "met_by.thing",
    ),
    "a thing of another negotiation": (
        {**CONDITION, "met_by": {"thing": "bridge-games/element/chess"}},
        InvalidInput,
        "met_by.thing",
    ),
}
