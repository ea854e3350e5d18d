"""Logs of any length in which the same 800 things are alive, each of many dated steps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from typing import Any, TypeAlias

from domain.dates import format_minute, parse_moment
from domain.decide import narrow
from domain.entry import Draft, stream_of
from domain.event import ThingEvent
from domain.registry import read_event
from tests.bench.material import SUBJECT, new_id

Body: TypeAlias = dict[str, Any]

TALKS = "talks"
"""The one negotiation."""
ACTORS, ELEMENTS = 24, 8
THINGS = {"pledge": 480, "issue": 100, "measure": 88, "threat": 60, "condition": 40}
"""How many of each sort; with the actors and the elements they are 800."""
MANY = sum(THINGS.values())
"""Stories of more than one event."""
FEW = 8
"""Stories that are recorded newest first."""
BEGINNING = parse_moment("2001-01-01T00:00Z", "as_of")
STEP = 11
"""Minutes between one event and the next; a million of them take some twenty years."""
SUMMARY = (
    "What was promised for the months ahead, as far as its kind and number are known, "
    "when it is to come, who is to bring it, and what has to hold before it does."
)
CITE = [
    {
        "source": "paper",
        "locator": {"exact": "We stand by what we said, and it will be there when it is needed."},
        "chain": [
            {"actor": "actor-1", "role": "publisher", "mode": "reports_that"},
            {"actor": "actor-2", "role": "speaker", "mode": "direct_quote"},
        ],
    }
]
"""As much as a citation of the sample case says."""
STEPS = {
    "pledge": ("allocated", "stalled", "resumed", "delivered"),
    "issue": ("narrowed", "settled", "reopened"),
    "measure": ("proposed", "adopted", "lifted"),
    "threat": ("repeated", "withdrawn", "repeated"),
    "condition": ("met", "failed", "waived"),
}
"""What happens to a thing when it is there, over and over."""


def long_log(events: int) -> Iterator[Draft]:
    """That many events; each thing has its turn, in order of dates."""
    return map(_draft_of, islice(_bodies(), events))


def step_bodies(events: int) -> list[Body]:
    """That many bodies of steps, for a peer that knows nothing of registers."""
    return list(islice((body for body in _bodies() if "occurred" in body), events))


def _bodies() -> Iterator[Body]:
    slugs = [(sort, f"{sort}-{n}") for sort, many in THINGS.items() for n in range(many)]
    registers = _registers()
    yield from registers
    for number in count(len(registers)):
        rounds, which = divmod(number - len(registers), len(slugs))
        yield _step(*slugs[which], rounds, minute_of(number))


def begun_by() -> int:
    """How many events it takes until all things are there."""
    return len(_registers()) + MANY


def minute_of(number: int) -> int:
    """The minute at which the event with that number begins."""
    return BEGINNING + STEP * number


def newest_first(events: int) -> Iterator[Draft]:
    """A few pledges of that many events, of which the last in the world is recorded first."""
    yield from map(_draft_of, _registers())
    for number in reversed(range(events)):
        rounds, which = divmod(number, FEW)
        yield _draft_of(_step("pledge", f"pledge-{which}", rounds, minute_of(number)))


def _registers() -> list[Body]:
    """The negotiation, the source, the actors and the elements."""
    paper = {"title": "A paper", "published": "2001-01-01"}
    element = {"title": "An element", "element_type": "force"}
    actor = {"name": "An actor", "type": "state"}
    return [
        {"kind": "negotiation.opened", "slug": TALKS, "title": "Talks"},
        {"kind": "source.registered", "slug": "paper", **paper},
        *({"kind": "actor.registered", "slug": f"actor-{n}", **actor} for n in range(ACTORS)),
        *({"kind": "element.defined", "slug": f"element-{n}", **element} for n in range(ELEMENTS)),
    ]


def _step(sort: str, slug: str, rounds: int, minute: int) -> Body:
    """The first step of a thing, or one of those that come again and again."""
    frame = {"slug": slug, "occurred": format_minute(minute), "cite": CITE}
    number = int(slug.rpartition("-")[2])
    if not rounds:
        return frame | _opening(sort, number)
    word = STEPS[sort][(rounds - 1) % len(STEPS[sort])]
    if sort == "measure":
        return frame | _measure(number, word)
    return frame | {"kind": f"{sort}.{word}"} | _MORE.get(word, {"note": SUMMARY})


_PART = {"key": "main", "quantity": "100", "unit": "pieces"}
_MORE: dict[str, Body] = {
    "allocated": {"components": [_PART]},
    "delivered": {"components": [_PART], "complete": False},
    "narrowed": {"text": SUMMARY},
    "settled": {"answer": SUMMARY},
    "reopened": {"reason": SUMMARY},
}
"""What a step says beside its kind, where it is no note."""


def _opening(sort: str, n: int) -> Body:
    actor, other, element = f"actor-{n % ACTORS}", f"actor-{(n + 1) % ACTORS}", _element(n)
    if sort == "pledge":
        part = _PART | {"element": element, "gates": [f"condition-{n % THINGS['condition']}"]}
        words = {"level": "pledged", "summary": SUMMARY, "elements": [element]}
        who = {"pledgors": [actor], "beneficiaries": [other]}
        return {"kind": "pledge.made", **words, **who, "components": [part]}
    if sort == "issue":
        return {"kind": "issue.raised", "question": SUMMARY, "elements": [element]}
    if sort == "condition":
        return {"kind": "condition.stated", "text": SUMMARY, "condition_type": "precondition"}
    if sort == "measure":
        return _measure(n, "considered")
    aim = {"elements": [element], "pledges": [f"pledge-{n}"]}
    how: Body = {"mode": "restrict", "summary": SUMMARY, "against": aim}
    return {"kind": "threat.issued", "issuer": actor, "targets": [other], **how}


def _measure(n: int, word: str) -> Body:
    """Each step of a measure says the whole of it."""
    who = {"by": [f"actor-{n % ACTORS}"], "on": [f"actor-{(n + 1) % ACTORS}"]}
    return {"kind": f"measure.{word}", "instrument": "sanctions", **who, "summary": SUMMARY}


def _element(n: int) -> str:
    return f"element-{n % ELEMENTS}"


def _draft_of(body: Body) -> Draft:
    event = read_event(body)
    if not isinstance(event, ThingEvent):
        raise TypeError(f"{event.TOPIC} is about no thing")
    stream = stream_of(event, TALKS)
    return Draft(event, stream, new_id(), SUBJECT, narrow(event, stream, {}))
