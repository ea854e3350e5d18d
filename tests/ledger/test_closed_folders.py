"""A SQLite log of somebody else, in a folder that takes no files, is read and not written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.errors import DatabaseGone, DatabaseReadOnly
from ledger import schema
from ledger.database import connect
from ledger.log import Ledger
from ledger.wholeness import verify
from tests.ledger.drafts import check_chain, pledge
from tests.ledger.well_said import assert_said_well

NOBODY = 65534
"""The user of a system who owns nothing."""


@contextmanager
def somebody_else(folder: Path) -> Iterator[None]:
    """Files and folder can only be read, also where the tests run as root."""
    kept = {path: path.stat().st_mode for path in (folder, *folder.iterdir())}
    for path in kept:
        path.chmod(0o555 if path.is_dir() else 0o444)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for path, mode in kept.items():
            path.chmod(mode)


@pytest.fixture
def closed_folder(migrated_file: Path) -> Iterator[Path]:
    """A log with two entries in a folder that can be made unwritable."""
    # Not pytest's folder, into which another user cannot look.
    with tempfile.TemporaryDirectory(prefix="parley-") as name:
        folder = Path(name)
        shutil.copy(migrated_file, folder / "log.db")
        with Ledger(f"sqlite:///{folder / 'log.db'}") as ledger:
            ledger.append([pledge(), pledge()])
        yield folder


@pytest.mark.parametrize("mode", ["", "?mode=ro"])
def test_a_file_and_a_folder_that_take_no_writes_can_be_read(
    closed_folder: Path, mode: str
) -> None:
    url = f"sqlite:///{closed_folder / 'log.db'}"
    with somebody_else(closed_folder):
        with Ledger(url + mode) as ledger:
            assert check_chain(ledger) == 2
            for drafts in ([pledge()], [pledge(), pledge()]):
                with pytest.raises(DatabaseReadOnly) as caught:
                    ledger.append(drafts)
                assert_said_well(caught.value)
            assert check_chain(ledger) == 2
        engine = connect(url + mode)
        assert verify(engine).size == 2
        engine.dispose()


def test_a_log_in_a_closed_folder_that_somebody_goes_on_with_is_read_anew(
    closed_folder: Path,
) -> None:
    url = f"sqlite:///{closed_folder / 'log.db'}"
    with somebody_else(closed_folder):
        reader = Ledger(url)
        assert reader.head().size == 2
    with Ledger(url) as ledger:
        ledger.append([pledge()])
        assert reader.head().size == 3
    assert check_chain(reader) == 3
    reader.close()


def test_a_log_in_a_closed_folder_is_not_read_without_its_newest_entries(
    closed_folder: Path,
) -> None:
    path = closed_folder / "log.db"
    writer = Ledger(f"sqlite:///{path}")
    writer.append([pledge()])
    with tempfile.TemporaryDirectory(prefix="parley-") as name:
        # As a writer leaves it who was ended at once; the shared memory goes with the machine.
        for end in ("", "-wal"):
            shutil.copy(path.with_name(path.name + end), name)
        Path(name).chmod(0o755)
        with (
            somebody_else(Path(name)),
            pytest.raises(DatabaseGone, match="newest entries") as caught,
        ):
            Ledger(f"sqlite:///{name}/log.db")
        assert_said_well(caught.value)
    writer.close()


def test_an_upgrade_of_a_file_that_takes_no_writes_says_so(closed_folder: Path) -> None:
    (closed_folder / "log.db").unlink()
    sqlite3.connect(closed_folder / "log.db").close()
    with somebody_else(closed_folder), pytest.raises(DatabaseReadOnly) as caught:
        schema.upgrade(f"sqlite:///{closed_folder / 'log.db'}")
    assert_said_well(caught.value)


def test_a_folder_that_cannot_be_looked_into_is_gone(closed_folder: Path) -> None:
    with somebody_else(closed_folder):
        # Only the owner can close it, and only others notice.
        if os.geteuid() == NOBODY:
            os.seteuid(0)
        closed_folder.chmod(0o000)
        if os.getuid() == 0:
            os.seteuid(NOBODY)
        with pytest.raises(DatabaseGone, match="cannot be opened"):
            connect(f"sqlite:///{closed_folder / 'log.db'}")
