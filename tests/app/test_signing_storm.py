"""Whoever signs may die at any moment, and nothing is ever signed that has to be taken back."""

from __future__ import annotations

import shutil
from pathlib import Path
from threading import Barrier, Thread

import pytest

from app.parley import open_parley
from app.record import record
from app.sign_checkpoint import sign_checkpoint
from domain.errors import BehindGuard
from tests.app.bodies import NEGOTIATION, pledge
from tests.app.signers import check_chain_of_checkpoints, check_guard, machine, prepare, rage
from tests.databases import Server
from tests.ledger.drafts import ask


def storm(url: str, tmp_path: Path, *, kills: int, machines: int = 1) -> None:
    folders = [tmp_path / f"machine-{number}" for number in range(machines)]
    prepare(machine(url, folders[0]))
    for folder in folders[1:]:
        # A second machine gets the key and the guard of the first.
        shutil.copytree(folders[0], folder)
    rage(url, [folder for folder in folders for _ in range(2)], kills=kills, seed=kills)

    for folder in folders:
        with open_parley(machine(url, folder)) as parley:
            sign_checkpoint(parley)
            assert len(check_chain_of_checkpoints(parley)) > 2
            check_guard(parley, folder)


def test_signers_that_are_killed_at_random_never_sign_a_fork(database: str, tmp_path: Path) -> None:
    storm(database, tmp_path, kills=6)


@pytest.mark.postgres
def test_nor_do_two_machines_with_a_guard_each(postgres_database: str, tmp_path: Path) -> None:
    storm(postgres_database, tmp_path, kills=6, machines=2)


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_nor_after_a_hundred_deaths(database: str, tmp_path: Path) -> None:
    storm(database, tmp_path, kills=100)


def test_of_two_that_sign_at_one_time_the_database_takes_one(database: str, tmp_path: Path) -> None:
    prepare(machine(database, tmp_path / "one"))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    start = Barrier(2)

    def sign(folder: Path) -> None:
        with open_parley(machine(database, folder)) as parley:
            for number in range(10):
                record(parley, NEGOTIATION, pledge(f"p-{folder.name}-{number}"))
                start.wait(30)
                sign_checkpoint(parley)

    threads = [Thread(target=sign, args=(tmp_path / name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with open_parley(machine(database, tmp_path / "one")) as parley:
        sign_checkpoint(parley)
        found = check_chain_of_checkpoints(parley)
        check_guard(parley, tmp_path / "one")
        check_guard(parley, tmp_path / "two")
    follows = ask(database, "SELECT follows FROM log_checkpoints ORDER BY size")
    assert [size for (size,) in follows] == [0, *(each.size for each in found[:-1])]


def test_a_hundred_old_copies_of_a_file_are_all_refused(
    sqlite_database: str, tmp_path: Path
) -> None:
    live, settings = tmp_path / "log.db", machine(sqlite_database, tmp_path / "one")
    prepare(settings)
    with open_parley(settings) as parley:
        for number in range(100):
            if number % 2:
                # Also a copy that is behind by what was recorded and never signed.
                sign_checkpoint(parley)
            ask(sqlite_database, "PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(live, tmp_path / f"copy-{number}.db")
            record(parley, NEGOTIATION, pledge(f"p-{number}"))
        newest = sign_checkpoint(parley)
    refused = 0
    for number in range(100):
        old = machine(f"sqlite:///{tmp_path / f'copy-{number}.db'}", tmp_path / "one")
        with open_parley(old) as parley:
            with pytest.raises(BehindGuard, match=f"signed up to {newest.size}"):
                sign_checkpoint(parley)
            with pytest.raises(BehindGuard, match="older copy"):
                record(parley, NEGOTIATION, pledge("late"))
            parley.ledger.seal(None)
            record(parley, NEGOTIATION, [pledge(f"late-{each}") for each in range(101)])
            with pytest.raises(BehindGuard, match="not those that were signed"):
                sign_checkpoint(parley)
        refused += 1
    assert refused == 100


@pytest.mark.postgres
def test_old_copies_of_a_server_s_database_are_refused(
    server: Server, postgres_database: str, tmp_path: Path
) -> None:
    settings = machine(postgres_database, tmp_path / "one")
    prepare(settings)
    name = postgres_database.split("/")[3].partition("?")[0]
    copies = []
    for number in range(3):
        copies.append(server.make(name))
        with open_parley(settings) as parley:
            record(parley, NEGOTIATION, pledge(f"p-{number}"))
            sign_checkpoint(parley)
    for url in copies:
        with (
            open_parley(machine(url, tmp_path / "one")) as parley,
            pytest.raises(BehindGuard, match="older copy"),
        ):
            sign_checkpoint(parley)
        server.drop(url)
