"""What follows from the states of stories, and from nothing else: gates, rungs, who is behind.

This is storey two. It is computed when it is read and never stored, so a
condition that is met changes every pledge it gates without touching one of
them. It is asked twice for each answer: over the states that may be so and over
those that must be so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import count
from typing import Literal, cast

from domain.state import State
from domain.things.actor import ActorRegistered
from domain.things.actor import Standing as ActorStanding
from domain.things.condition import NOT_REPORTED_MET, ConditionStated, MetBy
from domain.things.issue import CLOSED, IssueRaised
from domain.things.pledge import ENDED, LADDER, Component, PledgeMade, Progress, rung_at_least
from domain.things.threat import STANDING, ThreatIssued
from projections.answers import NOT_YET_RATED, Behind
from projections.relations import Reports

DecidedBy = Literal["itself", "any_of", "all_of", "met_by"]
SETTLED_WELL = frozenset({"met", "waived"})
GROUPS = frozenset({"umbrella", "state_coalition", "unspecified_officials"})
"""Types of actor that stand for others, whether or not a number is reported."""
PLEDGORS = 8_192
"""Groups of pledgors that have a number; one that is forgotten gets another the next time."""
_NUMBERS = count(1)
CLIMBS = (LADDER, ("reached", "in_force"))
"""Statuses that include the ones before them: what is allocated is committed as well."""


@dataclass(frozen=True)
class View:
    """The states of one fold of every story of a negotiation, by stream or stance key.

    `reports` names the things that count and, for each, the further reports of it.
    """

    negotiation: str
    states: Mapping[str, State]
    reports: Mapping[str, Reports] = field(default_factory=dict)

    def of(self, thing: str) -> Iterator[tuple[str, State]]:
        """The things of one sort that count, by stream, in the order of their slugs."""
        for stream in self._by_sort.get(thing, ()):
            yield stream, self.states[stream]

    @cached_property
    def _by_sort(self) -> Mapping[str, list[str]]:
        """The things that count, by sort and in order; each answer asks for them often."""
        found: dict[str, list[str]] = {}
        for stream in sorted(self.reports):
            owner, sort, _ = stream.split("/", 2)
            if owner == self.negotiation:
                found.setdefault(sort, []).append(stream)
        return found

    def reports_of(self, stream: str) -> Reports:
        """The further reports of a thing; of a thing that is one itself, the one that counts."""
        if stream in self.reports:
            return self.reports[stream]
        return self._counted_as.get(stream, {})

    @cached_property
    def _counted_as(self) -> Mapping[str, Reports]:
        """For each further report the thing that counts, and whether it is only perhaps that."""
        found: dict[str, dict[str, bool]] = {}
        for first, others in self.reports.items():
            for other, perhaps in others.items():
                found.setdefault(other, {})[first] = perhaps
        return found

    def condition(self, slug: str) -> tuple[str, DecidedBy]:
        """The status of a condition and where it comes from.

        What a source says of the condition itself goes before what follows from
        its parts. A condition that nobody stated is `not_reported_met`.
        """
        return self._conditions.get(slug, (NOT_REPORTED_MET, "itself"))

    @cached_property
    def _conditions(self) -> Mapping[str, tuple[str, DecidedBy]]:
        """Every condition, asked again until none moves: each moves once, away from "not reported".

        So conditions that are made of each other come out the same whichever is asked first.
        """
        prefix = f"{self.negotiation}/condition/"
        states = {k.removeprefix(prefix): s for k, s in self.states.items() if k.startswith(prefix)}
        found: dict[str, tuple[str, DecidedBy]] = {}
        for _ in range(len(states) + 1):
            before = found
            found = {slug: self._decide(state, before) for slug, state in states.items()}
            if found == before:
                break
        return found

    def _decide(
        self, state: State, found: Mapping[str, tuple[str, DecidedBy]]
    ) -> tuple[str, DecidedBy]:
        stated = state.said
        if state.status != NOT_REPORTED_MET or not isinstance(stated, ConditionStated):
            return state.status, "itself"
        parts = [
            found[part][0] if part in found else NOT_REPORTED_MET
            for part in (*stated.any_of, *stated.all_of)
        ]
        if stated.any_of:
            return _any_of(parts), "any_of"
        if stated.all_of:
            return _all_of(parts), "all_of"
        if stated.met_by is not None:
            return self._met_by(stated.met_by, found), "met_by"
        return NOT_REPORTED_MET, "itself"

    def _met_by(self, by: MetBy, found: Mapping[str, tuple[str, DecidedBy]]) -> str:
        """Whether another thing, as an answer shows it, has come to the status asked for."""
        state = self.states.get(by.thing)
        if state is None:
            return NOT_REPORTED_MET
        _, thing, slug = by.thing.split("/")
        status, wanted = state.status, by.status or state.status
        if thing == "condition":
            status = found[slug][0] if slug in found else NOT_REPORTED_MET
        elif thing == "element":
            status = self.element_status(slug)
        for climb in CLIMBS:
            if status in climb and wanted in climb:
                return "met" if climb.index(status) >= climb.index(wanted) else NOT_REPORTED_MET
        return "met" if status == wanted else NOT_REPORTED_MET

    def gates_met(self, component: Component) -> bool:
        """Whether every condition that gates the component is met or waived."""
        return self._settled_well.issuperset(component.gates)

    @cached_property
    def _settled_well(self) -> frozenset[str]:
        """The conditions that are met or waived; of one that nobody stated neither is known."""
        found = self._conditions.items()
        return frozenset(slug for slug, (status, _) in found if status in SETTLED_WELL)

    def operative(self, state: State | None) -> bool:
        """Whether a pledge is in effect: at least committed, its gates met, not set aside."""
        if state is None or not isinstance(state.said, PledgeMade):
            return False
        progress = cast("Progress", state.extra)
        parts = state.said.components
        return _in_effect(progress) and all(self.gates_met(c) for c in parts)

    def component_operative(self, progress: Progress, component: Component) -> bool:
        """Whether one component of a pledge is in effect."""
        return _in_effect(progress) and self.gates_met(component)

    def element_operative(self, element: str) -> bool:
        """Whether a pledge, or a component of one, is in effect for the element."""
        return any(
            self._operative_for(element, pledge, progress)
            for pledge, progress in self.live_pledges(element).values()
        )

    def _operative_for(self, element: str, pledge: PledgeMade, progress: Progress) -> bool:
        """Each component for itself; without one for the element the pledge as a whole."""
        if not _in_effect(progress):
            return False
        whole = element in pledge.elements
        own = [c for c in pledge.components if c.element == element or (whole and not c.element)]
        met = [self.gates_met(component) for component in own or pledge.components]
        return any(met) if own else all(met)

    def element_status(self, element: str) -> str:
        """The highest rung among the live pledges that name it, or how the last of them ended."""
        named = [progress for _, progress in self.pledges_naming(element).values()]
        live = [progress.rung for progress in named if progress.side not in ENDED]
        ended = sorted(progress.status for progress in named if progress.side in ENDED)
        return max(live, key=LADDER.index) if live else next(reversed(ended), NOT_YET_RATED)

    def pledges_naming(self, element: str) -> dict[str, tuple[PledgeMade, Progress]]:
        """The pledges that name an element, as a whole or in a component, by slug."""
        return self._naming.get(element, {})

    @cached_property
    def _naming(self) -> Mapping[str | None, dict[str, tuple[PledgeMade, Progress]]]:
        found: dict[str | None, dict[str, tuple[PledgeMade, Progress]]] = {}
        for slug, (pledge, progress) in self.pledges.items():
            for element in {*pledge.elements, *(c.element for c in pledge.components)}:
                found.setdefault(element, {})[slug] = (pledge, progress)
        return found

    @cached_property
    def pledges(self) -> Mapping[str, tuple[PledgeMade, Progress]]:
        """The pledges that count, by slug in order, and how far each has come."""
        return {
            stream.rpartition("/")[2]: (
                cast("PledgeMade", state.said),
                cast("Progress", state.extra),
            )
            for stream, state in self.of("pledge")
        }

    def gated(self, condition: str) -> list[tuple[str, str]]:
        """What a condition gates: the slugs of pledges, each with the key of a component."""
        return self._gated.get(condition, [])

    @cached_property
    def _gated(self) -> Mapping[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for slug, (pledge, _) in self.pledges.items():
            for component in pledge.components:
                for gate in component.gates:
                    found.setdefault(gate, []).append((slug, component.key))
        return found

    def live_pledges(self, element: str) -> dict[str, tuple[PledgeMade, Progress]]:
        """The pledges that name an element and have not ended, by slug."""
        found = self._live.get(element)
        if found is None:
            named = self.pledges_naming(element).items()
            found = self._live[element] = {s: p for s, p in named if p[1].side not in ENDED}
        return found

    @cached_property
    def _live(self) -> dict[str, dict[str, tuple[PledgeMade, Progress]]]:
        return {}

    def standing_threats(self, *, element: str = "", pledge: str = "") -> tuple[str, ...]:
        """The threats that stand against an element or a pledge, by slug."""
        aimed = (
            *self._aimed.get(("element", element), ()),
            *self._aimed.get(("pledge", pledge), ()),
        )
        return tuple(sorted(set(aimed))) if element and pledge else aimed

    @cached_property
    def _aimed(self) -> Mapping[tuple[str, str], list[str]]:
        """The threats that stand, by the sort and the name of what they are against."""
        found: dict[tuple[str, str], list[str]] = {}
        for stream, state in self.of("threat"):
            aim = cast("ThreatIssued", state.said).against
            if aim is not None and state.status == STANDING:
                slug = stream.rpartition("/")[2]
                for name in aim.elements:
                    found.setdefault(("element", name), []).append(slug)
                for name in aim.pledges:
                    found.setdefault(("pledge", name), []).append(slug)
        return found

    def open_issues(self, element: str) -> tuple[str, ...]:
        """The issues that are about an element and not closed, by slug."""
        return tuple(self._open_issues.get(element, ()))

    @cached_property
    def _open_issues(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for stream, state in self.of("issue"):
            if state.status not in CLOSED:
                for element in cast("IssueRaised", state.said).elements:
                    found.setdefault(element, []).append(stream.rpartition("/")[2])
        return found

    def behind(self, slug: str, cardinality: int | None = None) -> Behind:
        """An actor as one that stands behind something; a merged actor under its new name."""
        slug = self.merged(slug)
        found = self._behind.get((slug, cardinality))
        if found is None:
            found = self._behind[slug, cardinality] = self._stands(slug, cardinality)
        return found

    @cached_property
    def _behind(self) -> dict[tuple[str, int | None], Behind]:
        return {}

    def _stands(self, slug: str, cardinality: int | None) -> Behind:
        state = self.states.get(f"commons/actor/{slug}")
        actor = state.said if state is not None else None
        if state is None or not isinstance(actor, ActorRegistered):
            return Behind(actor=slug, name=slug, reported=1, known=1)
        members = tuple(sorted(set(map(self.merged, cast("ActorStanding", state.extra).members))))
        if not (actor.type in GROUPS or actor.cardinality_reported or members):
            return Behind(actor=slug, name=actor.name, reported=1, known=1)
        return Behind(
            actor=slug,
            name=actor.name,
            reported=cardinality or actor.cardinality_reported or max(1, len(members)),
            known=len(members),
            members=members,
        )

    def pledgors(self, pledge: PledgeMade) -> tuple[Behind, ...]:
        """Who makes a pledge, each once; the number reported with it is of its only pledgor."""
        key = pledge.pledgors, pledge.cardinality_reported
        found = self._pledgors.get(key)
        if found is None:
            actors = tuple(dict.fromkeys(map(self.merged, pledge.pledgors)))
            number = pledge.cardinality_reported if len(actors) == 1 else None
            found = self._pledgors[key] = tuple(self.behind(actor, number) for actor in actors)
        return found

    def pledgors_number(self, pledge: PledgeMade) -> int:
        """A number that stands for these pledgors as they are, in all views of this process."""
        found = self.pledgors(pledge)
        number = self._numbers.get(id(found))
        if number is None:
            number = self._numbers[id(found)] = _number_of(found)
        return number

    @cached_property
    def _numbers(self) -> dict[int, int]:
        """By the identity of what is kept in `_pledgors`: comparing them takes longer."""
        return {}

    @cached_property
    def _pledgors(self) -> dict[tuple[tuple[str, ...], int | None], tuple[Behind, ...]]:
        return {}

    def merged(self, slug: str) -> str:
        """The actor that an actor was merged into, however often; itself if it was not."""
        seen: set[str] = set()
        while slug not in seen:
            seen.add(slug)
            state = self.states.get(f"commons/actor/{slug}")
            into = state.extra.merged_into if state is not None and state.extra else None
            if into is None:
                return slug
            slug = into
        return slug


@lru_cache(maxsize=PLEDGORS)
def _number_of(pledgors: tuple[Behind, ...]) -> int:
    del pledgors
    return next(_NUMBERS)


def _in_effect(progress: Progress) -> bool:
    return progress.side is None and rung_at_least(progress.rung, "committed")


def _any_of(parts: Collection[str]) -> str:
    if any(part in SETTLED_WELL for part in parts):
        return "met"
    return "failed" if all(part == "failed" for part in parts) else NOT_REPORTED_MET


def _all_of(parts: Collection[str]) -> str:
    if all(part in SETTLED_WELL for part in parts):
        return "met"
    return "failed" if any(part == "failed" for part in parts) else NOT_REPORTED_MET


def distinct(actors: Collection[Behind]) -> tuple[int, int]:
    """How many actors these are, as reported and as known; who stands there twice counts once.

    A member of a group that also stands there for itself, or in another of the groups, is one.
    """
    each = [set(b.members) or ({b.actor} if b.known else set()) for b in actors]
    known = len(set().union(*each))
    reported = sum(b.reported for b in actors) - (sum(map(len, each)) - known)
    return max(reported, known), known
