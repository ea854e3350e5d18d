"""Given what was told of a thing, when the next is told, then it stands there: thing by thing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.event import Event, needs_occurred
from domain.registry import KINDS, THINGS
from domain.state import MAX_DECIDING, Anomaly, State
from domain.things.actor import MAX_MEMBERS_KEPT, MAX_OFFICES_KEPT
from domain.things.actor import Standing as ActorStanding
from domain.things.attack import Began
from domain.things.pledge import LADDER, MAX_COMPONENTS, PledgeMade, Progress, rung_at_least
from domain.things.stance import MAX_SPEAKERS_KEPT, Stand, evolve_for, stance_keys
from tests.domain.samples.lives import LEVELS, STATUSES, at, event, fold, rows, told

# --- the lives of things ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("thing", "given_", "step", "status", "anomaly"),
    [
        pytest.param(*row, id="{}: given {}, when {}, then {} {}".format(*row).strip())
        for row in rows()
    ],
)
def test_a_thing_lives_as_its_table_says(
    thing: str, given_: str, step: str, status: str, anomaly: str
) -> None:
    earlier = [told(thing, each) for each in given_.split()]
    _, known = fold(thing, earlier)
    state, anomalies = fold(thing, [*earlier, told(thing, step)])
    assert state is not None
    assert state.status == status
    assert [a.code for a in anomalies[len(known) :]] == ([anomaly] if anomaly else [])
    assert len(state.recent) == len(earlier) + 1


def test_the_tables_reach_every_status_and_use_every_kind() -> None:
    reached = {thing: {row[3] for row in rows() if row[0] == thing} for thing in THINGS}
    assert reached == STATUSES
    used = {f"{row[0]}.{row[2].partition('=')[0]}" for row in rows()}
    assert used == {kind for kind, cls in KINDS.items() if cls.THING in THINGS}


def test_an_anomaly_names_the_entry_the_event_that_gave_the_status_and_the_rule() -> None:
    steps = [told("pledge", step) for step in ("made=offered", "withdrawn", "allocated")]
    _, (anomaly,) = fold("pledge", steps)
    assert anomaly == Anomaly(
        "after_end",
        UUID(int=3),
        UUID(int=2),
        "talks/pledge/it is withdrawn; nothing moves it any more",
    )


def test_the_status_was_given_by_the_last_event_of_the_kind_that_gave_it() -> None:
    steps = [told("threat", step) for step in ("issued", "repeated", "repeated")]
    state, _ = fold("threat", steps)
    assert state is not None
    assert state.given.position == 1
    assert [trace.position for trace in state.deciding] == [1, 2, 3]
    twice = ("made=offered", "delivered", "delivered", "amended")
    state, _ = fold("pledge", [told("pledge", step) for step in twice])
    assert state is not None
    assert (state.given.position, state.given_kind) == (3, "pledge.delivered")


# --- what a state keeps -------------------------------------------------------------------


def test_the_ladder_is_climbed_and_never_descended() -> None:
    assert (*LEVELS, "allocated", "partially_delivered", "delivered") == LADDER
    assert [rung_at_least(rung, "committed") for rung in LADDER] == [False] * 3 + [True] * 4


def test_a_side_state_stands_beside_the_rung() -> None:
    state, _ = fold("pledge", [told("pledge", step) for step in ("made=pledged", "stalled")])
    assert state is not None
    assert isinstance(state.extra, Progress)
    assert (state.extra.rung, state.extra.side) == ("pledged", "stalled")


def test_a_pledge_keeps_the_last_word_on_each_component() -> None:
    first = [{"key": "a", "quantity": "1"}, {"key": "b", "quantity": "2"}]
    later = [{"key": "a", "quantity": "3"}]
    steps = [
        event("pledge.made"),
        *(event("pledge.allocated", components=c) for c in (first, later)),
    ]
    state, _ = fold("pledge", steps)
    assert state is not None
    assert {k: c.quantity for k, c in state.extra.allocated.items()} == {"a": "3", "b": "2"}
    assert state.extra.delivered == {}


def test_an_amendment_is_written_into_the_terms_and_leaves_the_level() -> None:
    amended = event("pledge.amended", set={"due": "2026", "pledgors": ["bravo"]})
    state, _ = fold("pledge", [told("pledge", "made=offered"), amended])
    assert state is not None
    assert isinstance(state.content, PledgeMade)
    assert (state.content.due, state.content.pledgors) == ("2026", ("bravo",))
    assert (state.content.level, state.content.summary) == (
        "offered",
        event("pledge.made").data()["summary"],
    )


def test_a_person_keeps_offices_and_a_group_its_members() -> None:
    steps = ("registered", "office_taken", "member_joined", "renamed", "merged")
    state, _ = fold("actor", [told("actor", step) for step in steps])
    assert state is not None
    assert state.extra == ActorStanding((("President", "alfa"),), ("alfa",), "river-group")
    assert state.content is not None
    assert state.content.data()["name"] == "River Group"


def test_a_reassessment_replaces_the_figures_it_gives_and_no_others() -> None:
    risen = event("attack.carried_out").data()
    steps = [
        event("attack.carried_out"),
        event("attack.reassessed", munitions=[], places=[], targets=[], superlatives=[]),
    ]
    state, _ = fold("attack", steps)
    assert state is not None
    assert state.content is not None
    figures = state.content.data()
    assert figures["casualties"] == event("attack.reassessed").data()["casualties"]
    assert figures | {"casualties": 0} == risen | {"casualties": 0}


@pytest.mark.parametrize(
    ("thing", "steps", "last"),
    [
        ("element", ("defined", "redefined"), "element.redefined"),
        ("consultation", ("scheduled", "held"), "consultation.held"),
        ("measure", ("proposed", "adopted"), "measure.adopted"),
        ("agreement", ("reached", "ended"), "agreement.ended"),
        ("issue", ("raised", "narrowed"), "issue.raised"),
        ("condition", ("stated", "met"), "condition.stated"),
        ("threat", ("issued", "repeated"), "threat.issued"),
        ("source", ("registered", "archived"), "source.registered"),
    ],
)
def test_the_content_is_the_last_event_that_says_the_whole(
    thing: str, steps: tuple[str, ...], last: str
) -> None:
    state, _ = fold(thing, [told(thing, step) for step in steps])
    assert state is not None
    assert state.content == event(last)


# --- any sequence at all ------------------------------------------------------------------

FEW = st.sampled_from([f"x-{number}" for number in range(4)])
MANY = st.integers(0, 99).map(lambda number: f"x-{number}")
DATED = st.sampled_from(["2025-01-01", "2025", "[..2025-06]", "2025-03?", "2025-05/.."])
COMPONENTS = st.lists(MANY, min_size=1, max_size=5, unique=True).map(
    lambda keys: [{"key": key, "quantity": "1"} for key in keys]
)
CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "level": st.sampled_from(LEVELS),
    "complete": st.booleans(),
    "components": COMPONENTS,
    "set": st.fixed_dictionaries({}, optional={"components": COMPONENTS, "due": DATED}).filter(
        bool
    ),
    "member": MANY,
    "office": FEW,
    "of": FEW,
    "into": FEW,
    "occurred": DATED,
    "stance": st.sampled_from(["supports", "opposes", "undecided"]),
    "speakers": st.lists(MANY, min_size=1, max_size=4).map(
        lambda names: [{"actor": name, "on_behalf_of": "alfa"} for name in names]
    ),
}


@st.composite
def events(draw: st.DrawFn, thing: str) -> Event:
    """Any event of a thing, with attributes that clash as often as not."""
    kinds = [kind for kind, cls in KINDS.items() if thing == cls.THING]
    kind = draw(st.sampled_from(kinds))
    fields = KINDS[kind].model_fields
    dated = needs_occurred(KINDS[kind])
    names = [n for n in CHANGES if n in fields and (n != "occurred" or dated)]
    return event(kind, **{name: draw(CHANGES[name]) for name in names})


def assert_bounded(state: State, count: int) -> None:
    assert len(state.recent) == len(state.deciding) == min(count, MAX_DECIDING)
    assert state.more == (count > MAX_DECIDING)
    assert state.opened in {None, *state.deciding}
    assert state.deciding[-1].position == count
    match state.extra:
        case Progress():
            assert max(len(state.extra.allocated), len(state.extra.delivered)) <= MAX_COMPONENTS
        case ActorStanding():
            assert len(state.extra.members) <= MAX_MEMBERS_KEPT
            assert len(state.extra.offices) <= MAX_OFFICES_KEPT
        case Stand():
            assert len(state.extra.voices) <= MAX_SPEAKERS_KEPT
        case _:
            assert state.extra is None or isinstance(state.extra, Event | Began)


@pytest.mark.parametrize("thing", THINGS)
@given(data=st.data())
def test_any_events_of_a_thing_fold_to_a_bounded_state(thing: str, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(events(thing), min_size=1, max_size=20))
    state, _ = fold(thing, drawn)
    assert state is not None
    assert state.status in STATUSES[thing]
    assert_bounded(state, len(drawn))


def test_a_long_life_is_kept_by_what_opened_it_and_the_last_seven() -> None:
    state, _ = fold("threat", [told("threat", "issued"), *[told("threat", "repeated")] * 20])
    assert state is not None
    assert [trace.position for trace in state.deciding] == [1, *range(15, 22)]
    assert state.more


def test_members_offices_and_components_are_capped() -> None:
    joined = [event("actor.member_joined", member=f"x-{n:03}") for n in range(100)]
    taken = [event("actor.office_taken", office=f"Office {n}") for n in range(20)]
    state, _ = fold("actor", [told("actor", "registered"), *joined, *taken])
    assert state is not None
    assert len(state.extra.members) == MAX_MEMBERS_KEPT == 64
    assert [office for office, _ in state.extra.offices] == [f"Office {n}" for n in range(12, 20)]
    parts = [event("pledge.allocated", components=[{"key": f"x-{n}"}]) for n in range(100)]
    state, _ = fold("pledge", [told("pledge", "made=offered"), *parts])
    assert state is not None
    assert len(state.extra.allocated) == MAX_COMPONENTS == 64


# --- stances: one story for each principal and each thing it speaks of ----------------------


def said(stance: str, speaker: str = "ada", occurred: str = "2025-01-01") -> Event:
    speakers = [{"actor": speaker, "on_behalf_of": "alfa"}]
    return event("statement.made", stance=stance, speakers=speakers, occurred=occurred)


def stand_after(*statements: Event) -> Stand:
    state, _ = fold("statement", statements, evolve_for("alfa"))
    assert state is not None
    assert isinstance(state.extra, Stand)
    return state.extra


def test_a_new_stance_replaces_the_old_one_and_remembers_it() -> None:
    stand = stand_after(said("opposes"), said("supports"))
    assert (stand.latest.stance, stand.replaced and stand.replaced.stance) == (
        "supports",
        "opposes",
    )
    assert stand.at_odds == ()


def test_an_undated_stance_never_displaces_a_dated_one() -> None:
    stand = stand_after(said("opposes"), said("supports", "ben", "[..2025-06]"))
    assert stand.latest.stance == "opposes"
    assert {voice.stance for voice in stand.voices.values()} == {"opposes", "supports"}
    assert (
        stand_after(said("supports", occurred="[..2025]"), said("opposes")).latest.stance
        == "opposes"
    )


def test_two_voices_of_one_principal_on_opposite_sides_are_at_odds() -> None:
    stand = stand_after(said("supports"), said("rules_out", "ben"), said("undecided", "cleo"))
    assert [(voice.speaker, voice.stance) for voice in stand.at_odds] == [
        ("ada", "supports"),
        ("ben", "rules_out"),
    ]


def test_a_stance_is_of_every_principal_on_everything_the_statement_names() -> None:
    named = {"issues": ["where"], "elements": ["force"], "topics": ["gas"]}
    speakers = [{"actor": "ada", "on_behalf_of": "alfa"}, {"actor": "ben"}]
    made = event("statement.made", **named, speakers=speakers)
    assert stance_keys(at(1, "statement", made)) == tuple(
        f"talks/stance/{who}/{what}"
        for who in ("alfa", "ben")
        for what in ("issue/where", "element/force", "topic/gas")
    )
    silent = event("statement.made", **named, statement_type="non_decision")
    assert stance_keys(at(1, "statement", silent)) == ()


@given(st.lists(events("statement"), min_size=1, max_size=20))
def test_any_statements_fold_to_a_bounded_stance(drawn: list[Event]) -> None:
    state, anomalies = fold("statement", drawn, evolve_for("alfa"))
    assert state is not None
    assert anomalies == []
    assert_bounded(state, len(drawn))
