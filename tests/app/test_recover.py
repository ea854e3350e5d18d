"""What a restored log lost comes back as it was, or the log says that it goes on without it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import select

from app.backup import back_up, restore
from app.checkpointer import sign_checkpoint
from app.epochs import Lost, epochs_of, lost_range
from app.guard import Guard
from app.new_epoch import RETIRED, open_epoch
from app.origins import origins_of
from app.parley import Parley, open_parley
from app.proof_files import guard_path, signing_key_path
from app.record import record
from app.recover import recover
from app.rotate_key import rotate_key
from app.settings import Settings, read_settings
from audit.export import write_export
from audit.policy import Policy
from audit.report import Outcome
from audit.source import Folder
from audit.verify import verify
from domain.errors import BehindGuard, Conflict, GuardUnusable, InvalidInput, NotFound
from domain.log import LogReopened
from ledger import checkpoints
from ledger.database import connect
from ledger.tables import APPEND_ONLY, metadata
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House
from tests.databases import BOTH, TEMPLATE, Server

ORIGIN = "example.org/bridge"
KEPT, SIGNED, LAST = 9, 12, 13
"""Sizes: of the backup, of the newest checkpoint, and of the log before it was lost."""
APPROVERS = ("ann", "bob")
BY_ENTRIES = sorted({*APPEND_ONLY} - {"log_tiles", "log_keys", "accesses"})


def nothing(*_: int) -> None:
    """Take no notice of how far it has come."""


class Lossy:
    """A log that went on after its backup, a copy that is older, and files that outlive both."""

    def __init__(self, house: House, restored: Settings, folder: Path) -> None:
        self.house, self.folder = house, folder
        self.guard = folder / "guard" / "log.guard"
        key = folder / "key" / "log.key"
        kept = {"guard_file": self.guard, "signing_key_file": key}
        self.lost = house.settings.model_copy(update=kept)
        self.restored = restored.model_copy(update={**kept, "subject": "ann"})
        with self.opened(self.lost) as parley:
            record(parley, NEGOTIATION, SETTING)
            for number in range(KEPT - 6):
                record(parley, NEGOTIATION, pledge(slug=f"pledge-{number}"))
            sign_checkpoint(parley)
            back_up(self.lost, self.backup(KEPT), nothing)
            for number in range(KEPT, SIGNED):
                record(parley, NEGOTIATION, pledge(slug=f"pledge-{number}"), key=f"{number}")
            sign_checkpoint(parley)
            self.export(parley)
            back_up(self.lost, self.backup(SIGNED), nothing)
            record(parley, NEGOTIATION, pledge(slug="unsigned"), key="unsigned")
            back_up(self.lost, self.backup(LAST), nothing)
            assert parley.ledger.head().size == LAST
        restore(self.restored, self.backup(KEPT), nothing, nothing)

    def backup(self, size: int) -> Path:
        return self.folder / f"{size}.gz"

    def opened(self, settings: Settings) -> AbstractContextManager[Parley]:
        return open_parley(settings, clock=self.house.clock)

    def export(self, parley: Parley) -> None:
        newest = checkpoints.newest(parley.ledger.engine)
        assert newest is not None
        keys = tuple(key.key for key in origins_of(parley.ledger)[-1].keys)
        leaves = (leaf.data for leaf in parley.ledger.leaves(0, newest.size))
        write_export(
            self.folder / "export",
            leaves,
            origin=newest.origin,
            sign=lambda _: newest.note,
            policy=Policy(keys),
        )


@pytest.fixture(params=BOTH)
def target(
    request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path
) -> Iterator[Settings]:
    """The settings of an empty database of either sort."""
    if request.param == "sqlite":
        (tmp_path / "target").mkdir()
        path = shutil.copy(migrated_file, tmp_path / "target" / "log.db")
        yield read_settings(database_url=f"sqlite:///{path}")
        return
    server: Server = request.getfixturevalue("server")
    url = server.make(TEMPLATE)
    yield read_settings(database_url=url)
    server.drop(url)


@pytest.fixture
def lossy_on_each(house: House, target: Settings, tmp_path: Path) -> Lossy:
    """Restored into either database; the log that was lost was on SQLite."""
    return Lossy(house, target, tmp_path)


@pytest.fixture
def lossy(house: House, migrated_file: Path, tmp_path: Path) -> Lossy:
    (tmp_path / "restored").mkdir()
    path = shutil.copy(migrated_file, tmp_path / "restored" / "log.db")
    return Lossy(house, read_settings(database_url=f"sqlite:///{path}"), tmp_path)


def rows_of(settings: Settings, upto: int) -> dict[str, list[tuple[object, ...]]]:
    """Every row that follows from entries up to a position, by table."""
    engine = connect(settings.database_url)
    found = {}
    try:
        with engine.connect() as connection:
            for name in BY_ENTRIES:
                table = metadata.tables[name]
                column = next(
                    table.c[each] for each in ("position", "first", "size") if each in table.c
                )
                asked = select(table).where(column <= upto).order_by(*table.primary_key)
                found[name] = [tuple(row) for row in connection.execute(asked)]
    finally:
        engine.dispose()
    return found


# --- replay ---------------------------------------------------------------------------


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


# --- a new epoch ------------------------------------------------------------------------


def fresh(lossy: Lossy) -> Settings:
    """The settings of the restored log with the default files, which go by its name."""
    (lossy.folder / "files").mkdir(exist_ok=True)
    files = {
        "signing_key_file": lossy.folder / "files" / "second.key",
        "guard_file": lossy.guard,
    }
    return lossy.restored.model_copy(update=files)


def test_a_log_goes_on_without_what_is_lost_under_another_name_and_key(
    lossy_on_each: Lossy,
) -> None:
    lossy = lossy_on_each
    settings = fresh(lossy)
    before = rows_of(settings, KEPT)
    with lossy.opened(settings) as parley:
        old = origins_of(parley.ledger)[0].keys[0].key
        done = open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
        assert (done.epoch, done.predecessor, done.origin) == (2, ORIGIN, f"{ORIGIN}/2")
        assert (done.kept, done.lost_first, done.lost_last) == (KEPT, KEPT + 1, SIGNED)
        event = parley.ledger.entry(KEPT + 1).event
        assert isinstance(event, LogReopened)
        assert (event.lost, event.approvers) == ((KEPT + 1, SIGNED), APPROVERS)
        name = origins_of(parley.ledger)[-1]
        assert name.keys[0].key.public != old.public
        record(parley, NEGOTIATION, pledge(slug="goes-on"))
        assert sign_checkpoint(parley).origin == f"{ORIGIN}/2"
    after = rows_of(settings, KEPT)
    for table in ("events", "event_actors", "event_imports", "log_checkpoints"):
        assert after[table] == before[table], table


def test_an_export_of_the_new_epoch_is_proven_by_its_own_key(lossy: Lossy) -> None:
    settings = fresh(lossy)
    with lossy.opened(settings) as parley:
        open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
        shutil.rmtree(lossy.folder / "export")
        lossy.export(parley)
        key = origins_of(parley.ledger)[-1].keys[0].key
    report = verify(Folder(lossy.folder / "export"), Policy((key,)))
    assert (report.outcome, report.findings) == (Outcome.PROVEN, ())


def test_the_old_name_is_never_signed_again_not_even_by_the_log_that_was_lost(
    lossy: Lossy,
) -> None:
    # By default each name has a guard and a key of its own, beside the file.
    own = {"guard_file": None, "signing_key_file": None}
    settings = lossy.restored.model_copy(update=own)
    guard = guard_path(settings, ORIGIN)
    guard.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(lossy.guard, guard)
    with lossy.opened(settings) as parley:
        open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
    assert guard.with_name(guard.name + RETIRED).read_bytes() == lossy.guard.read_bytes()
    found = lossy.lost.model_copy(update={"guard_file": guard})
    with lossy.opened(found) as parley, pytest.raises(GuardUnusable, match="another log"):
        sign_checkpoint(parley)
    with lossy.opened(found) as parley:
        record(parley, NEGOTIATION, pledge(slug="found-again"))
        with pytest.raises(GuardUnusable, match="another log"):
            sign_checkpoint(parley)


def test_what_was_begun_is_finished_by_being_done_again(lossy: Lossy) -> None:
    own = {"guard_file": None, "signing_key_file": None}
    settings = lossy.restored.model_copy(update=own)
    guard = guard_path(settings, ORIGIN)
    guard.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(lossy.guard, guard)
    with lossy.opened(settings) as parley:
        done = open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
    # As if the machine had stopped before the old guard was retired.
    shutil.copy(lossy.guard, guard)
    with lossy.opened(settings) as parley:
        again = open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
        assert again == done
        assert parley.ledger.head().size == KEPT + 1
        with pytest.raises(Conflict, match="nothing is lost"):
            open_epoch(parley, reason="Once more.", approvers=APPROVERS)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"approvers": ()}, "--approver"),
        ({"approvers": ("ann",)}, "--approver"),
        ({"approvers": ("ann", " ann ", "Ann")}, "--approver"),
        ({"reason": " "}, "--reason"),
        ({"origin": ORIGIN}, "--origin"),
    ],
)
def test_what_a_new_epoch_needs_is_asked_for_before_anything_is_recorded(
    lossy: Lossy, given: dict[str, object], field: str
) -> None:
    asked = {"reason": "The disk burnt.", "approvers": APPROVERS, **given}
    with lossy.opened(fresh(lossy)) as parley:
        with pytest.raises(InvalidInput, match=field):
            open_epoch(parley, **asked)  # type: ignore[arg-type]
        assert parley.ledger.head().size == KEPT


def test_a_new_epoch_takes_a_key_of_its_own_file(lossy: Lossy) -> None:
    with lossy.opened(lossy.restored) as parley:
        with pytest.raises(InvalidInput, match="PARLEY_SIGNING_KEY_FILE"):
            open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
        assert parley.ledger.head().size == KEPT


def test_a_log_that_lost_nothing_is_not_opened_again(house: House) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        for _ in range(2):
            with pytest.raises(Conflict, match="nothing is lost"):
                open_epoch(parley, reason="Why not?", approvers=APPROVERS)
            sign_checkpoint(parley)


# --- cursors ----------------------------------------------------------------------------


def test_a_cursor_beyond_the_fork_is_told_what_it_lost_and_one_before_it_goes_on(
    lossy: Lossy,
) -> None:
    with lossy.opened(fresh(lossy)) as parley:
        assert [each.number for each in epochs_of(parley.ledger)] == [1]
        open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
        record(parley, NEGOTIATION, pledge(slug="goes-on"))
        epochs = epochs_of(parley.ledger)
    assert [(each.number, each.since) for each in epochs] == [(1, 1), (2, KEPT + 1)]
    assert lost_range(epochs, 1, KEPT) is None
    assert lost_range(epochs, 1, KEPT + 1) == Lost(1, KEPT + 1, SIGNED)
    # Whoever followed the log saw more than was signed of it.
    assert lost_range(epochs, 1, LAST) == Lost(1, KEPT + 1, LAST)
    assert lost_range(epochs, 2, KEPT + 1) is None
    with pytest.raises(NotFound):
        lost_range(epochs, 3, 1)


def test_the_origin_is_in_the_reopening_for_whoever_reads_the_log_alone(lossy: Lossy) -> None:
    with lossy.opened(fresh(lossy)) as parley:
        open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS, origin="example.org/b2")
        (leaf,) = parley.ledger.leaves(KEPT, KEPT + 1)
    data = json.loads(leaf.data)["data"]
    assert data["origin"] == "example.org/b2"
    assert data["predecessor"] == ORIGIN
    assert data["lost"] == [KEPT + 1, SIGNED]


def test_paths_of_keys_go_by_the_name_of_the_log(house: House) -> None:
    names = {signing_key_path(house.settings, name) for name in (ORIGIN, f"{ORIGIN}/2")}
    assert len(names) == 2
