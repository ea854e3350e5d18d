"""From what was handed in to what is recorded: every check that needs the log, member by member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from app.batch import Drafted, Member, Writer
from app.bodies import Read
from app.entry_drafts import draft_entry_event
from app.named import Later, look_up_named
from app.pending import Pending
from app.refusals import gather
from app.thing_drafts import draft_thing_event
from audit.leaf import MAX_BODY
from domain.entry import Draft, stream_of
from domain.errors import (
    MAX_NAMED,
    Conflict,
    DuplicateId,
    InvalidInput,
    NotFound,
    ParleyError,
    Problem,
    TooLarge,
)
from domain.event import EntryEvent, Event, ThingEvent
from domain.negotiations import opening_stream
from exchange.mapping import canonical


def draft_or_refuse(read: Read, writer: Writer, pending: Pending) -> tuple[Draft, ...]:
    """The drafts of all members; raises one error with everything that is wrong with any."""
    pending.refuse(*read.claims)
    drafted = draft_all(read.members, writer, pending)
    errors = [*read.errors, *(error for _, error in drafted.refused)]
    if errors:
        raise gather(sorted(errors, key=lambda error: error.problems[0].index or 0), MAX_NAMED)
    return drafted.drafts


def draft_all(members: Sequence[Member], writer: Writer, pending: Pending) -> Drafted:
    """Hold every member against the log and the members before it; refusals are collected.

    A member that builds on a refused one is passed over: the fault is not its
    own, and nothing of the batch will be recorded anyway.
    """
    events = [member.event for member in members]
    look_up_named(events, writer.negotiation, pending, and_also=_own_streams(events, writer))
    pending.look_up_entries(member.id for member in members if member.id_is_chosen)
    later = {name for member in members for name in _claims(member, writer)}
    drafts: list[Draft] = []
    refused: list[tuple[Member, ParleyError]] = []
    for member in members:
        later.difference_update(_claims(member, writer))
        draft: Draft | None = None
        try:
            draft = _draft(member, writer, pending, later)
        except (InvalidInput, NotFound, Conflict) as error:
            refused.append((member, error if member.index is None else error.at(member.index)))
        if draft is not None:
            drafts.append(draft)
            pending.add(draft)
        else:
            pending.refuse(*_claims(member, writer))
    return Drafted(tuple(drafts), tuple(refused))


def _draft(member: Member, writer: Writer, pending: Pending, later: Later) -> Draft | None:
    event = member.event
    draft: Draft | None = None
    if not isinstance(event, EntryEvent | ThingEvent):
        rule = f"{event.TOPIC} is written by the log alone"
        raise InvalidInput(Problem("kind", rule, "choose another kind"))
    _check_id(member, pending)
    if isinstance(event, EntryEvent):
        draft = draft_entry_event(event, member.id, writer, pending, later)
    else:
        draft = draft_thing_event(event, member.id, writer, pending, later)
    if draft is None:
        return None
    # A correction is measured as it is written out, not as it was handed in.
    _check_size(draft.event)
    return replace(draft, imported=member.imported)


def _check_size(event: Event) -> None:
    size = len(canonical(event.body()))
    if size > MAX_BODY:
        raise TooLarge(
            Problem(
                "body",
                f"is {size} bytes as the log writes it; at most {MAX_BODY} fit",
                "shorten the texts, or record it as several entries",
            )
        )


def _check_id(member: Member, pending: Pending) -> None:
    if member.id_is_chosen and (holder := pending.find(member.id)) is not None:
        field = "id"
        rule = f"{member.id} is the id of another entry, {holder.kind} on {holder.stream}"
        way_out = (
            "leave `id` out or choose a new one; to repeat a request, send its idempotency key"
        )
        if member.imported is not None:
            field, rule, way_out = "key", f"its id {rule}", "rename the key"
        raise DuplicateId(Problem(field, rule, way_out))


def _own_streams(events: Iterable[Event], writer: Writer) -> Iterator[str]:
    yield opening_stream(writer.negotiation)
    for event in events:
        yield from _own_stream(event, writer.negotiation)


def _claims(member: Member, writer: Writer) -> tuple[UUID | str, ...]:
    """The id and the stream that a member makes known."""
    return member.id, *_own_stream(member.event, writer.negotiation)


def _own_stream(event: Event, negotiation: str) -> tuple[str, ...]:
    return (stream_of(event, negotiation),) if isinstance(event, ThingEvent) else ()
