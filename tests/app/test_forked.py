"""A copy that was put back and recorded in is refused wherever it is met; there is a way out."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from app.backup import restore
from app.checkpointer import Checkpointer
from app.new_epoch import open_epoch
from app.record import record
from app.recover import recover
from app.settings import Settings
from app.sign_checkpoint import sign_checkpoint
from domain.errors import BehindGuard, InvalidInput
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House
from tests.app.lossy import KEPT, SIGNED, Lossy, nothing, rows_of

APPROVERS = ("ann", "bob")


def put_back(older: Path, url: str) -> None:
    """What `sqlite3 .restore` does, under a process that has the file open."""
    file = make_url(url).database
    assert file is not None
    with sqlite3.connect(older) as source, sqlite3.connect(file) as target:
        source.backup(target)


def fork(lossy: Lossy, upto: int) -> None:
    """Record others in the place of what was lost, as a process would that knows no guard."""
    unguarded = {"guard_file": lossy.folder / "none.guard"}
    with lossy.opened(lossy.restored.model_copy(update=unguarded)) as parley:
        for number in range(upto - KEPT):
            record(parley, NEGOTIATION, pledge(slug=f"forked-{number}"))
        assert parley.ledger.head().size == upto


@pytest.mark.parametrize("recorded", [0, 1, 2, 3])
def test_a_server_notices_an_older_copy_at_its_next_look_whatever_was_recorded_in_it(
    house: House, tmp_path: Path, recorded: int
) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        work = Checkpointer(parley)
        work.look()
        put_back(tmp_path / "log.db", f"sqlite:///{tmp_path / 'old.db'}")
        for number in range(2):
            record(parley, NEGOTIATION, pledge(slug=f"lost-{number}"))
        work.look()
        put_back(tmp_path / "old.db", parley.settings.database_url)
        for number in range(recorded):
            record(parley, NEGOTIATION, pledge(slug=f"forked-{number}"))
        work.look()
        assert isinstance(parley.signing.refused, BehindGuard)
        with pytest.raises(BehindGuard):
            record(parley, NEGOTIATION, pledge(slug="no-more"))


@pytest.mark.parametrize("upto", [SIGNED, SIGNED + 2])
def test_a_fork_that_has_grown_as_far_as_was_signed_takes_nothing(
    lossy_on_each: Lossy, upto: int
) -> None:
    lossy = lossy_on_each
    fork(lossy, upto)
    with (
        lossy.opened(lossy.restored) as parley,
        pytest.raises(BehindGuard, match="not those that were signed"),
    ):
        record(parley, NEGOTIATION, pledge(slug="goes-on"))
    with (
        lossy.opened(lossy.restored) as parley,
        pytest.raises(BehindGuard, match="parley restore"),
    ):
        open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
    for copy in ("export", f"{SIGNED}.gz"):
        with pytest.raises(BehindGuard, match="parley restore"):
            recover(lossy.restored, str(lossy.folder / copy), nothing, nothing)
    assert len(rows_of(lossy.restored, upto)["events"]) == upto


def test_a_fork_that_is_shorter_than_what_was_signed_is_not_taken_for_its_beginning(
    lossy: Lossy,
) -> None:
    fork(lossy, SIGNED - 1)
    with pytest.raises(InvalidInput, match="parley restore"):
        recover(lossy.restored, str(lossy.folder / "export"), nothing, nothing)


@pytest.mark.parametrize("way", ["newest backup", "older backup and export", "export alone"])
def test_the_way_out_of_a_fork_is_an_empty_database(
    lossy: Lossy, migrated_file: Path, way: str
) -> None:
    fork(lossy, SIGNED + 1)
    (lossy.folder / "anew").mkdir()
    path = shutil.copy(migrated_file, lossy.folder / "anew" / "log.db")
    anew: Settings = lossy.restored.model_copy(update={"database_url": f"sqlite:///{path}"})
    if way != "export alone":
        size = SIGNED if way == "newest backup" else KEPT
        restore(anew, lossy.backup(size), nothing, nothing)
    if way != "newest backup":
        recover(anew, str(lossy.folder / "export"), nothing, nothing)
    with lossy.opened(anew) as parley:
        record(parley, NEGOTIATION, pledge(slug="goes-on"))
        assert sign_checkpoint(parley).size == SIGNED + 1
