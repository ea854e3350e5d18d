"""The lives of things: what is told of them, in which order, and where they then stand."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from domain.bounds import Span
from domain.dates import parse_occurred
from domain.entry import Entry
from domain.event import Event
from domain.registry import EVOLVE, read_event
from domain.state import Anomaly, Evolve, State
from domain.things.pledge import LADDER
from tests.domain.samples import every_kind

LIVES = """
negotiation | | opened | open |
negotiation | opened | closed | closed |
negotiation | opened closed | closed | closed | already_closed
negotiation | opened | opened | open | already_opened
negotiation | | closed | closed | not_opened
actor | | registered | registered |
actor | registered | renamed | registered |
actor | registered | merged | merged |
actor | registered | registered | registered | already_registered
actor | | renamed | unregistered | not_opened
actor | renamed | registered | registered |
actor | registered | office_taken | registered |
actor | registered office_taken | office_taken | registered | office_held
actor | registered office_taken | office_left | registered |
actor | registered | member_joined | registered |
actor | registered | office_left | registered | office_not_held
actor | registered member_joined | member_left | registered |
actor | registered member_joined | member_joined | registered | already_member
actor | registered | member_left | registered | not_a_member
source | | registered | registered |
source | registered | archived | archived |
source | registered | registered | registered | already_registered
source | | archived | unregistered | not_opened
element | | defined | defined |
element | defined | redefined | defined |
element | defined | defined | defined | already_defined
element | | redefined | defined | not_opened
issue | | raised | open |
issue | raised | narrowed | narrowed |
issue | raised narrowed | settled | settled |
issue | raised | lapsed | lapsed |
issue | raised settled | reopened | open |
issue | raised lapsed | reopened | open |
issue | raised settled | narrowed | narrowed | closed
issue | raised settled | lapsed | lapsed | closed
issue | raised | reopened | open | not_closed
issue | raised narrowed | reopened | open | not_closed
issue | raised | raised | open | already_raised
issue | | settled | settled | not_opened
condition | | stated | not_reported_met |
condition | stated | met | met |
condition | stated | failed | failed |
condition | stated | waived | waived |
condition | stated met | failed | failed |
condition | stated failed | met | met |
condition | stated met | met | met | already_met
condition | stated waived | waived | waived | already_waived
condition | stated met | stated | not_reported_met | already_stated
condition | | met | met | not_opened
statement | | made | made |
statement | made | made | made | already_made
pledge | | made=floated | floated |
pledge | | made=committed | committed |
pledge | made=floated | strengthened=pledged | pledged |
pledge | made=pledged | strengthened=pledged | pledged | not_stronger
pledge | made=committed | strengthened=offered | committed | not_stronger
pledge | made=offered | amended | offered |
pledge | made=offered | allocated | allocated |
pledge | made=offered allocated | strengthened=committed | allocated | not_stronger
pledge | made=offered allocated | delivered=part | partially_delivered |
pledge | made=offered | delivered=all | delivered |
pledge | made=offered delivered=part | delivered=all | delivered |
pledge | made=offered delivered=all | delivered=part | delivered | already_delivered
pledge | made=offered | stalled | stalled |
pledge | made=offered stalled | resumed | offered |
pledge | made=offered stalled | strengthened=pledged | stalled |
pledge | made=offered stalled strengthened=pledged | resumed | pledged |
pledge | made=offered stalled | allocated | allocated |
pledge | made=offered stalled | delivered=part | partially_delivered |
pledge | made=offered stalled | stalled | stalled | already_stalled
pledge | made=offered | resumed | offered | not_stalled
pledge | made=offered | withdrawn | withdrawn |
pledge | made=offered stalled | withdrawn | withdrawn |
pledge | made=offered | expired | expired |
pledge | made=offered withdrawn | strengthened=committed | withdrawn | after_end
pledge | made=offered withdrawn | amended | withdrawn | after_end
pledge | made=offered withdrawn | allocated | withdrawn | after_end
pledge | made=offered expired | delivered=all | expired | after_end
pledge | made=offered expired | withdrawn | expired | after_end
pledge | made=offered delivered=all | withdrawn | withdrawn | already_delivered
pledge | made=offered delivered=all | stalled | stalled | already_delivered
pledge | made=offered | made=pledged | pledged | already_made
pledge | | strengthened=pledged | pledged | not_opened
pledge | strengthened=committed | made=offered | committed |
threat | | issued | standing |
threat | issued | repeated | standing |
threat | issued | carried_out | carried_out |
threat | issued carried_out | carried_out | carried_out |
threat | issued carried_out | repeated | standing |
threat | issued | withdrawn | withdrawn |
threat | issued withdrawn | repeated | standing |
threat | issued withdrawn | carried_out | carried_out | withdrawn
threat | issued withdrawn | withdrawn | withdrawn | withdrawn
threat | issued | issued | standing | already_issued
threat | | repeated | standing | not_opened
attack | | carried_out | carried_out |
attack | carried_out | reassessed | carried_out |
attack | carried_out | carried_out | carried_out | already_carried_out
attack | | reassessed | carried_out | not_opened
consultation | | scheduled | scheduled |
consultation | | held | held |
consultation | | started | started |
consultation | scheduled | scheduled | scheduled |
consultation | scheduled | held | held |
consultation | scheduled | started | started |
consultation | scheduled | cancelled | cancelled |
consultation | started | ended | ended |
consultation | started | held | held |
consultation | held | held | held | already_held
consultation | held | started | started | over
consultation | cancelled | held | held | over
consultation | scheduled | ended | ended | not_started
consultation | started | cancelled | cancelled | already_started
consultation | started | scheduled | scheduled | already_started
consultation | started | started | started | already_started
consultation | | ended | ended | not_opened
consultation | | cancelled | cancelled | not_opened
measure | | considered | considered |
measure | considered | proposed | proposed |
measure | proposed | considered | considered |
measure | proposed | threatened | threatened |
measure | | adopted | adopted |
measure | threatened | rejected | rejected |
measure | adopted | lifted | lifted |
measure | adopted lifted | adopted | adopted |
measure | adopted | adopted | adopted | already_adopted
measure | adopted | rejected | rejected | already_adopted
measure | proposed | lifted | lifted | not_adopted
measure | | lifted | lifted | not_opened
measure | | rejected | rejected | not_opened
agreement | | reached | reached |
agreement | reached | entered_into_force | in_force |
agreement | | entered_into_force | in_force |
agreement | entered_into_force | breached | breached |
agreement | reached | breached | breached |
agreement | | breached | breached | not_opened
agreement | reached breached | entered_into_force | in_force |
agreement | reached | ended | ended |
agreement | reached | reached | reached | already_reached
agreement | entered_into_force | reached | reached | already_reached
agreement | entered_into_force | entered_into_force | in_force | already_in_force
agreement | reached ended | breached | breached | ended
agreement | | ended | ended | not_opened
"""
"""thing | given | when | then the status | and the anomaly, if any"""
STATUSES = {
    "negotiation": {"open", "closed"},
    "actor": {"registered", "merged", "unregistered"},
    "source": {"registered", "archived", "unregistered"},
    "element": {"defined"},
    "issue": {"open", "narrowed", "settled", "lapsed"},
    "condition": {"not_reported_met", "met", "failed", "waived"},
    "statement": {"made"},
    "pledge": {*LADDER, "stalled", "withdrawn", "expired"},
    "threat": {"standing", "carried_out", "withdrawn"},
    "attack": {"carried_out"},
    "consultation": {"scheduled", "held", "started", "ended", "cancelled"},
    "measure": {"considered", "proposed", "threatened", "adopted", "lifted", "rejected"},
    "agreement": {"reached", "in_force", "breached", "ended"},
}
LEVELS = ("floated", "offered", "pledged", "committed")


def event(kind: str, **changes: object) -> Event:
    """The example of a kind, with some attributes of its own."""
    body = every_kind.event_of(every_kind.examples()[kind]).body()
    return read_event({**body, **changes})


def told(thing: str, step: str) -> Event:
    """A step by its short name: `made=offered`, `delivered=all`, `stalled`."""
    name, _, how = step.partition("=")
    changes: dict[str, object] = {"level": how} if how in LEVELS else {}
    if how in {"all", "part"}:
        changes = {"complete": how == "all"}
    if name in {"office_taken", "office_left"}:
        changes = {"office": "President", "of": "alfa"}
    if name in {"member_joined", "member_left"}:
        changes = {"member": "alfa"}
    return event(f"{thing}.{name}", **changes)


def fold(
    thing: str, events: Iterable[Event], evolve: Evolve | None = None
) -> tuple[State | None, list[Anomaly]]:
    """The state after the events, recorded one after the other, and every anomaly on the way."""
    evolve = evolve or EVOLVE[thing]
    state: State | None = None
    anomalies: list[Anomaly] = []
    for position, each in enumerate(events, start=1):
        entry = at(position, thing, each)
        again, _ = evolve(state, entry)
        state, found = evolve(state, entry)
        assert again == state
        assert all(anomaly.entry == entry.id for anomaly in found)
        anomalies += found
    return state, anomalies


def at(position: int, thing: str, each: Event) -> Entry:
    span = None if each.occurred is None else Span(parse_occurred(each.occurred).bounds)
    return Entry(
        event=each,
        stream=f"talks/{thing}/it",
        id=UUID(int=position),
        recorded_by="user:1",
        position=position,
        version=position,
        recorded_at=position,
        span=span,
    )


def rows() -> list[list[str]]:
    """The cells of the table."""
    return [[c.strip() for c in line.split("|")] for line in LIVES.strip().splitlines()]
