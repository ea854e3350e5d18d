"""Bad input: each case names the field, the rule and the way out, and leaves the log as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from app.correct import correct
from app.endorse import endorse
from app.link import link
from app.parley import Parley
from app.record import record
from app.retract import retract
from domain.errors import (
    ClockSetBack,
    Conflict,
    DuplicateId,
    InvalidInput,
    KeyConflict,
    NotFound,
    ParleyError,
    StoryConflict,
    VersionConflict,
)
from tests.app.bad_bodies import ISSUE, REFUSED_BODIES, TAKEN, UNKNOWN
from tests.app.bodies import (
    ELEMENT,
    NEGOTIATION,
    NORTH,
    OPENED,
    SETTING,
    SOURCE,
    Body,
    pledge,
    stalled,
    statement,
)
from tests.app.conftest import House, house_at, new_url
from tests.databases import BOTH

PLEDGE_AT = 7
"""The position of the pledge that the log holds before each case."""
Act: TypeAlias = Callable[[Parley], object]
REFUSED_ACTS: dict[str, tuple[Act, type[ParleyError], str]] = {
    "an unknown negotiation": (lambda p: record(p, "other", ISSUE), NotFound, "negotiation"),
    "a name that no negotiation can have": (
        lambda p: record(p, "Bridge Talks", ELEMENT),
        InvalidInput,
        "negotiation",
    ),
    "a negotiation that is no text": (
        lambda p: record(p, 5, ISSUE),  # type: ignore[arg-type]
        InvalidInput,
        "negotiation",
    ),
    "a negotiation that is no text, for an actor": (
        lambda p: record(p, None, {**NORTH, "slug": "west"}),  # type: ignore[arg-type]
        InvalidInput,
        "negotiation",
    ),
    "a negotiation that no database can look up": (
        lambda p: record(p, "a\x00\ud800", {**NORTH, "slug": "west"}, key="k"),
        InvalidInput,
        "negotiation",
    ),
    "a link to what the log says about itself": (
        lambda p: link(p, PLEDGE_AT, relation="restates", to=1),
        InvalidInput,
        "to",
    ),
    "a link from the commons to what the log says about itself": (
        lambda p: link(p, 2, relation="restates", to=1),
        InvalidInput,
        "to",
    ),
    "a reserved name": (lambda p: record(p, "commons", ELEMENT), InvalidInput, "negotiation"),
    "a wrong expected version": (
        lambda p: record(p, NEGOTIATION, stalled(), expected_version=3),
        VersionConflict,
        "expected_version",
    ),
    "an expected version for an array": (
        lambda p: record(p, NEGOTIATION, [stalled(), ISSUE], expected_version=1),
        InvalidInput,
        "expected_version",
    ),
    "a key used with another body": (
        lambda p: record(p, NEGOTIATION, stalled(), key="used"),
        KeyConflict,
        "idempotency_key",
    ),
    "a key that is too long": (
        lambda p: record(p, NEGOTIATION, ISSUE, key="k" * 256),
        InvalidInput,
        "idempotency_key",
    ),
    "a blank subject": (
        lambda p: record(p, NEGOTIATION, ISSUE, subject=" "),
        InvalidInput,
        "subject",
    ),
    "a correction of the slug": (
        lambda p: correct(p, PLEDGE_AT, set={"slug": "stone"}, reason="r"),
        InvalidInput,
        "set.slug",
    ),
    "a correction of the kind": (
        lambda p: correct(p, PLEDGE_AT, set={"kind": "pledge.stalled"}, reason="r"),
        InvalidInput,
        "set.kind",
    ),
    "a correction of nothing": (
        lambda p: correct(p, PLEDGE_AT, reason="r"),
        InvalidInput,
        "body",
    ),
    "a correction to a bad date": (
        lambda p: correct(p, PLEDGE_AT, set={"occurred": "May"}, reason="r"),
        InvalidInput,
        "set.occurred",
    ),
    "a correction to an unknown actor": (
        lambda p: correct(p, PLEDGE_AT, set={"pledgors": ["west"]}, reason="r"),
        NotFound,
        "set.pledgors.0",
    ),
    "a correction to an unknown field": (
        lambda p: correct(p, PLEDGE_AT, set={"colour": "red"}, reason="r"),
        InvalidInput,
        "set.colour",
    ),
    "a correction without a required field": (
        lambda p: correct(p, PLEDGE_AT, unset=["summary"], reason="r"),
        InvalidInput,
        "unset.summary",
    ),
    "a date for what has none": (
        lambda p: correct(p, 2, set={"occurred": "2025"}, reason="r"),
        InvalidInput,
        "set.occurred",
    ),
    "a correction of the log's opening": (
        lambda p: correct(p, 1, set={"origin": "x"}, reason="r"),
        InvalidInput,
        "entry",
    ),
    "a retraction of the log's opening": (
        lambda p: retract(p, 1, reason="r"),
        InvalidInput,
        "entry",
    ),
    "a position beyond the log": (lambda p: retract(p, 99, reason="r"), NotFound, "entry"),
    "an entry that is named by neither": (
        lambda p: retract(p, "s01", reason="r"),
        InvalidInput,
        "entry",
    ),
    "a replacement by itself": (
        lambda p: retract(p, PLEDGE_AT, reason="r", replaced_by=PLEDGE_AT),
        InvalidInput,
        "replaced_by",
    ),
    "an endorsement of one's own record": (
        lambda p: endorse(p, PLEDGE_AT),
        InvalidInput,
        "entry",
    ),
    "a link to itself": (
        lambda p: link(p, PLEDGE_AT, relation="restates", to=PLEDGE_AT),
        InvalidInput,
        "to",
    ),
    "an unknown relation": (
        lambda p: link(p, PLEDGE_AT, relation="likes", to=2),
        InvalidInput,
        "relation",
    ),
}


@pytest.fixture
def talks(parley: Parley) -> Parley:
    """The log holds a pledge, under a key that is used."""
    return with_pledge(parley)


@pytest.fixture(scope="module", params=BOTH)
def untouched(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Parley]:
    """The same, once on each database, for all cases that leave the log as it was."""
    url = new_url(request.param, request, tmp_path_factory)
    with house_at(url).opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        yield with_pledge(parley)


def with_pledge(parley: Parley) -> Parley:
    record(parley, NEGOTIATION, pledge(id=TAKEN), key="used")
    return parley


def check_refused(parley: Parley, act: Act, error: type[ParleyError], field: str) -> None:
    size = parley.ledger.head().size
    with pytest.raises(ParleyError) as refused:
        act(parley)
    assert type(refused.value) is error
    assert field in {problem.field for problem in refused.value.problems}
    assert all(problem.rule and problem.way_out for problem in refused.value.problems)
    assert parley.ledger.head().size == size


@pytest.mark.parametrize("name", REFUSED_BODIES)
def test_a_bad_body_is_refused(untouched: Parley, name: str) -> None:
    bodies, error, field = REFUSED_BODIES[name]
    check_refused(untouched, lambda p: record(p, NEGOTIATION, bodies), error, field)


@pytest.mark.parametrize("name", REFUSED_BODIES)
def test_a_bad_body_is_refused_in_a_dry_run_too(untouched: Parley, name: str) -> None:
    bodies, error, field = REFUSED_BODIES[name]
    check_refused(untouched, lambda p: record(p, NEGOTIATION, bodies, dry_run=True), error, field)


@pytest.mark.parametrize("name", REFUSED_ACTS)
def test_a_bad_request_is_refused(untouched: Parley, name: str) -> None:
    check_refused(untouched, *REFUSED_ACTS[name])


def test_every_bad_member_of_an_array_is_named_and_no_good_one_recorded(talks: Parley) -> None:
    bodies: list[Body] = [
        ISSUE,
        {**pledge("b"), "level": "sworn"},
        {**pledge("c"), "pledgors": ["west"]},
        statement(),
        stalled("stone"),
        {"kind": "nonsense"},
    ]
    with pytest.raises(InvalidInput) as refused:
        record(talks, NEGOTIATION, bodies)
    named = [(problem.index, problem.field) for problem in refused.value.problems]
    assert named == [(1, "level"), (2, "pledgors.0"), (4, "kind"), (5, "kind")]
    assert talks.ledger.head().size == PLEDGE_AT


def test_a_member_is_not_blamed_for_a_bad_member_before_it(talks: Parley) -> None:
    bodies: list[Body] = [
        {**NORTH, "slug": "west", "type": "planet"},
        {**pledge("b"), "pledgors": ["west"], "id": UNKNOWN},
        stalled("b"),
        statement(after=[UNKNOWN]),
    ]
    with pytest.raises(InvalidInput) as refused:
        record(talks, NEGOTIATION, bodies)
    assert {problem.index for problem in refused.value.problems} == {0}


def test_a_bad_member_that_opens_the_negotiation_is_blamed_alone(house: House) -> None:
    with house.opened() as parley, pytest.raises(InvalidInput) as refused:
        record(parley, NEGOTIATION, [NORTH, SOURCE, {**OPENED, "title": ""}, ISSUE])
    assert {problem.index for problem in refused.value.problems} == {2}


def test_an_entry_may_not_name_one_that_comes_later(talks: Parley) -> None:
    bodies = [statement(after=[UNKNOWN]), pledge("b", id=UNKNOWN)]
    with pytest.raises(NotFound, match="comes later"):
        record(talks, NEGOTIATION, bodies)


def test_one_id_twice_in_an_array_is_refused(talks: Parley) -> None:
    with pytest.raises(DuplicateId) as refused:
        record(talks, NEGOTIATION, [ISSUE | {"id": UNKNOWN}, pledge("b", id=UNKNOWN)])
    assert refused.value.problems[0].index == 1


def test_one_thing_twice_in_an_array_is_refused(talks: Parley) -> None:
    with pytest.raises(StoryConflict):
        record(talks, NEGOTIATION, [ISSUE, ISSUE])


def test_an_entry_of_another_negotiation_is_refused(talks: Parley) -> None:
    record(talks, "other", {**OPENED, "slug": "other"})
    body = {"kind": "entry.retracted", "entry": TAKEN, "reason": "r"}
    with pytest.raises(InvalidInput) as refused:
        record(talks, "other", body)
    assert refused.value.problems[0].field == "entry"


def test_an_entry_cannot_be_placed_after_one_that_was_retracted(talks: Parley) -> None:
    retract(talks, PLEDGE_AT, reason="It was a rumour.")
    with pytest.raises(NotFound, match="does not stand"):
        record(talks, NEGOTIATION, statement(after=[TAKEN]))


def test_a_second_retraction_is_refused_with_the_first_one_named(talks: Parley) -> None:
    first = retract(talks, PLEDGE_AT, reason="It was a rumour.")
    with pytest.raises(Conflict, match=str(first.entries[0].id)):
        retract(talks, PLEDGE_AT, reason="It was a rumour, was it not.")


def test_a_clock_set_back_is_refused(house: House) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, OPENED)
        house.clock.now -= 61_000_000
        with pytest.raises(ClockSetBack) as refused:
            record(parley, NEGOTIATION, NORTH)
        assert refused.value.problems[0].field == "clock"
        assert parley.ledger.head().size == 2
