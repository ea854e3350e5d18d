"""The attack table: one attack for each package, counted once more by ten lines of another sort."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.clocks import Asked
from app.imports import ImportSummary, import_table
from app.parley import Parley
from app.read import framework
from app.record import record
from domain.dates import parse_occurred
from exchange.table_mapping import find_mapping
from tests.app.conftest import House, house_at

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "exchange" / "tables" / "attacks.csv"
# The table itself is no part of the repository; some of us have it beside it.
REAL = ROOT.parent / "shared" / "data" / "missile_attacks_daily__2026-02-07.csv"
HERE = pytest.mark.skipif(not REAL.exists(), reason="the attack table is not at hand")
WINDOWS = (7, 30, 365)
NAME = "talks"


def imported(parley: Parley, path: Path) -> ImportSummary:
    return import_table(parley, path, find_mapping("attacks"), NAME)


def opened(parley: Parley) -> Parley:
    record(parley, NAME, {"kind": "negotiation.opened", "slug": NAME, "title": "Talks"})
    return parley


# --- the made-up sample ---------------------------------------------------------------


def test_a_package_is_the_rows_of_one_post_and_a_row_without_a_post_stands_alone(
    house: House,
) -> None:
    with house.opened() as parley:
        summary = imported(opened(parley), SAMPLE)
        entries = {e.slug: e for e in parley.ledger.entries() if e.thing == "attack"}
    assert summary.recorded[3] == "harbour-posts-b2-4f1702ed183c2c1d"
    assert len(entries) == 4
    body = entries["attack-harbour-posts-b2-4f1702ed183c2c1d"].event.body()
    assert body["occurred"] == "2031-03-04T19:00+02:00/2031-03-05T08:30+02:00"
    assert body["modes"] == ["drone", "missile"]
    assert body["munitions"] == [
        {
            "model": "Shahed-136/131",
            "launched": 40,
            "intercepted": 31,
            "not_reached": 5,
            "launched_from": "Old Harbour and Cape, South",
            "note": "Shahed among them: 25",
        },
        {
            "model": "X-101/X-555 and Kalibr",
            "launched": 12,
            "intercepted": 9,
            "launched_from": "Inland Sea",
            "note": "carrier: 8 x Tu-95MS",
        },
    ]
    assert (body["places"], body["targets"]) == ([{"name": "Ukraine"}], [{"name": "Old Mill"}])
    source = "massive-missile-attacks-on-ukraine"
    assert body["cite"] == [{"source": source, "row": "source harbour/posts/b2"}]


def test_dirty_cells_are_kept_as_found_and_told_of(house: House) -> None:
    with house.opened() as parley:
        summary = imported(opened(parley), SAMPLE)
        bodies = [e.event.body() for e in parley.ledger.entries() if e.thing == "attack"]
    assert {(r.column, r.rule.partition(";")[0]): r.lines for r in summary.remarks} == {
        ("model", "names several models in one row"): (3,),
        ("launched", "is not a whole number"): (5,),
        ("model", "'Paper Dart' is none of the words of the mapping"): (5,),
        ("destroyed", "is more than launched"): (6,),
        ("time_end", "has a time beside a date"): (4,),
    }
    odd = next(body for body in bodies if body["summary"].startswith("Paper Dart"))
    assert odd["modes"] == ["aerial"]
    assert odd["munitions"] == [
        {"model": "Paper Dart", "intercepted": 3, "note": "launched as found: about ten"}
    ]
    assert "cite" in odd


# --- the table itself -----------------------------------------------------------------


def bounds_of(cell: str) -> tuple[datetime, datetime]:
    """The first and the last minute of a cell: a day of UTC, or a time in Kyiv."""
    if len(cell) <= 10:
        day = datetime.fromisoformat(cell).replace(tzinfo=UTC)
        return day, day + timedelta(days=1, minutes=-1)
    local = datetime.strptime(cell, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo("Europe/Kyiv"))
    return local.astimezone(UTC), local.astimezone(UTC)


def packages() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    with REAL.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["source"], []).append({k: v.strip() for k, v in row.items()})
    return found


def counted(as_of: datetime, days: int | None) -> int:
    """The packages that began in the days up to a date, counted without Parley."""
    end = as_of + timedelta(days=1, minutes=-1)
    begin = datetime.min.replace(tzinfo=UTC) if days is None else end - timedelta(days=days)
    starts = (min(bounds_of(row["time_start"]) for row in rows) for rows in packages().values())
    return sum(first > begin and last <= end for first, last in starts)


@pytest.fixture(scope="module")
def filled(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Parley, ImportSummary]]:
    """A log with the whole table in it, imported once for this module."""
    path = tmp_path_factory.mktemp("attacks") / "log.db"
    shutil.copy(migrated_file, path)
    with house_at(f"sqlite:///{path}").opened() as parley:
        yield parley, imported(opened(parley), REAL)


@HERE
def test_every_row_of_the_table_is_in_the_attack_of_its_package(
    filled: tuple[Parley, ImportSummary],
) -> None:
    parley, summary = filled
    attacks = [e.event.body() for e in parley.ledger.entries() if e.thing == "attack"]
    assert len(attacks) == len(packages()) == 1_669
    assert sum(len(body["munitions"]) for body in attacks) == 3_378
    assert len(summary.recorded) == 1_669 + 3
    for figure, column in (("launched", "launched"), ("intercepted", "destroyed")):
        ours = sum(m.get(figure, 0) for body in attacks for m in body["munitions"])
        theirs = (float(row[column] or 0) for rows in packages().values() for row in rows)
        assert ours == sum(theirs)


@HERE
def test_the_largest_package_is_that_of_the_night_to_the_seventh_of_september_2025(
    filled: tuple[Parley, ImportSummary],
) -> None:
    largest = framework(filled[0], NAME, Asked(as_of="2025-09-11")).attacks.largest
    assert largest is not None
    assert (largest.launched, largest.intercepted) == (823, 751)
    assert largest.since == "2025-09-06T17:00+03:00/2025-09-07T09:30+03:00"


@HERE
@pytest.mark.parametrize(
    "day", ["2022-12-31", "2023-11-06", "2024-08-26", "2025-09-11", "2026-02-08"]
)
def test_counts_in_windows_are_those_of_a_count_without_parley(
    filled: tuple[Parley, ImportSummary], day: str
) -> None:
    as_of = datetime.fromisoformat(day).replace(tzinfo=UTC)
    windows = framework(filled[0], NAME, Asked(as_of=day)).attacks.windows
    assert {window.days: window.certain for window in windows} == {
        days: counted(as_of, days) for days in (*WINDOWS, None)
    }
    assert {window.possible for window in windows} == {0}


@HERE
def test_dates_of_the_table_are_kept_and_none_is_guessed(
    filled: tuple[Parley, ImportSummary],
) -> None:
    by_post = packages()
    for entry in filled[0].ledger.entries():
        if entry.thing != "attack":
            continue
        body = entry.event.body()
        rows = by_post[body["cite"][0]["row"].removeprefix("source ")]
        starts = [bounds_of(row["time_start"]) for row in rows]
        bounds = parse_occurred(body["occurred"]).bounds
        first = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=bounds.start_lo or 0)
        assert first == min(starts)[0]


@HERE
def test_what_is_odd_in_the_table_is_told_of(filled: tuple[Parley, ImportSummary]) -> None:
    told = {(r.column, r.rule.partition(";")[0]): r.lines for r in filled[1].remarks}
    assert told["destroyed", "is more than launched"] == (6,)
    assert told["launched", "is blank"] == (2578, 2584, 2635)
    assert len(told["destroyed", "is blank"]) == 6
    assert len(told["model", "names several models in one row"]) == 58
    assert not [rule for _, rule in told if "none of the words" in rule]
    assert 1419 in told["time_start", "rows of one entry lie more than 2 days from one another"]


@HERE
def test_a_second_run_over_the_whole_table_records_nothing(
    filled: tuple[Parley, ImportSummary],
) -> None:
    parley, _ = filled
    size = parley.ledger.head().size
    summary = imported(parley, REAL)
    assert (len(summary.unchanged), summary.corrected) == (1_672, ())
    assert parley.ledger.head().size == size
