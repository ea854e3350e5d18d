"""A backup is the whole log of one moment, and comes back whole into either database."""

from __future__ import annotations

import gzip
import json
import shutil
import zlib
from hashlib import sha256
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select

from app.accesses import Taken, note_access
from app.backup import back_up, restore
from app.correct import correct
from app.imports import import_case
from app.keys import Role, make_key, revoke_key
from app.parley import Parley, open_parley
from app.record import record
from app.settings import Settings, read_settings
from app.sign_checkpoint import sign_checkpoint
from app.signing_files import guard_path, signing_key_path
from domain.errors import BehindGuard, Conflict, DatabaseDamaged, InvalidInput, SigningRefused
from ledger import wholeness
from ledger.database import connect
from ledger.tables import log_head, metadata, webhook_attempts, webhooks
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House

SAMPLE = "ukraine-security-guarantees"
DERIVED = {"log_tiles"}
"""Tables that follow from others, and may hold more in the one database than in the other."""
LEFT_OUT = {webhooks.name, webhook_attempts.name}
"""Tables that a copy is not to have: it would send as well."""
LOG_TABLES = sorted(set(metadata.tables) - DERIVED - LEFT_OUT)


def nothing(*_: int) -> None:
    """Take no notice of how far it has come."""


@pytest.fixture(autouse=True)
def own_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def sqlite_target(migrated_file: Path, tmp_path: Path) -> Settings:
    """The settings of an empty SQLite database, for what is tried on both elsewhere."""
    (tmp_path / "sqlite").mkdir()
    path = shutil.copy(migrated_file, tmp_path / "sqlite" / "log.db")
    return read_settings(database_url=f"sqlite:///{path}")


def filled(house: House) -> Parley:
    """A log with an entry of most sorts, imports, keys and checkpoints."""
    with house.opened() as parley:
        import_case(parley, SAMPLE)
        sign_checkpoint(parley)
        record(parley, NEGOTIATION, SETTING, key="once")
        correct(parley, 55, set={"occurred": "2025-08-19"}, reason="The transcript has the day.")
        sign_checkpoint(parley)
        record(parley, NEGOTIATION, pledge())
        revoke_key(parley, make_key(parley, "eve", Role.AUDITOR).key.id)
        make_key(parley, "bob", Role.RECORDER, "of the office – “як є”")
    return parley


@pytest.fixture
def full(house: House) -> Parley:
    return filled(house)


@pytest.fixture
def full_on_each(house_on_each: House) -> Parley:
    return filled(house_on_each)


def rows_of(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of the log, by table."""
    engine = connect(url)
    try:
        with engine.connect() as connection:
            return {
                name: [
                    dict(row)
                    for row in connection.execute(
                        select(table).order_by(*table.primary_key)
                    ).mappings()
                ]
                for name in LOG_TABLES
                for table in (metadata.tables[name],)
            }
    finally:
        engine.dispose()


def is_empty(url: str) -> bool:
    return not any(rows for name, rows in rows_of(url).items() if name != log_head.name)


def test_a_backup_comes_back_row_by_row_into_either_database(
    full_on_each: Parley, target: Settings, tmp_path: Path
) -> None:
    full = full_on_each
    note_access(full, Taken.PROOF, 1, 2, subject="eve")
    # Read before, since who makes a backup is written down, and not in the backup itself.
    due = rows_of(full.settings.database_url)
    done = back_up(full.settings, tmp_path / "log.gz", nothing)
    restored = restore(target, tmp_path / "log.gz", nothing, nothing)
    found = rows_of(target.database_url)
    for name in LOG_TABLES:
        assert found[name] == due[name], name
    assert (restored.entries, restored.root) == (done.entries, done.root)
    assert (done.origin, done.entries) == ("example.org/bridge", len(due["events"]))
    assert done.checkpoint == restored.checkpoint == done.entries - 1
    engine = connect(target.database_url)
    assert wholeness.verify(engine).size == done.entries
    engine.dispose()


def test_a_restored_log_answers_and_goes_on(full: Parley, target: Settings, tmp_path: Path) -> None:
    back_up(full.settings, tmp_path / "log.gz", nothing)
    restored = restore(target, tmp_path / "log.gz", nothing, nothing)
    settings = target.model_copy(update={"subject": "ann"})
    with open_parley(settings, clock=full.clock) as parley:
        assert parley.read_model.serving().position == restored.entries
        assert record(parley, NEGOTIATION, SETTING, key="once").replayed
        assert parley.ledger.head().size == restored.entries
        record(parley, NEGOTIATION, pledge(slug="another"))
        assert parley.ledger.head().size == restored.entries + 1
        # The database numbers on after the rows of the copy.
        make_key(parley, "carol", Role.READER)


def test_equal_logs_give_equal_entries_and_a_file_that_anybody_can_read(
    full: Parley, tmp_path: Path
) -> None:
    done = back_up(full.settings, tmp_path / "log.gz", nothing)
    first, *lines, last = gzip.decompress((tmp_path / "log.gz").read_bytes()).splitlines()
    assert json.loads(first)["size"] == done.entries
    leaves = [line for line in lines if line.startswith(b"{")]
    with open_parley(full.settings) as parley:
        assert leaves == [leaf.data for leaf in parley.ledger.leaves()]
    end, said = json.loads(last)
    assert (end, said["entries"], said["rows"]) == ("end", len(leaves), len(lines) - len(leaves))
    assert (tmp_path / "log.gz").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.glob(".*log.gz*")] == []


# --- damage ---------------------------------------------------------------------------


def says_the_same(version: bytes, data: bytes) -> bool:
    try:
        return gzip.decompress(version) == gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return False


def test_a_file_with_a_change_anywhere_is_refused_before_anything_is_written(
    house: House, target: Settings, tmp_path: Path
) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        sign_checkpoint(parley)
    back_up(house.settings, tmp_path / "log.gz", nothing)
    data = (tmp_path / "log.gz").read_bytes()
    random = Random(7)
    damaged = tmp_path / "damaged.gz"
    # The ten bytes of gzip's own head say nothing of the log.
    changed = [random.randrange(10, len(data)) for _ in range(60)]
    versions = [data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :] for at in changed]
    # Some bits of a compressed file may be either way and say the same bytes.
    versions = [each for each in versions if not says_the_same(each, data)]
    versions += [data[: random.randrange(len(data))] for _ in range(20)]
    versions += [data + b"x", data + data, b"", b"no backup", gzip.compress(b"no backup\n")]
    for version in versions:
        damaged.write_bytes(version)
        with pytest.raises(InvalidInput, match="FILE"):
            restore(target, damaged, nothing, nothing)
    assert is_empty(target.database_url)
    assert restore(target, tmp_path / "log.gz", nothing, nothing).entries > 0


def forge(source: Path, to: Path, change: dict[bytes, bytes]) -> None:
    """A file with other lines and a hash that fits, as whoever can write it could make it."""
    *lines, _ = gzip.decompress(source.read_bytes()).splitlines(keepends=True)
    body = b"".join(lines)
    for old, new in change.items():
        assert old in body
        body = body.replace(old, new, 1)
    kept = body.splitlines()[1:]
    entries = sum(line.startswith(b"{") for line in kept)
    said = {
        "entries": entries,
        "rows": len(kept) - entries,
        "sha256": sha256(body).hexdigest(),
    }
    end = json.dumps(["end", said], separators=(",", ":")).encode()
    to.write_bytes(gzip.compress(body + end + b"\n"))


@pytest.mark.parametrize(
    "change",
    [
        {b'"summary":"': b'"summary":"X'},
        {b'"position":3,': b'"position":4,'},
        {b'["log_checkpoints",': b'["log_secrets",'},
        {b'{"origin":': b'{"other":'},
        {b'"size":': b'"sizes":'},
        {b"parley-backup-1": b"parley-backup-2"},
    ],
    ids=["an entry", "a position", "a table", "a column or field", "the first line", "a format"],
)
def test_a_file_whose_hash_fits_and_whose_entries_do_not_is_refused_whole(
    house: House, target: Settings, tmp_path: Path, change: dict[bytes, bytes]
) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        record(parley, NEGOTIATION, pledge())
        sign_checkpoint(parley)
    back_up(house.settings, tmp_path / "log.gz", nothing)
    forge(tmp_path / "log.gz", tmp_path / "forged.gz", change)
    with pytest.raises(InvalidInput, match="FILE"):
        restore(target, tmp_path / "forged.gz", nothing, nothing)
    assert is_empty(target.database_url)


def test_a_log_that_is_not_what_was_recorded_is_not_backed_up(house: House, tmp_path: Path) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        with parley.ledger.engine.connect() as connection:
            connection.exec_driver_sql("DROP TRIGGER events_refuse_update")
            connection.exec_driver_sql(
                "UPDATE events SET leaf = CAST(replace(leaf, 'North', 'Nroth') AS BLOB)"
            )
    with pytest.raises(DatabaseDamaged):
        back_up(house.settings, tmp_path / "log.gz", nothing)
    assert list(tmp_path.glob("*log.gz*")) == []


# --- places ---------------------------------------------------------------------------


def test_a_database_that_is_not_empty_takes_no_backup(
    full: Parley, target: Settings, tmp_path: Path
) -> None:
    back_up(full.settings, tmp_path / "log.gz", nothing)
    with pytest.raises(Conflict, match="not empty"):
        restore(full.settings, tmp_path / "log.gz", nothing, nothing)
    with open_parley(target) as parley:
        assert parley.ledger.head().size == 1
    with pytest.raises(Conflict, match="not empty"):
        restore(target, tmp_path / "log.gz", nothing, nothing)


def test_no_file_is_written_over(house: House, tmp_path: Path) -> None:
    with house.opened():
        (tmp_path / "log.gz").write_bytes(b"kept")
    with pytest.raises(Conflict, match="already"):
        back_up(house.settings, tmp_path / "log.gz", nothing)
    assert (tmp_path / "log.gz").read_bytes() == b"kept"


def test_a_copy_is_of_one_moment_while_others_record(
    house_on_each: House, sqlite_target: Settings, tmp_path: Path
) -> None:
    stop = Event()
    with house_on_each.opened() as parley:
        record(parley, NEGOTIATION, SETTING)

        def go_on() -> None:
            for number in range(10_000):
                if stop.is_set():
                    return
                record(parley, NEGOTIATION, pledge(slug=f"pledge-{number}"))
                if number % 10 == 0:
                    sign_checkpoint(parley)

        recorder = Thread(target=go_on)
        recorder.start()
        try:
            sizes = [
                back_up(parley.settings, tmp_path / f"{number}.gz", nothing).entries
                for number in range(5)
            ]
        finally:
            stop.set()
            recorder.join()
    assert sizes == sorted(sizes)
    assert restore(sqlite_target, tmp_path / "4.gz", nothing, nothing).entries == sizes[-1]


# --- the guard --------------------------------------------------------------------------


def test_a_hundred_old_restores_never_sign(
    house: House, tmp_path: Path, migrated_file: Path
) -> None:
    """Each from a backup of another age, behind the guard of the newest log."""
    ages = []
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        for number in range(10):
            record(parley, NEGOTIATION, pledge(slug=f"pledge-{number}"))
            if number % 3 == 0:
                sign_checkpoint(parley)
            ages.append(tmp_path / f"{number}.gz")
            back_up(parley.settings, ages[-1], nothing)
        record(parley, NEGOTIATION, pledge(slug="lost"))
        newest = sign_checkpoint(parley)
        origin = newest.origin
        files = {
            "guard_file": guard_path(parley.settings, origin),
            "signing_key_file": signing_key_path(parley.settings, origin),
        }
    refused = 0
    for number in range(100):
        path = shutil.copy(migrated_file, tmp_path / "restored.db")
        settings = read_settings(database_url=f"sqlite:///{path}", **files)
        restored = restore(settings, ages[number % len(ages)], nothing, nothing)
        assert (restored.guarded, restored.signs) == (newest.size, False)
        with open_parley(settings, clock=house.clock) as parley:
            if number % 2:
                parley.ledger.seal(None)
            with pytest.raises(BehindGuard):
                sign_checkpoint(parley)
            refused += 1
        Path(path).unlink()
    assert refused == 100


def test_a_log_that_was_signed_and_is_restored_elsewhere_wants_its_guard(
    full: Parley, target: Settings, tmp_path: Path
) -> None:
    back_up(full.settings, tmp_path / "log.gz", nothing)
    # A server's guard lies in the user's data folder, which here is that of the first log.
    elsewhere = target.model_copy(update={"guard_file": tmp_path / "elsewhere" / "guard"})
    restored = restore(elsewhere, tmp_path / "log.gz", nothing, nothing)
    assert (restored.guarded, restored.signs) == (None, False)
    with open_parley(elsewhere, clock=full.clock) as parley, pytest.raises(SigningRefused):
        sign_checkpoint(parley)
    origin = restored.origin
    (tmp_path / "elsewhere").mkdir(exist_ok=True)
    shutil.copy(guard_path(full.settings, origin), tmp_path / "elsewhere" / "guard")
    with_key = elsewhere.model_copy(
        update={"signing_key_file": signing_key_path(full.settings, origin)}
    )
    with open_parley(with_key, clock=full.clock) as parley:
        assert sign_checkpoint(parley).size == restored.entries
