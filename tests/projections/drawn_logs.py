"""Drawn logs of several negotiations and the commons, with links between their things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from hypothesis import strategies as st

from domain.bounds import Span
from domain.dates import parse_occurred
from domain.entry import Draft, stream_of
from domain.event import EntryEvent, LogEvent, ThingEvent
from domain.registry import read_event
from tests.projections.bodies import ACTORS, Body, defined, joined, merged, registered, source
from tests.projections.drawn import RECORDER, moved
from tests.story.histories import histories

NAMES = ("talks", "other-talks")
_REGISTER: tuple[Body, ...] = (
    *(registered(slug, type_) for slug, type_ in ACTORS.items()),
    source("report", "2001-01-01"),
)
_LATER: tuple[Body, ...] = (
    joined("coalition", "france", "1970-01-01"),
    joined("coalition", "ukraine", "[1969-12-31..1970-01-02]"),
    merged("minister", "macron"),
    registered("france"),
)
"""What is recorded of the commons while the negotiations go on."""
_RELATIONS = ("same_event_as", "same_event_as", "same_event_as", "restates", "contradicts")


@dataclass(frozen=True)
class DrawnLog:
    """Drafts in the order in which they are recorded, and how many register what there is."""

    drafts: tuple[Draft, ...]
    setting: int


@st.composite
def drawn_logs(draw: st.DrawFn) -> DrawnLog:
    """The setting, and then a few histories entry by entry, with remarks between them."""
    log = [_draft(body, NAMES[0], number) for number, body in enumerate(_setting())]
    setting = len(log)
    parts = [
        moved(draw(histories()).log, name, salt=str(number))
        for name in NAMES
        for number in range(draw(st.integers(1, 2)))
    ]
    while parts:
        part = draw(st.sampled_from(parts))
        log.append(part.pop(0))
        parts = [each for each in parts if each]
        match draw(st.sampled_from((*["nothing"] * 3, "link", "link", "retract", "commons"))):
            case "link":
                log += _link(draw, log, setting)
            case "retract":
                log.append(_retraction(draw, log, setting))
            case "commons":
                log.append(_draft(draw(st.sampled_from(_LATER)), NAMES[0], len(log)))
            case _:
                pass
    return DrawnLog(tuple(log), setting)


def _setting() -> list[Body]:
    opened = [{"kind": "negotiation.opened", "slug": n, "title": f"The {n}"} for n in NAMES]
    return [*_REGISTER, *opened, defined("force")]


def _link(draw: st.DrawFn, log: list[Draft], setting: int) -> list[Draft]:
    """A link from an entry to one of its negotiation or of the commons, as a person may record."""
    said = [d for d in log if isinstance(d.event, ThingEvent)]
    worldly = [d for d in said[setting:] if d.event.occurred]
    if not worldly:
        return []
    one = draw(st.sampled_from(worldly))
    owner = _owner(one)
    near = [d for d in said if _owner(d) in {owner, "commons"} and d is not one]
    alike = [d for d in near if d.stream.split("/")[1] == one.stream.split("/")[1]]
    other = draw(st.sampled_from(alike or near))
    if owner == "commons" and _owner(other) != "commons":
        return []
    body: Body = {"kind": "entry.linked", "entry": str(one.id), "to": str(other.id)}
    body["relation"] = draw(st.sampled_from(_RELATIONS))
    if draw(st.booleans()):
        body["hedges"] = [{"hedge": "seems", "cue": "seems"}]
    return [_about(one, body, len(log))]


def _retraction(draw: st.DrawFn, log: list[Draft], setting: int) -> Draft:
    """Of anything but the setting, of links and of retractions more often."""
    remarks = [d for d in log if isinstance(d.event, EntryEvent)]
    target = draw(st.sampled_from([*log[setting:], *remarks]))
    body = {"kind": "entry.retracted", "entry": str(target.id), "reason": "doubtful"}
    return _about(target, body, len(log))


def _owner(draft: Draft) -> str:
    return draft.stream.partition("/")[0]


def _identity(number: int) -> UUID:
    return uuid5(NAMESPACE_OID, f"between {number}")


def _draft(body: Body, negotiation: str, number: int) -> Draft:
    cite: dict[str, Any] = {"cite": [{"source": "report"}]} if "occurred" in body else {}
    event = read_event({**cite, **body})
    if not isinstance(event, ThingEvent | LogEvent):
        raise TypeError(event.TOPIC)
    span = None if event.occurred is None else _span(event.occurred)
    return Draft(event, stream_of(event, negotiation), _identity(number), RECORDER, span)


def _about(target: Draft, body: Body, number: int) -> Draft:
    return Draft(read_event(body), target.stream, _identity(number), RECORDER)


def _span(occurred: str) -> Span:
    return Span(parse_occurred(occurred).bounds)
