"""The draft of an event about a thing: is it known, is there time for it, does its story take it.

An opening kind on a stream that does not exist is recorded without reading
anything; every other one is decided on the whole stream as it was read, and
appended at that version.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from app.batch import Writer
from app.named import Later, check_named, check_opened, entries_in_order
from app.pending import Pending
from app.refusals import gather
from domain.decide import decide, narrow
from domain.entry import Draft, stream_of
from domain.errors import InvalidInput, NotFound, ParleyError
from domain.event import ThingEvent, owner_of


def draft_thing_event(
    event: ThingEvent, event_id: UUID, writer: Writer, pending: Pending, later: Later
) -> Draft | None:
    """The draft; None if it builds on a refused member, so that no more can be said of it.

    Raises NotFound, InvalidInput, StoryConflict and VersionConflict.
    """
    stream = stream_of(event, writer.negotiation)
    if not _names_are_known(event, writer, pending, later) or pending.is_refused(stream):
        return None
    span = narrow(event, stream, entries_in_order(event, pending))
    fresh = type(event).OPENS and pending.version(stream) == 0
    history = [] if fresh else pending.history(stream)
    draft = Draft(
        event=event,
        stream=stream,
        id=event_id,
        recorded_by=writer.subject,
        span=span,
        expected_version=writer.agree(stream, len(history)),
        request=writer.request,
        auth=writer.auth,
    )
    if not fresh:
        decide(draft, history)
    return draft


def _names_are_known(event: ThingEvent, writer: Writer, pending: Pending, later: Later) -> bool:
    """Whether nothing it names was refused; raises one error with all that is wrong with them."""
    owner = owner_of(event.THING, writer.negotiation)
    errors: list[ParleyError] = []
    complete = True
    for check in (
        partial(check_opened, event, writer.negotiation, pending, later),
        partial(check_named, event, owner, pending, later=later),
    ):
        try:
            complete = check() and complete
        except (InvalidInput, NotFound) as error:
            errors.append(error)
    if errors:
        raise gather(errors)
    return complete
