"""What a restored log lost comes back as it was, or the log says that it goes on without it."""

from __future__ import annotations

import gzip
import shutil
import tracemalloc
from pathlib import Path

import pytest

from app.backup import back_up, restore
from app.guard import Guard
from app.origins import origins_of
from app.parley import open_parley
from app.record import record
from app.recover import recover
from app.rotate_key import rotate_key
from app.settings import read_settings
from app.sign_checkpoint import sign_checkpoint
from domain.errors import BehindGuard, Conflict, InvalidInput
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House
from tests.app.lossy import KEPT, LAST, ORIGIN, SIGNED, Lossy, nothing, rows_of


def test_what_was_lost_comes_back_from_an_export_byte_for_byte(lossy_on_each: Lossy) -> None:
    lossy = lossy_on_each
    with lossy.opened(lossy.restored) as parley, pytest.raises(BehindGuard):
        sign_checkpoint(parley)
    done = recover(lossy.restored, str(lossy.folder / "export"), nothing, nothing)
    assert (done.recovered, done.entries) == (SIGNED - KEPT, SIGNED)
    assert (done.guarded, done.signs) == (SIGNED, True)
    found, due = rows_of(lossy.restored, SIGNED), rows_of(lossy.lost, SIGNED)
    # An export does not hold which requests were recorded once, nor a list of checkpoints.
    for name in ("events", "event_actors", "event_imports"):
        assert found[name] == due[name], name
    with lossy.opened(lossy.restored) as parley:
        assert parley.ledger.head().size == SIGNED
        signed = sign_checkpoint(parley)
        kept = Guard(lossy.guard).read()
        assert kept is not None
        assert (signed.size, signed.root) == (kept.checkpoint.size, kept.checkpoint.root)
        record(parley, NEGOTIATION, pledge(slug="goes-on"))
        assert sign_checkpoint(parley).size == SIGNED + 1


@pytest.mark.parametrize("size", [SIGNED, LAST])
def test_what_was_lost_comes_back_from_a_backup_with_its_keys_and_checkpoints(
    lossy_on_each: Lossy, size: int
) -> None:
    lossy = lossy_on_each
    done = recover(lossy.restored, str(lossy.backup(size)), nothing, nothing)
    assert (done.recovered, done.entries, done.signs) == (size - KEPT, size, True)
    assert rows_of(lossy.restored, size) == rows_of(lossy.lost, size)
    with lossy.opened(lossy.restored) as parley:
        again = record(parley, NEGOTIATION, pledge(slug=f"pledge-{KEPT}"), key=f"{KEPT}")
        assert again.replayed
        assert sign_checkpoint(parley).size == size


def test_a_copy_that_is_no_newer_brings_nothing(lossy: Lossy) -> None:
    with pytest.raises(Conflict, match="none is missing"):
        recover(lossy.restored, str(lossy.backup(KEPT)), nothing, nothing)


def test_a_copy_of_another_log_is_refused_whole(
    lossy: Lossy, house: House, migrated_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    path = shutil.copy(migrated_file, other / "log.db")
    settings = read_settings(database_url=f"sqlite:///{path}", origin=ORIGIN)
    with open_parley(settings, clock=house.clock) as parley:
        record(parley, NEGOTIATION, SETTING)
        for number in range(20):
            record(parley, NEGOTIATION, pledge(slug=f"other-{number}"))
        sign_checkpoint(parley)
    back_up(settings, other / "log.gz", nothing)
    before = rows_of(lossy.restored, LAST)
    with pytest.raises(InvalidInput, match="--from"):
        recover(lossy.restored, str(other / "log.gz"), nothing, nothing)
    assert rows_of(lossy.restored, LAST) == before


def test_a_copy_that_was_forked_and_signed_with_the_stolen_key_is_refused(
    lossy_on_each: Lossy, migrated_file: Path, tmp_path: Path
) -> None:
    lossy = lossy_on_each
    (tmp_path / "forked").mkdir()
    path = shutil.copy(migrated_file, tmp_path / "forked" / "log.db")
    guard = tmp_path / "forked" / "another.guard"
    settings = lossy.restored.model_copy(
        update={"database_url": f"sqlite:///{path}", "guard_file": guard}
    )
    restore(settings, lossy.backup(KEPT), nothing, nothing)
    with lossy.opened(settings) as parley:
        for number in range(10):
            record(parley, NEGOTIATION, pledge(slug=f"forked-{number}"))
        sign_checkpoint(parley, new_guard=True)
    back_up(settings, tmp_path / "forked.gz", nothing)
    before = rows_of(lossy.restored, LAST)
    with pytest.raises(InvalidInput, match="the guard"):
        recover(lossy.restored, str(tmp_path / "forked.gz"), nothing, nothing)
    assert rows_of(lossy.restored, LAST) == before


@pytest.mark.parametrize("path", ["tile/entries/000.p/12", "tile/0/000.p/12", "checkpoint"])
def test_an_export_that_was_changed_is_refused_whole(lossy: Lossy, path: str) -> None:
    file = lossy.folder / "export" / path
    data = file.read_bytes()
    file.write_bytes(
        data.replace(b"pledge-11", b"pledge-99") if b"pledge-11" in data else data[:-9]
    )
    before = rows_of(lossy.restored, LAST)
    with pytest.raises(InvalidInput, match="--from"):
        recover(lossy.restored, str(lossy.folder / "export"), nothing, nothing)
    assert rows_of(lossy.restored, LAST) == before


def test_a_copy_that_goes_less_far_than_what_was_signed_leaves_the_log_behind(
    lossy: Lossy,
) -> None:
    # Between the backup and the newest checkpoint another one was made.
    with lossy.opened(lossy.lost) as parley:
        for number in range(3):
            record(parley, NEGOTIATION, pledge(slug=f"later-{number}"))
        sign_checkpoint(parley)
    done = recover(lossy.restored, str(lossy.backup(SIGNED)), nothing, nothing)
    assert (done.entries, done.guarded, done.signs) == (SIGNED, LAST + 3, False)
    with lossy.opened(lossy.restored) as parley, pytest.raises(BehindGuard):
        sign_checkpoint(parley)


def test_a_key_that_was_announced_in_a_lost_entry_is_known_by_its_file(lossy: Lossy) -> None:
    with lossy.opened(lossy.lost) as parley:
        rotate_key(parley)
        record(parley, NEGOTIATION, pledge(slug="after-the-key"))
        signed = sign_checkpoint(parley)
        shutil.rmtree(lossy.folder / "export")
        lossy.export(parley)
    done = recover(lossy.restored, str(lossy.folder / "export"), nothing, nothing)
    assert (done.entries, done.signs) == (signed.size, True)
    with lossy.opened(lossy.restored) as parley:
        assert sign_checkpoint(parley).root == signed.root
        assert len(origins_of(parley.ledger)[0].keys) == 2


@pytest.mark.parametrize("source", ["export", f"{SIGNED}.gz"])
def test_a_log_of_which_only_a_copy_and_the_key_are_left_comes_back(
    lossy: Lossy, migrated_file: Path, source: str
) -> None:
    (lossy.folder / "empty").mkdir()
    path = shutil.copy(migrated_file, lossy.folder / "empty" / "log.db")
    empty = lossy.restored.model_copy(update={"database_url": f"sqlite:///{path}"})
    keyless = empty.model_copy(update={"signing_key_file": lossy.folder / "absent.key"})
    with pytest.raises(InvalidInput, match="PARLEY_SIGNING_KEY_FILE"):
        recover(keyless, str(lossy.folder / source), nothing, nothing)
    done = recover(empty, str(lossy.folder / source), nothing, nothing)
    assert (done.origin, done.recovered, done.signs) == (ORIGIN, SIGNED, True)
    assert rows_of(empty, SIGNED)["events"] == rows_of(lossy.lost, SIGNED)["events"]
    with lossy.opened(empty) as parley:
        record(parley, NEGOTIATION, pledge(slug="goes-on"))
        assert sign_checkpoint(parley).size == SIGNED + 1


def test_a_small_file_that_unpacks_to_a_large_one_is_not_kept_before_it_is_refused(
    lossy: Lossy,
) -> None:
    bomb, row = lossy.folder / "bomb.gz", b'["accesses",{"a":"' + b"x" * 1_000_000 + b'"}]\n'
    with gzip.open(lossy.backup(SIGNED)) as whole, gzip.open(bomb, "wb") as file:
        file.write(whole.readline())
        for _ in range(60):
            file.write(row)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput, match="damaged"):
            recover(lossy.restored, str(bomb), nothing, nothing)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
