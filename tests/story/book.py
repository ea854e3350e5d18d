"""A small log to write examples in: record, correct, retract and link, then ask."""

from __future__ import annotations

from typing import Any

from domain import story
from domain.bounds import Span
from domain.dates import parse_moment, parse_occurred
from domain.entry import Draft, Entry, stream_of
from domain.event import LogEvent, ThingEvent
from domain.registry import EVOLVE, read_event
from domain.story import Standing
from domain.things.stance import evolve_for, stance_keys
from tests.story.histories import NEGOTIATION, entry_at, identity
from tests.story.steps import STEPS

_USUAL = {body["kind"]: body for bodies in STEPS.values() for body in reversed(bodies)}
"""The attributes that a kind needs, where an example does not care for them."""


class Book:
    """A log that grows by one entry a call."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def record(
        self,
        kind: str,
        occurred: str | None = None,
        *,
        slug: str = "force",
        span: Span | None = None,
        **attributes: object,
    ) -> Entry:
        """A record with the usual attributes of its kind; `span` overrides what the date gives."""
        draft = self.draft(kind, occurred, slug=slug, span=span, **attributes)
        return self._add(draft.stream, draft.event, draft.span)

    def draft(
        self,
        kind: str,
        occurred: str | None = None,
        *,
        slug: str = "force",
        span: Span | None = None,
        **attributes: object,
    ) -> Draft:
        """What `record` would record, before the log has it."""
        body = {**_USUAL.get(kind, {}), "kind": kind, "slug": slug, **attributes}
        if occurred is not None:
            body |= {"occurred": occurred, "cite": [{"source": "report"}]}
            span = span or Span(parse_occurred(occurred).bounds)
        event = read_event(body)
        if not isinstance(event, ThingEvent | LogEvent):
            raise TypeError(f"{kind} is said of an entry, not of a thing")
        stream = stream_of(event, NEGOTIATION)
        return Draft(event, stream, identity(len(self.entries) + 1), "analyst", span)

    def correct(
        self,
        entry: Entry,
        *,
        unset: tuple[str, ...] = (),
        span: Span | None = None,
        **values: object,
    ) -> Entry:
        """A correction; one that touches the date carries the bounds of the new one, or `span`."""
        event = read_event(self.correction_of(entry, unset=unset, **values))
        occurred = values.get("occurred")
        if span is None and occurred is not None:
            span = Span(parse_occurred(str(occurred)).bounds)
        return self._add(entry.stream, event, span)

    def correction_of(
        self, entry: Entry, *, unset: tuple[str, ...] = (), **values: object
    ) -> dict[str, Any]:
        """The body of a correction."""
        body = {"kind": "entry.corrected", "entry": str(entry.id), "schema": 1, "reason": "misread"}
        return {**body, "set": values, "unset": unset}

    def retract(self, entry: Entry) -> Entry:
        """A retraction of anything."""
        body = {"kind": "entry.retracted", "entry": str(entry.id), "reason": "doubtful"}
        return self._add(entry.stream, read_event(body))

    def link(self, entry: Entry, to: Entry, relation: str) -> Entry:
        """A link from one entry to another."""
        body = {"kind": "entry.linked", "entry": str(entry.id), "to": str(to.id)}
        return self._add(entry.stream, read_event({**body, "relation": relation}))

    def tell(self, name: str, known: int | None = None) -> story.Story:
        """The story of a stream or of a stance, named without the negotiation."""
        name = name if name.startswith("commons/") else f"{NEGOTIATION}/{name}"
        position = len(self.entries) if known is None else known
        if "/stance/" not in name:
            return story.tell([e for e in self.entries if e.stream == name], position)
        amended, _ = story.amend(story.take(self.entries, position))
        return story.order([e for e in amended if name in stance_keys(e)])

    def stand(self, name: str, as_of: str, known: int | None = None) -> Standing:
        """How it stands at the last minute of a date, as known at a position."""
        thing, principal = name.removeprefix("commons/").split("/")[:2]
        evolve = evolve_for(principal) if thing == "stance" else EVOLVE[thing]
        return story.stand(self.tell(name, known), parse_moment(as_of, "as_of"), evolve)

    def _add(self, stream: str, event: Any, span: Span | None = None) -> Entry:  # noqa: ANN401
        entry = entry_at(len(self.entries) + 1, stream, event, span)
        self.entries.append(entry)
        return entry


def status(standing: Standing) -> tuple[str | None, str | None]:
    """The status of the thing, and the one that is certain."""
    state, certain = standing.state, standing.certain
    return None if state is None else state.status, None if certain is None else certain.status
