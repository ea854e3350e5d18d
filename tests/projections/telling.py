"""A record told in memory, event by event, as the log would keep it, and then asked.

    talks = Telling("talks")
    force = talks.tell(made("force", "2025-09-04", level="committed"))
    talks.correct(force, set={"level": "pledged"})
    one(talks.framework("2025-09-11").pledges, "force").status

Every event goes through `read_event`, `narrow` and `decide`, so nothing is told
here that could not be recorded. A few actors and one source, long published, are
registered up front, and world events are cited to it unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from domain.bounds import Span
from domain.dates import format_minute, parse_moment
from domain.decide import as_entry, decide, decide_correction, narrow
from domain.entries import EntryCorrected
from domain.entry import Draft, Entry, stream_of
from domain.event import EntryEvent, Event, LogEvent, ThingEvent, needs_occurred
from domain.registry import kind_named, read_event
from domain.story import RULES
from projections.answers import Certainty, Framework, Known, Question
from projections.changes import Diff, diff_of
from projections.framework import framework_of, stage_of
from projections.reference import Record, record_at, world_at
from projections.scenario import Scenario, scenario_of
from projections.things import ThingStory, story_of
from projections.timemap import Timemap, timemap_of
from projections.totals import Totals, totals_of
from tests.projections.bodies import ACTORS, CITE, Body, opened, registered, source

SOMEBODY, SOMEBODY_ELSE = "recorder-1", "reviewer-1"
ThingT = TypeVar("ThingT")


class Telling:
    """The log of one negotiation and the commons, in memory."""

    def __init__(self, negotiation: str = "talks", *, log: Sequence[Entry] = ()) -> None:
        self.negotiation = negotiation
        self.log: list[Entry] = list(log)
        if not log:
            self.tell(source("report", "2001-01-01"))
            for slug, type_ in ACTORS.items():
                self.tell(registered(slug, type_))
            self.tell(opened(negotiation))

    # --- Telling ----------------------------------------------------------------------------

    def tell(self, body: Body, **more: object) -> Entry:
        """Record a body, cited to the report unless it brings a citation or needs none."""
        kind = kind_named(body["kind"])
        cite = {"cite": CITE} if needs_occurred(kind) else {}
        event = read_event({**cite, **body, **more})
        if not isinstance(event, ThingEvent | LogEvent):
            message = f"{event.TOPIC} is said of an entry; use correct, retract, endorse or link"
            raise TypeError(message)
        return self._append(event, stream_of(event, self.negotiation))

    def tell_all(self, *bodies: Body) -> list[Entry]:
        """Record several bodies, one after the other."""
        return [self.tell(body) for body in bodies]

    def correct(
        self,
        entry: Entry,
        *,
        set: Mapping[str, object] | None = None,  # noqa: A002 - the wire's own word.
        unset: Sequence[str] = (),
        reason: str = "a slip of the pen",
    ) -> Entry:
        """Correct an entry as the product would: refused where it cannot be, with new bounds."""
        body = {"schema": 1, "reason": reason, "set": dict(set or {}), "unset": list(unset)}
        event = self._about(entry, "entry.corrected", body)
        if not isinstance(event, EntryCorrected):
            raise TypeError(event.TOPIC)
        history = [e for e in self.log if e.stream == entry.stream]
        corrected = decide_correction(event, entry, history)
        named = {"occurred", "after", "before"} & {*event.set, *event.unset}
        span = narrow(corrected, entry.stream, self._by_id()) if named else None
        return self._append(event, entry.stream, span=span)

    def retract(self, entry: Entry, reason: str = "it should not stand") -> Entry:
        """Take an entry back, be it a record, a correction, a link or another retraction."""
        return self._append(self._about(entry, "entry.retracted", {"reason": reason}), entry.stream)

    def endorse(self, entry: Entry, note: str = "checked against the source") -> Entry:
        """Have somebody else check an entry."""
        event = self._about(entry, "entry.endorsed", {"note": note})
        return self._append(event, entry.stream, by=SOMEBODY_ELSE)

    def link(
        self, one: Entry, relation: str, other: Entry, *, hedge: str = "", note: str = ""
    ) -> Entry:
        """Link two entries; a hedge makes it only perhaps so."""
        body: Body = {"relation": relation, "to": str(other.id)}
        if hedge:
            body["hedges"] = [{"hedge": hedge, "cue": hedge}]
        if note:
            body["note"] = note
        return self._append(self._about(one, "entry.linked", body), one.stream)

    def fork(self) -> Telling:
        """The same log, to go on differently."""
        return Telling(self.negotiation, log=self.log)

    @property
    def now(self) -> int:
        """The position of the last entry."""
        return len(self.log)

    def _about(self, entry: Entry, kind: str, body: Mapping[str, object]) -> Event:
        return read_event({"kind": kind, "entry": str(entry.id), **body})

    def _by_id(self) -> dict[UUID, Entry]:
        return {entry.id: entry for entry in self.log}

    def _append(
        self, event: Event, stream: str, *, by: str = SOMEBODY, span: Span | None = None
    ) -> Entry:
        history = [entry for entry in self.log if entry.stream == stream]
        position = self.now + 1
        if not isinstance(event, EntryEvent):
            span = narrow(event, stream, self._by_id())
        draft = Draft(event, stream, uuid5(NAMESPACE_OID, f"told {position}"), by, span)
        decide(draft, history)
        recorded_at = position * 1_000_000
        entry = replace(as_entry(draft, history), position=position, recorded_at=recorded_at)
        self.log.append(entry)
        return entry

    # --- Asking -----------------------------------------------------------------------------

    def record(self, known: int | None = None, published_by: str | None = None) -> Record:
        """What is known at a position, by default all of it."""
        limit = None if published_by is None else parse_moment(published_by, "published_by")
        return record_at(self.log, self.negotiation, self.now if known is None else known, limit)

    def question(
        self,
        as_of: str,
        known: int | None = None,
        published_by: str | None = None,
        certainty: Certainty = "possible",
    ) -> Question:
        """The question as an answer repeats it."""
        return Question(
            negotiation=self.negotiation,
            as_of=format_minute(parse_moment(as_of, "as_of")),
            known_at=Known(
                position=self.now if known is None else known, recorded_at=None, closed=True
            ),
            published_by=published_by,
            certainty=certainty,
            rules=RULES,
        )

    def framework(
        self,
        as_of: str,
        known: int | None = None,
        published_by: str | None = None,
        certainty: Certainty = "possible",
    ) -> Framework:
        """The framework as of a date, as known at a position."""
        world = world_at(self.record(known, published_by), parse_moment(as_of, "as_of"))
        return framework_of(world, self.question(as_of, known, published_by, certainty))

    def diff(
        self, before: str, after: str, known: int | None = None, known_then: int | None = None
    ) -> Diff:
        """What changed from `before` as known at `known` to `after` as known at `known_then`."""
        return diff_of(
            self.framework(before, known),
            self.framework(before, known_then),
            self.framework(after, known_then),
        )

    def timemap(self, known: int | None = None, certainty: Certainty = "possible") -> Timemap:
        """Every instant of change."""
        question = self.question("2025-12-31", known, certainty=certainty)
        return timemap_of(self.record(known), question)

    def totals(self, as_of: str, known: int | None = None) -> Totals:
        """The sums as of a date."""
        question = self.question(as_of, known)
        world = world_at(self.record(known), parse_moment(as_of, "as_of"))
        return totals_of(stage_of(world, question).shown, question)

    def story(
        self,
        stream: str,
        as_of: str = "2025-12-31",
        known: int | None = None,
        published_by: str | None = None,
    ) -> ThingStory:
        """The story of one thing, named without the negotiation (`pledge/force`) or in full."""
        if stream.count("/") == 1:
            stream = f"{self.negotiation}/{stream}"
        record = self.record(known, published_by)
        world = world_at(record, parse_moment(as_of, "as_of"))
        question = self.question(as_of, known, published_by)
        return story_of(self.log, record, world, question, stream)

    def suppose(self, *bodies: Body, as_of: str) -> Scenario:
        """What would be if these were recorded next; this log stays as it is."""
        other = self.fork()
        other.tell_all(*bodies)
        said = tuple(f"{body['kind']} {body['slug']}" for body in bodies)
        return scenario_of(self.framework(as_of), other.framework(as_of), said)


def one(things: Iterable[ThingT], name: str) -> ThingT:
    """The one thing with this slug, key, actor or component key; raises LookupError otherwise."""
    things = list(things)
    found = [t for t in things if name in {_name(t, a) for a in ("slug", "key", "actor")}]
    if len(found) != 1:
        raise LookupError(f"{len(found)} of {len(things)} are called {name}: {things}")
    return found[0]


def slugs(things: Iterable[object]) -> list[str]:
    """The slugs of items, in their order."""
    return [str(_name(thing, "slug")) for thing in things]


def _name(thing: object, attribute: str) -> Any:  # noqa: ANN401 - any item has some of them.
    return getattr(thing, attribute, None)
