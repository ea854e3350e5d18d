"""Whether what an event names is there: things by slug or stream, entries by id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from app.pending import Pending
from domain.entry import Entry
from domain.errors import InvalidInput, NotFound, Problem
from domain.event import Event, ThingEvent, WorldEvent
from domain.references import Reference, references
from domain.registry import KINDS
from domain.text import RESERVED_NEGOTIATIONS, is_slug
from domain.things.threat import ThreatCarriedOut

_OPENERS: Mapping[str, str] = {
    thing: " or ".join(k.TOPIC for k in KINDS.values() if k.OPENS and thing == k.THING)
    for thing in {kind.THING for kind in KINDS.values()}
}
"""The kinds that make a thing known, by the sort of thing."""
COMMON_THINGS = frozenset({"actor", "source"})
"""What all negotiations share, so that it can be recorded before any is opened."""
_ORDERING = ("after.", "before.")


def check_named(
    event: Event,
    negotiation: str,
    pending: Pending,
    *,
    later: Collection[UUID] = (),
    within: Callable[[Reference], str | None] = lambda reference: reference.field,
) -> bool:
    """Raise NotFound unless everything the event names is known.

    `later` are ids of members that come after this one in its array: only
    `replaced_by` may name them. `within` gives the field to report for a
    reference, or None to leave it unchecked. False says that a refused member
    is named, so that no more can be said of this one.
    """
    named = [(field, r) for r in references(event) if (field := within(r)) is not None]
    pending.look_up(r.stream(negotiation) for _, r in named if r.to != "event")
    problems: list[Problem] = []
    complete = True
    for field, reference in named:
        name = reference.name if reference.to == "event" else reference.stream(negotiation)
        if pending.is_refused(name):
            complete = False
        elif isinstance(name, UUID):
            problems += _entry_problem(field, name, pending, later)
        elif pending.version(name) == 0:
            problems.append(_thing_problem(field, reference))
    if problems:
        raise NotFound(*problems)
    return complete


def check_attack(event: Event, pending: Pending) -> None:
    """Raise InvalidInput if a threat is said to be carried out by what is no attack."""
    if not isinstance(event, ThreatCarriedOut):
        return
    attack = pending.find(event.by)
    if attack is not None and attack.thing != "attack":
        rule = f"names {attack.kind}, which is no attack"
        raise InvalidInput(Problem("by", rule, "name the attack that carried the threat out"))


def entries_in_order(event: Event, pending: Pending) -> dict[UUID, Entry]:
    """The entries that order constraints name, as known now; all of them must stand."""
    if not isinstance(event, WorldEvent):
        return {}
    found = ((name, pending.as_known_now(name)) for name in (*event.after, *event.before))
    return {name: entry for name, entry in found if entry is not None}


def check_opened(event: ThingEvent, negotiation: str, pending: Pending) -> bool:
    """Raise NotFound unless the negotiation was opened; False if its opening is refused.

    Actors and sources are common to all negotiations, so they need none.
    """
    if event.THING == "negotiation":
        if event.slug != negotiation:
            rule = f"names {event.slug!r}, but it is sent to {negotiation!r}"
            raise InvalidInput(Problem("slug", rule, "send it to the negotiation it names"))
        return True
    if event.THING in COMMON_THINGS:
        return True
    if not is_slug(negotiation) or negotiation in RESERVED_NEGOTIATIONS:
        rule = f"{negotiation!r} is not the name of a negotiation"
        way_out = "use lower-case words joined by hyphens, other than commons and log"
        raise InvalidInput(Problem("negotiation", rule, way_out))
    stream = f"{negotiation}/negotiation/{negotiation}"
    if pending.is_refused(stream):
        return False
    if pending.version(stream) == 0:
        rule = f"no negotiation is known by the name {negotiation!r}"
        way_out = "record negotiation.opened for it first, or correct the name"
        raise NotFound(Problem("negotiation", rule, way_out))
    return True


def look_up_named(events: Iterable[Event], negotiation: str, pending: Pending) -> None:
    """Look up everything that the events name, in two questions instead of one for each name."""
    named = [reference for event in events for reference in references(event)]
    pending.look_up(r.stream(negotiation) for r in named if r.to != "event")
    pending.look_up_entries(r.name for r in named if isinstance(r.name, UUID))


def _thing_problem(field: str, reference: Reference) -> Problem:
    if reference.to == "stream":
        rule = f"no thing is known under the stream {reference.name!r}"
        return Problem(field, rule, "record what opens it first, or correct the name")
    return Problem(
        field,
        f"no {reference.to} is known by the name {reference.name!r}",
        f"record {_OPENERS[reference.to]} for it first, or correct the name",
    )


def _entry_problem(
    field: str, name: UUID, pending: Pending, later: Collection[UUID]
) -> list[Problem]:
    if name in later:
        if field == "replaced_by":
            return []
        rule = f"{name} comes later in the same array"
        return [Problem(field, rule, "put it before the member that names it")]
    if pending.find(name) is None:
        rule = f"no entry of the log has the id {name}"
        return [Problem(field, rule, "record it first, or correct the id (`parley log` shows ids)")]
    ordering = field.removeprefix("set.").startswith(_ORDERING)
    if ordering and pending.as_known_now(name) is None:
        rule = f"{name} does not stand: it was retracted, or it is a correction"
        return [Problem(field, rule, "name an entry that stands")]
    return []
