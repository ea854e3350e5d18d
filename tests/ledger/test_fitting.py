"""An entry fits a filter exactly where a page of the log would hold it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.imports import import_case
from app.parley import open_parley
from app.settings import read_settings
from domain.entry import Entry
from domain.registry import KINDS, THINGS
from ledger.filter import EVERYTHING, Filter
from ledger.fitting import fits
from ledger.log import Ledger
from tests.databases import BOTH, TEMPLATE, Server
from tests.ledger.test_pages import filters, windows
from tests.projections.drawn_logs import DrawnLog, drawn_logs

CASES = ("every-kind", "ukraine-security-guarantees")


@pytest.fixture(scope="module", params=BOTH)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Every kind that there is, with corrections, and the sample, once on each database."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("fitting") / "log.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        url = f"sqlite:///{path}"
    else:
        running: Server = request.getfixturevalue("server")
        url = running.make(TEMPLATE)
    with open_parley(read_settings(database_url=url)) as parley:
        for case in CASES:
            import_case(parley, case, keep_good=True)
        yield parley.ledger, list(parley.ledger.entries())


@st.composite
def drawn_filters(draw: st.DrawFn, entries: list[Entry]) -> Filter:
    """What an entry of the log would fit, some of it left out and some of another entry's."""

    def one() -> Entry:
        return draw(st.sampled_from(entries))

    def maybe(value: object, *others: object) -> Any:  # noqa: ANN401 - a part of a filter.
        return draw(st.sampled_from([None, None, value, *others]))

    like = one()
    span = like.span or one().span
    low = None if span is None else span.start_lo
    high = None if span is None else span.start_hi
    near = st.integers(-3, 3) | st.integers(-500_000, 500_000)
    return Filter(
        negotiation=maybe(like.negotiation, one().negotiation, "nowhere"),
        kind=maybe(like.kind, draw(st.sampled_from(sorted(KINDS)))),
        thing=maybe(like.thing, draw(st.sampled_from(sorted(THINGS)))),
        stream=maybe(like.stream),
        actor=maybe("ukraine", "russia", "usa", like.slug, "nobody"),
        occurred_from=None if low is None else maybe(low + draw(near)),
        occurred_to=None if high is None else maybe(high + draw(near)),
        recorded_since=maybe(like.recorded_at, one().recorded_at + 1),
    )


def check(ledger: Ledger, entries: list[Entry], where: Filter) -> None:
    held = [entry.position for entry in ledger.entries(where=where)]
    assert [entry.position for entry in entries if fits(entry, where)] == held, where


@given(data=st.data())
@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_it_fits_where_a_page_of_the_log_holds_it(
    log: tuple[Ledger, list[Entry]], data: st.DataObject
) -> None:
    ledger, entries = log
    check(ledger, entries, data.draw(drawn_filters(entries)))


def test_each_way_to_ask_is_told_alike(log: tuple[Ledger, list[Entry]]) -> None:
    ledger, entries = log
    for where in (EVERYTHING, *filters(), *windows()):
        check(ledger, entries, where)


def test_a_correction_fits_by_what_it_newly_sets(log: tuple[Ledger, list[Entry]]) -> None:
    ledger, entries = log
    corrections = [entry for entry in entries if entry.kind == "entry.corrected"]
    assert corrections
    for actor in ("ukraine", "russia", "usa", "france", "germany"):
        check(ledger, entries, Filter(kind="entry.corrected", actor=actor))


@given(drawn=drawn_logs(), data=st.data())
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_it_fits_where_a_page_of_a_drawn_log_holds_it(
    tmp_path: Path, migrated_file: Path, drawn: DrawnLog, data: st.DataObject
) -> None:
    path = tmp_path / "drawn.db"
    shutil.copy(migrated_file, path)
    with Ledger(f"sqlite:///{path}") as ledger:
        ledger.append_bulk(drawn.drafts)
        entries = list(ledger.entries())
        for _ in range(20):
            check(ledger, entries, data.draw(drawn_filters(entries)))
