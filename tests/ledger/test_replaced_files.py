"""A SQLite file that is replaced or removed while it is open: nothing more is recorded in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from domain.errors import DatabaseGone
from ledger.log import Ledger
from ledger.sqlite import SqliteStore
from ledger.transaction import Rows
from tests.ledger.drafts import pledge
from tests.ledger.well_said import assert_said_well


@pytest.fixture
def path(migrated_file: Path, tmp_path: Path) -> Path:
    """A log with one entry."""
    found = tmp_path / "log.db"
    shutil.copy(migrated_file, found)
    with Ledger(f"sqlite:///{found}") as ledger:
        ledger.append([pledge()])
    return found


def replace(path: Path) -> None:
    """As rsync and careful people do it: the copy gets the name in one step."""
    shutil.copy(path, path.with_name("copy.db"))
    path.with_name("copy.db").rename(path)


ACTS: list[Callable[[Path], object]] = [replace, Path.unlink]


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_recorded_or_read_there_any_more(
    path: Path, act: Callable[[Path], object]
) -> None:
    with Ledger(f"sqlite:///{path}") as ledger:
        ledger.append([pledge()])
        act(path)
        for ask in (lambda: ledger.append([pledge()]), ledger.head):
            with pytest.raises(DatabaseGone, match="another was put in its place") as refused:
                ask()
            assert_said_well(refused.value)
        with pytest.raises(DatabaseGone, match="another was put in its place"):
            next(ledger.follow(after=2, stop=Event()))


def test_an_append_that_has_begun_is_not_acknowledged(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = SqliteStore.write

    def late(store: SqliteStore, rows: Rows) -> None:
        replace(path)
        write(store, rows)

    with Ledger(f"sqlite:///{path}") as ledger:
        monkeypatch.setattr(SqliteStore, "write", late)
        with pytest.raises(DatabaseGone, match="another was put in its place"):
            ledger.append([pledge()])


def test_the_same_file_under_its_name_again_is_the_same_log(path: Path) -> None:
    with Ledger(f"sqlite:///{path}") as ledger:
        aside = path.with_name("aside.db")
        path.rename(aside)
        with pytest.raises(DatabaseGone):
            ledger.append([pledge()])
        aside.rename(path)
        ledger.append([pledge()])
        assert ledger.head().size == 2
