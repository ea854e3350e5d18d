"""From the states of a story to the item of an answer, one sort of thing after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial
from typing import Any, TypeVar, cast
from uuid import UUID

from domain.citations import Citation
from domain.dates import parse_occurred
from domain.state import State
from domain.story import Turn
from domain.things.attack import AttackCarriedOut
from domain.things.issue import IssueNarrowed, IssueSettled
from domain.things.pledge import ENDED, LADDER, Component, PledgeMade, Progress
from domain.things.stance import Stand, Voice
from domain.things.threat import ThreatIssued
from projections.answers import (
    AgreementItem,
    Amount,
    AttackItem,
    Attribution,
    Behind,
    Cause,
    ComponentItem,
    ConditionItem,
    ConsultationItem,
    ElementItem,
    Gated,
    IssueItem,
    Item,
    MeasureItem,
    PledgeItem,
    PositionItem,
    Relation,
    Report,
    StanceItem,
    StatementItem,
    ThreatItem,
)
from projections.relations import relations_by_thing
from projections.same import KEPT, remembered
from projections.view import View, distinct
from projections.world import World, headline

ItemT = TypeVar("ItemT", bound=Item)


@dataclass(frozen=True)
class Stage:
    """What every item is built from: the view shown, the certain view, and what is around them.

    `shown` is what may be so, or with `certainty=certain` the certain view too;
    `since` is what gave each shown state its status.
    """

    world: World
    shown: View
    certain: View
    since: Mapping[str, Turn | None]

    def certain_status(self, stream: str) -> str | None:
        """The status that must be so; None while nothing about the thing is certain."""
        state = self.certain.states.get(stream)
        return None if state is None or state.said is None else state.status

    def frame(self, stream: str) -> dict[str, Any]:
        """The fields that all items share."""
        state, standing = self.shown.states[stream], self.world.standings[stream]
        reports = self.shown.reports_of(stream)
        cite = state.said.cite if state.said else ()
        turn = self.since[stream]
        since_cite = () if turn is None or turn.cite == cite else turn.cite
        return {
            "slug": stream.rpartition("/")[2],
            "stream": stream,
            "status": state.status,
            "certain_status": self.certain_status(stream),
            "summary": headline(state.said),
            "since": None if turn is None else turn.trace.occurred,
            "deciding": _deciding(state),
            "more_events": state.more,
            "according_to": attributions(cite),
            "since_according_to": attributions(since_cite),
            "reports": tuple(self._report(other, perhaps) for other, perhaps in reports.items()),
            "related": self.relations(stream),
            "disputed_by": self._causes(standing.disputing),
            "order_unknown": self._causes(standing.order_unknown),
        }

    def relations(self, stream: str) -> tuple[Relation, ...]:
        """The links of a thing to others."""
        return self._relations.get(stream, ())

    @cached_property
    def _relations(self) -> Mapping[str, tuple[Relation, ...]]:
        return relations_by_thing(self.world.links)

    def _causes(self, ids: Iterable[UUID]) -> tuple[Cause, ...]:
        """Entries that a standing names, in the order they were recorded."""
        causes = [self.world.mentions[i].cause for i in ids]
        return tuple(sorted(causes, key=lambda cause: cause.position))

    def _report(self, stream: str, perhaps: bool) -> Report:  # noqa: FBT001 - it is data, not a switch.
        state = self.shown.states[stream]
        return Report(
            stream=stream,
            status=state.status,
            summary=headline(state.said),
            perhaps=perhaps,
            deciding=_deciding(state),
            according_to=attributions(state.said.cite if state.said else ()),
        )


def _deciding(state: State) -> tuple[Cause, ...]:
    return tuple(Cause.model_validate(trace) for trace in state.deciding)


@remembered
def attributions(cite: tuple[Citation, ...]) -> tuple[Attribution, ...]:
    """Who says so, for each citation."""
    return tuple(
        Attribution.model_validate(
            {
                "source": citation.source,
                "supports": citation.supports,
                "quote": None if citation.locator is None else citation.locator.exact,
                "chain": citation.chain,
            }
        )
        for citation in cite
    )


def plain_item(cls: type[ItemT], stage: Stage, stream: str, **own: object) -> ItemT:
    """An item whose further fields stand in the content under the same names, or are given."""
    state = stage.shown.states[stream]
    shared = _shared(cls, type(state.said))  # type: ignore[arg-type] # classes can be hashed.
    fields = {name: getattr(state.said, name) for name in shared}
    item = cls.model_validate({**fields, **stage.frame(stream), **own})
    # A status that follows from other things began with none of this thing's own events.
    return item if item.since else item.model_copy(update={"since_according_to": ()})


@cache
def _shared(item: type[Item], content: type[object]) -> tuple[str, ...]:
    """The fields of an item that a content has under the same names."""
    own = getattr(content, "model_fields", {})
    return tuple(name for name in item.model_fields if name in own or hasattr(content, name))


def element_item(stage: Stage, stream: str) -> ElementItem:
    """An element: its status is the highest rung among the live pledges that name it."""
    slug = stream.rpartition("/")[2]
    shown, certain = stage.shown, stage.certain
    live = shown.live_pledges(slug)
    actors: dict[str, Behind] = {}
    for pledge, _ in live.values():
        for behind in shown.pledgors(pledge):
            other = actors.get(behind.actor, behind)
            if other is not behind:
                other = max(other, behind, key=lambda b: b.reported)
            actors[behind.actor] = other
    reported, known = distinct(actors.values())
    operative = shown.element_operative(slug)
    return plain_item(
        ElementItem,
        stage,
        stream,
        status=shown.element_status(slug),
        certain_status=certain.element_status(slug),
        since=None,
        operative=operative,
        certainly_operative=operative and (certain is shown or certain.element_operative(slug)),
        pledges=tuple(live),
        behind=tuple(actors[a] for a in sorted(actors)),
        actors_reported=reported,
        actors_known=known,
        issues=shown.open_issues(slug),
        threats=shown.standing_threats(element=slug),
    )


def pledge_item(stage: Stage, stream: str) -> PledgeItem:
    """A pledge with its components, gates and threats."""
    state = stage.shown.states[stream]
    pledge, progress = cast("PledgeMade", state.said), cast("Progress", state.extra)
    sure = stage.certain.states.get(stream)
    certain = sure.extra if sure is not None and sure.said is not None else None
    components = tuple(_component(stage.shown, progress, c) for c in pledge.components)
    operative = stage.shown.operative(state)
    return plain_item(
        PledgeItem,
        stage,
        stream,
        rung=progress.rung,
        certain_rung=None if certain is None else certain.rung,
        pledgors=stage.shown.pledgors(pledge),
        components=components,
        overdue=is_overdue(pledge, progress, stage.world.minute),
        conditional_pending=progress.side is None and not all(c.gates_met for c in components),
        operative=operative,
        certainly_operative=operative and stage.certain.operative(sure),
        threatened_by=stage.shown.standing_threats(pledge=stream.rpartition("/")[2]),
    )


def condition_item(stage: Stage, stream: str) -> ConditionItem:
    """A condition, its status from itself or from its parts, and what it gates."""
    slug = stream.rpartition("/")[2]
    status, decided_by = stage.shown.condition(slug)
    own, turn = stage.shown.states[stream], stage.since[stream]
    known = stage.certain_status(stream) is not None
    gates = [Gated(pledge=name, component=key) for name, key in stage.shown.gated(slug)]
    return plain_item(
        ConditionItem,
        stage,
        stream,
        status=status,
        certain_status=stage.certain.condition(slug)[0] if known else None,
        since=turn.trace.occurred if turn is not None and status == own.status else None,
        decided_by=decided_by,
        gates=tuple(gates),
    )


def issue_item(stage: Stage, stream: str) -> IssueItem:
    """A question, what is left of it, and the answer where there is one."""
    last = stage.shown.states[stream].extra
    return plain_item(
        IssueItem,
        stage,
        stream,
        text=last.text if isinstance(last, IssueNarrowed) else None,
        answer=last.answer if isinstance(last, IssueSettled) else None,
    )


def position_item(stage: Stage, key: str) -> PositionItem:
    """The latest stance of an actor on a thing, what it replaced, and voices at odds."""
    _, _, actor, on, about = key.split("/")
    stand = cast("Stand", stage.shown.states[key].extra)
    return plain_item(
        PositionItem,
        stage,
        key,
        slug=f"{actor}/{on}/{about}",
        actor=actor,
        on=on,
        about=about,
        speaker=stand.latest.speaker,
        statement=stand.latest.stream,
        dated=stand.dated,
        replaced=None if stand.replaced is None else _stance(stand.replaced),
        at_odds=tuple(map(_stance, stand.at_odds)),
    )


def threat_item(stage: Stage, stream: str) -> ThreatItem:
    """A threat and what it is against."""
    aim = cast("ThreatIssued", stage.shown.states[stream].said).against
    return plain_item(
        ThreatItem,
        stage,
        stream,
        against_elements=() if aim is None else aim.elements,
        against_pledges=() if aim is None else aim.pledges,
    )


def attack_item(stage: Stage, stream: str) -> AttackItem:
    """An attack with its figures; a sum is None where no munition has the figure."""
    attack = cast("AttackCarriedOut", stage.shown.states[stream].said)
    return plain_item(
        AttackItem,
        stage,
        stream,
        launched=sum_of(attack, "launched"),
        intercepted=sum_of(attack, "intercepted"),
        targets=tuple(target.name for target in attack.targets),
        places=tuple(place.name for place in attack.places),
    )


def sum_of(attack: AttackCarriedOut, figure: str) -> int | None:
    """The sum of a figure over the munitions that have it; None where none has."""
    given = [v for m in attack.munitions if (v := getattr(m, figure)) is not None]
    return sum(given) if given else None


def _component(view: View, progress: Progress, component: Component) -> ComponentItem:
    return ComponentItem.model_validate(
        {
            **{name: getattr(component, name) for name in Component.model_fields},
            "allocated": amount(progress.allocated.get(component.key), component),
            "delivered": amount(progress.delivered.get(component.key), component),
            "gates_met": view.gates_met(component),
            "operative": view.component_operative(progress, component),
        }
    )


def amount(step: Component | None, pledged: Component | None) -> Amount | None:
    """What a step says of a component's quantity; without a unit of its own it is in the pledge's.

    A step in another unit or currency stays in it: nothing is converted.
    """
    if step is None or step.quantity is None:
        return None
    measured = step if pledged is None or step.unit or step.currency else pledged
    return Amount(quantity=step.quantity, unit=measured.unit, currency=measured.currency)


def _stance(voice: Voice) -> StanceItem:
    return StanceItem(statement=voice.stream, speaker=voice.speaker, stance=voice.stance)


@lru_cache(maxsize=KEPT)
def last_due_minute(due: str | None) -> int | None:
    """The last minute in which a pledge is not yet overdue; None if it has no such minute."""
    if due is None:
        return None
    bounds = parse_occurred(due).bounds
    return bounds.start_hi if bounds.end_hi is None else bounds.end_hi


def is_overdue(pledge: PledgeMade, progress: Progress, minute: int) -> bool:
    """Whether the last minute it was due in has passed and it is neither delivered nor ended."""
    last = last_due_minute(pledge.due)
    done = progress.rung == LADDER[-1] or progress.side in ENDED
    return last is not None and last < minute and not done


ITEMS: Mapping[str, Callable[[Stage, str], Item]] = {
    "element": element_item,
    "pledge": pledge_item,
    "condition": condition_item,
    "issue": issue_item,
    "stance": position_item,
    "statement": partial(plain_item, StatementItem),
    "threat": threat_item,
    "attack": attack_item,
    "measure": partial(plain_item, MeasureItem),
    "agreement": partial(plain_item, AgreementItem),
    "consultation": partial(plain_item, ConsultationItem),
}
"""How the item of each sort of thing is built, from its stream or, for a stance, its key."""
