from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from app.parley import open_parley
from app.record import record
from app.settings import read_settings
from domain.errors import DatabaseBehind, InvalidInput, ParleyError
from domain.log import LogOpened
from tests.app.bodies import NORTH
from tests.app.conftest import House


@pytest.fixture
def house(house_on_each: House) -> House:
    return house_on_each


def test_the_first_start_opens_the_log(house: House) -> None:
    with house.opened() as parley:
        (entry,) = parley.ledger.entries()
    assert isinstance(entry.event, LogOpened)
    assert (entry.position, entry.stream, entry.version) == (1, "log", 1)
    assert entry.recorded_by == "ann"
    assert (entry.event.origin, entry.event.leaf, entry.event.rules) == ("example.org/bridge", 1, 1)


def test_a_later_start_records_nothing(house: House) -> None:
    for _ in range(3):
        with house.opened() as parley:
            assert parley.ledger.head().size == 1


def test_a_log_without_a_given_origin_gets_one_of_its_own(house: House) -> None:
    unnamed = replace(house, settings=house.settings.model_copy(update={"origin": None}))
    with unnamed.opened() as parley:
        entry = parley.ledger.entry(1)
    assert isinstance(entry.event, LogOpened)
    assert entry.event.origin == f"parley.local/{entry.id}"


def test_of_starts_at_the_same_time_one_opens_the_log(house: House) -> None:
    together = Barrier(4)

    def start(number: int) -> int:
        together.wait()
        with house.opened() as parley:
            record(parley, "commons", {**NORTH, "slug": f"actor-{number}"})
            return parley.ledger.head().size

    with ThreadPoolExecutor(4) as pool:
        assert max(pool.map(start, range(4))) == 5
    with house.opened() as parley:
        kinds = [entry.kind for entry in parley.ledger.entries()]
    assert kinds == ["log.opened"] + ["actor.registered"] * 4


def test_a_database_without_tables_is_refused_with_the_way_out(tmp_path: Path) -> None:
    settings = read_settings(database_url=f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(DatabaseBehind, match="parley db upgrade"), open_parley(settings):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite://", "nonsense", "http://x"])
def test_a_url_of_no_database_is_refused(url: str) -> None:
    with (
        pytest.raises(ParleyError) as refused,
        open_parley(read_settings(database_url=url)),
    ):
        pass
    assert isinstance(refused.value, InvalidInput)
    assert refused.value.problems[0].field == "database_url"
