"""The draft of an event about an entry: a correction, a retraction, an endorsement, a link.

It lives on the stream of the entry it names. None of them is ever refused for
what it does to the story; that is reported instead (app.effects).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from app.batch import Writer
from app.named import Later, check_named, entries_in_order
from app.pending import Pending, retraction_of
from domain.bounds import Span
from domain.decide import decide_correction, decide_endorsement, decide_retraction, narrow
from domain.entries import EntryCorrected, EntryEndorsed, EntryLinked, EntryRetracted
from domain.entry import LOG_STREAM, Draft, Entry
from domain.errors import Conflict, InvalidInput, NotFound, ParleyError, Problem
from domain.event import COMMONS, EntryEvent, Event, WorldEvent
from domain.references import Reference

DATING = frozenset({"occurred", "after", "before"})
"""The attributes that say when; a correction of one of them carries the new bounds."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """What is recorded in the end: corrections are written out as the log keeps them."""

    event: EntryEvent
    span: Span | None = None


def draft_entry_event(
    event: EntryEvent, event_id: UUID, writer: Writer, pending: Pending, later: Later
) -> Draft | None:
    """The draft; None if it builds on a refused member, so that no more can be said of it.

    Raises NotFound, InvalidInput, Conflict and VersionConflict.
    """
    if pending.is_refused(event.entry):
        return None
    target = _target_of(event, writer, pending)
    if not check_named(event, target.negotiation, pending, later=later, within=_but_the_entry):
        return None
    decided = _decide(event, target, writer, pending, later)
    if decided is None:
        return None
    version: int | None = writer.expected_version
    if isinstance(event, EntryCorrected | EntryRetracted):
        version = len(pending.history(target.stream))
    if version is not None:
        writer.agree(target.stream, len(pending.history(target.stream)))
    return Draft(
        event=decided.event,
        stream=target.stream,
        id=event_id,
        recorded_by=writer.subject,
        span=decided.span,
        expected_version=version,
        request=writer.request,
        auth=writer.auth,
    )


def _decide(
    event: EntryEvent, target: Entry, writer: Writer, pending: Pending, later: Later
) -> _Decided | None:
    match event:
        case EntryCorrected():
            return _correct(event, target, pending, later)
        case EntryRetracted():
            _refuse_second_retraction(event, target, pending)
            decide_retraction(event, target, pending.history(target.stream), writer.subject)
        case EntryEndorsed():
            decide_endorsement(event, target, pending.history(target.stream), writer.subject)
        case EntryLinked(to=target.id):
            rule = "is the entry itself"
            raise InvalidInput(Problem("to", rule, "name the other entry of the pair"))
        case _:
            pass
    return _Decided(event)


def _target_of(event: EntryEvent, writer: Writer, pending: Pending) -> Entry:
    target = pending.find(event.entry)
    if target is None:
        rule = f"no entry of the log has the id {event.entry}"
        raise NotFound(
            Problem("entry", rule, "record it first, or correct the id, as the log gives it")
        )
    if target.stream == LOG_STREAM:
        rule = f"{target.kind} is what the log says about itself"
        raise InvalidInput(Problem("entry", rule, "name an entry of a negotiation or the commons"))
    if target.negotiation not in {writer.negotiation, COMMONS}:
        rule = f"belongs to the negotiation {target.negotiation!r}"
        raise InvalidInput(Problem("entry", rule, f"send it to {target.negotiation}"))
    return target


def _refuse_second_retraction(event: EntryRetracted, target: Entry, pending: Pending) -> None:
    """Two retractions of one entry would need two retractions to undo, and nobody means that."""
    if event.replaced_by == target.id:
        rule = "is the entry itself"
        raise InvalidInput(Problem("replaced_by", rule, "name the entry that takes its place"))
    before = retraction_of(target.id, pending.history(target.stream))
    if before is not None:
        raise Conflict(
            Problem(
                "entry",
                f"is retracted already, by {before.id}",
                f"leave it at that, or retract {before.id} to bring the entry back",
            )
        )


def _correct(
    event: EntryCorrected, target: Entry, pending: Pending, later: Later
) -> _Decided | None:
    """The correction as the log keeps it: in the newest schema, with the new bounds."""
    try:
        corrected = decide_correction(event, target, pending.history(target.stream))
    except InvalidInput as error:
        raise _as_set(error, event) from None

    def within(reference: Reference) -> str | None:
        changed = reference.field.partition(".")[0] in event.set
        return f"set.{reference.field}" if changed else None

    if not check_named(corrected, target.negotiation, pending, later=later, within=within):
        return None
    written = _written_out(event, target, corrected)
    if not DATING & {*event.set, *event.unset}:
        return _Decided(written)
    named = entries_in_order(corrected, pending)
    try:
        return _Decided(written, narrow(_only(corrected, named), target.stream, named))
    except InvalidInput as error:
        raise _as_set(error, event) from None


def _only(event: Event, named: Collection[UUID]) -> Event:
    """The event with the constraints that still hold: what was retracted orders nothing."""
    if not isinstance(event, WorldEvent):
        return event
    after = tuple(name for name in event.after if name in named)
    before = tuple(name for name in event.before if name in named)
    return event.model_copy(update={"after": after, "before": before})


def _written_out(correction: EntryCorrected, target: Entry, corrected: Event) -> EntryCorrected:
    """Values as the record writes them (decimals as text), and absent values unset."""
    body = corrected.body()
    given = {name: body[name] for name in correction.set if name in body}
    gone = [name for name in correction.set if name not in body]
    return correction.model_copy(
        update={
            "schema_": type(target.event).class_version,
            "set": given,
            "unset": (*correction.unset, *gone),
        }
    )


def _as_set(error: InvalidInput, correction: EntryCorrected) -> ParleyError:
    """The same refusal with fields as they stand in the correction."""

    def field(name: str) -> str:
        head = name.partition(".")[0]
        if head in correction.set:
            return f"set.{name}"
        return f"unset.{name}" if head in correction.unset else name

    return type(error)(*(replace(p, field=field(p.field)) for p in error.problems))


def _but_the_entry(reference: Reference) -> str | None:
    return None if reference.field == "entry" else reference.field
