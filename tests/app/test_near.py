"""One thing, or one page of a list, is what the framework shows of it, and costs no more than it.

That one thing is told as the reference tells it is held for drawn logs as well, by
`tests.projections.test_read_model`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app import read
from app.clocks import Asked
from app.imports import import_case
from app.narrowing import Narrowing
from app.parley import Parley
from app.record import record
from app.sections import SECTIONS
from projections import items, near, read_world, stored_states
from projections.answers import Certainty, Item
from projections.items import Stage
from projections.passages import Courses
from tests.app.bodies import NEGOTIATION, pledge, statement
from tests.app.conftest import house_at, new_url
from tests.databases import BOTH
from tests.domain.samples import every_kind

CASE = "ukraine-security-guarantees"
DATES = ("2022-02-24", "2025-03-02", "2025-09-11", "2025-12-31")


@pytest.fixture(scope="module", params=BOTH)
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Parley]:
    """Both cases that come with Parley."""
    url = new_url(request.param, request, tmp_path_factory)
    with house_at(url).opened() as parley:
        import_case(parley, CASE)
        import_case(parley, every_kind.NAME, keep_good=True)
        yield parley


@pytest.mark.parametrize("certainty", ["possible", "certain"])
@pytest.mark.parametrize("name", [CASE, every_kind.NAME])
def test_a_section_is_that_part_of_the_framework(
    told: Parley, name: str, certainty: Certainty
) -> None:
    for date in DATES:
        asked = Asked(date, certainty=certainty)
        whole = read.framework(told, name, asked)
        for section in SECTIONS:
            part = read.section(told, name, section, asked)
            for field in ("question", "empty_because", section):
                assert getattr(part, field) == getattr(whole, field)
            assert not part.more


@pytest.mark.parametrize("limit", [1, 3, None])
def test_the_pages_of_a_section_hold_together_all_of_it(told: Parley, limit: int | None) -> None:
    asked = Asked(DATES[-1])
    for section in SECTIONS.keys() - {"attacks"}:
        whole = getattr(read.section(told, CASE, section, asked), section)
        found: list[object] = []
        page = read.section(told, CASE, section, asked, Narrowing(limit=limit))
        while True:
            found += getattr(page, section)
            if not page.more:
                break
            after = getattr(page, section)[-1].slug
            page = read.section(told, CASE, section, asked, Narrowing(after=after, limit=limit))
        assert tuple(found) == whole
        if whole:
            behind = Narrowing(after=whole[-1].slug, limit=limit)
            assert not getattr(read.section(told, CASE, section, asked, behind), section)


@pytest.mark.parametrize("certainty", ["possible", "certain"])
def test_one_thing_is_told_as_it_is_out_of_the_whole_world(
    told: Parley, monkeypatch: pytest.MonkeyPatch, certainty: Certainty
) -> None:
    streams = sorted({e.stream for e in told.ledger.entries() if e.stream.count("/") == 2})

    def all_told() -> list[str]:
        return [
            read.thing(told, name, sort, slug, Asked(date, certainty=certainty)).model_dump_json()
            for stream in streams
            for owner, sort, slug in [stream.split("/")]
            for name in [CASE if owner == "commons" else owner]
            for date in DATES[1:]
        ]

    part = all_told()
    monkeypatch.setattr(near, "BESIDE", {})
    assert all_told() == part


def counted(
    parley: Parley, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Parley], object]
) -> tuple[int, int]:
    """How many states are read, and how many pledges made into items, for an answer."""
    read_states, made = [0], [0]
    parse, make = stored_states.parse_courses, items.ITEMS["pledge"]

    def parsing(sort: str, payload: bytes) -> Courses:
        read_states[0] += 1
        return parse(sort, payload)

    def making(stage: Stage, stream: str) -> Item:
        made[0] += 1
        return make(stage, stream)

    ask(parley)
    with monkeypatch.context() as patch:
        patch.setattr(read_world, "parse_courses", parsing)
        patch.setitem(items.ITEMS, "pledge", making)
        ask(parley)
    return read_states[0], made[0]


@pytest.mark.parametrize(
    "ask",
    [
        lambda parley: read.thing(parley, NEGOTIATION, "pledge", "steel", Asked("2025-12-31")),
        lambda parley: read.thing(parley, NEGOTIATION, "statement", "s0", Asked("2025-12-31")),
    ],
    ids=["a pledge", "a statement"],
)
def test_one_thing_costs_the_same_however_much_there_is_beside_it(
    parley: Parley, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Parley], object]
) -> None:
    record(parley, NEGOTIATION, [pledge(), statement("s0")])
    before = counted(parley, monkeypatch, ask)
    record(parley, NEGOTIATION, [pledge(f"p{each}") for each in range(20)])
    record(parley, NEGOTIATION, [statement(f"s{each}") for each in range(1, 20)])
    assert counted(parley, monkeypatch, ask) == before


def test_a_page_of_a_list_makes_the_items_that_stand_on_it(
    parley: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(parley, NEGOTIATION, [pledge(f"p{each}") for each in range(20)])

    def ask(section: str, limit: int) -> Callable[[Parley], object]:
        asked, by = Asked("2025-12-31"), Narrowing(limit=limit)
        return lambda parley: read.section(parley, NEGOTIATION, section, asked, by)

    # One more says that there are others.
    assert counted(parley, monkeypatch, ask("pledges", 3))[1] == 3 + 1
    assert counted(parley, monkeypatch, ask("statements", 3))[1] == 0
