"""Whether what an event names is there: things by slug or stream, entries by id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from app.pending import PROVISIONAL, Pending
from app.refusals import gather
from domain.entry import LOG_STREAM, Entry, stream_of
from domain.errors import InvalidInput, NotFound, ParleyError, Problem
from domain.event import COMMON_THINGS, COMMONS, Event, ThingEvent, WorldEvent
from domain.negotiations import is_negotiation, never_opened, no_name, opening_stream
from domain.references import Reference, references
from domain.registry import KINDS

_OPENERS: Mapping[str, str] = {
    thing: " or ".join(k.TOPIC for k in KINDS.values() if k.OPENS and thing == k.THING)
    for thing in {kind.THING for kind in KINDS.values()}
}
"""The kinds that make a thing known, by the sort of thing."""
_ORDERING = ("after.", "before.")
_REPLACED_BY = "replaced_by"
_SIDE_BY_SIDE = frozenset({"measure"})
"""Things that name each other as alternatives, so that one of them has to name a later one."""

Later = Collection[UUID | str]
"""The ids of members that come later in the same array, and the streams of their things."""


def check_named(
    event: Event,
    owner: str,
    pending: Pending,
    *,
    later: Later = (),
    within: Callable[[Reference], str | None] = lambda reference: reference.field,
) -> bool:
    """Raise NotFound or InvalidInput unless the event may name everything that it names.

    `owner` is the negotiation of the event, or the commons: it may name what is
    its own and what is in the commons. Of `later` members only `replaced_by` and
    the alternatives of a measure may be. `within` gives the field to report for
    a reference, or None to leave it unchecked. False says that a refused member
    is named, so that no more can be said of this one.
    """
    named = [(field, r) for r in references(event) if (field := within(r)) is not None]
    pending.look_up(r.stream(owner) for _, r in named if r.to != "event")
    own = stream_of(event, owner) if isinstance(event, ThingEvent) else None
    errors: list[ParleyError] = []
    complete = True
    for field, reference in named:
        name = reference.name if reference.to == "event" else reference.stream(owner)
        if pending.is_refused(name):
            complete = False
        elif isinstance(name, UUID):
            errors += _entry_errors(field, name, owner, pending, later)
        elif name == own and not field.startswith("cite."):
            rule = f"is the {reference.to} itself"
            errors.append(InvalidInput(Problem(field, rule, "name another one, or leave it out")))
        else:
            errors += _thing_errors(field, reference, owner, pending, later)
    if errors:
        raise gather(errors)
    return complete


def entries_in_order(event: Event, pending: Pending) -> dict[UUID, Entry]:
    """The entries that order constraints name, as known now; all of them must stand."""
    if not isinstance(event, WorldEvent):
        return {}
    found = ((name, pending.as_known_now(name)) for name in (*event.after, *event.before))
    return {name: entry for name, entry in found if entry is not None}


def check_opened(event: ThingEvent, negotiation: str, pending: Pending, later: Later = ()) -> bool:
    """Raise NotFound unless the negotiation was opened; False if its opening is refused.

    Actors and sources are common to all negotiations: they may be sent to the commons,
    or to a negotiation that is opened by a `later` member of the array.
    """
    if event.THING == "negotiation":
        if event.slug != negotiation:
            rule = f"names {event.slug!r}, but it is sent to {negotiation!r}"
            raise InvalidInput(Problem("slug", rule, "send it to the negotiation it names"))
        return True
    is_common = event.THING in COMMON_THINGS
    if is_common and negotiation == COMMONS:
        return True
    if not is_negotiation(negotiation):
        raise InvalidInput(no_name(negotiation))
    stream = opening_stream(negotiation)
    if is_common and stream in later:
        return True
    if pending.is_refused(stream):
        return False
    if pending.version(stream) == 0:
        raise NotFound(never_opened(negotiation))
    if (retraction := pending.taken_back(stream)) is not None:
        rule = f"the negotiation {negotiation!r} was retracted"
        raise NotFound(_taken_back("negotiation", rule, retraction))
    return True


def look_up_named(
    events: Iterable[Event], negotiation: str, pending: Pending, *, and_also: Iterable[str] = ()
) -> None:
    """Look up everything that the events name, in two questions instead of one for each name.

    `and_also` are more streams to look up in the same question.
    """
    named = [reference for event in events for reference in references(event)]
    pending.look_up([*and_also, *(r.stream(negotiation) for r in named if r.to != "event")])
    pending.look_up_entries(r.name for r in named if isinstance(r.name, UUID))


def _thing_errors(
    field: str, reference: Reference, owner: str, pending: Pending, later: Later
) -> list[ParleyError]:
    stream = reference.stream(owner)
    elsewhere = _elsewhere(field, f"the thing {stream}", stream.partition("/")[0], owner)
    if elsewhere:
        return elsewhere
    retraction = pending.taken_back(stream)
    is_known = pending.version(stream) > 0 and retraction is None
    if is_known or (reference.to in _SIDE_BY_SIDE and stream in later):
        return []
    if retraction is not None:
        what = "thing" if reference.to == "stream" else reference.to
        rule = f"the {what} {reference.name!r} was retracted"
        return [NotFound(_taken_back(field, rule, retraction))]
    if reference.to == "stream":
        rule = f"no thing is known under the stream {reference.name!r}"
        way_out = "record what opens it first, or correct the name"
    else:
        rule = f"no {reference.to} is known by the name {reference.name!r}"
        way_out = f"record {_OPENERS[reference.to]} for it first, or correct the name"
    return [NotFound(Problem(field, rule, way_out))]


def _taken_back(field: str, rule: str, retraction: Entry) -> Problem:
    """A retracted registration makes nothing known, until it is brought back."""
    # A member of the same array has no position yet.
    is_recorded = retraction.position < PROVISIONAL
    name = f"@{retraction.position}" if is_recorded else str(retraction.id)
    return Problem(field, rule, f"retract the retraction {name}, or register it again")


def _entry_errors(
    field: str, name: UUID, owner: str, pending: Pending, later: Later
) -> list[ParleyError]:
    if name in later:
        if field == _REPLACED_BY:
            return []
        rule = f"{name} comes later in the same array"
        return [NotFound(Problem(field, rule, "put it before the member that names it"))]
    entry = pending.find(name)
    if entry is None:
        rule = f"no entry of the log has the id {name}"
        way_out = "record it first, or correct the id as the log gives it"
        return [NotFound(Problem(field, rule, way_out))]
    ordering = field.removeprefix("set.").startswith(_ORDERING)
    if ordering and pending.as_known_now(name) is None:
        rule = f"{name} does not stand: it was retracted, or it is a correction"
        return [NotFound(Problem(field, rule, "name an entry that stands"))]
    if field == _REPLACED_BY and owner == COMMONS and entry.stream != LOG_STREAM:
        # What was wrongly recorded for all may be recorded anew for one negotiation.
        return []
    return _elsewhere(field, f"{entry.kind} {name}", entry.negotiation, owner)


def _elsewhere(field: str, what: str, named_owner: str, owner: str) -> list[ParleyError]:
    """A name across negotiations is refused, because no answer would honour it."""
    if named_owner in {owner, COMMONS}:
        return []
    if named_owner == LOG_STREAM:
        rule = f"{what} is what the log says about itself"
    else:
        rule = f"{what} belongs to the negotiation {named_owner!r}"
    here = "the commons" if owner == COMMONS else f"{owner!r} or of the commons"
    return [InvalidInput(Problem(field, rule, f"name one of {here}"))]
