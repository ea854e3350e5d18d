"""`parley backup`, `restore` and `recover`, as people run them."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from app.parley import open_parley
from app.record import record
from app.settings import read_settings
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.cli.conftest import PROGRAM, SAMPLE, Shell

NEWCOMER = json.dumps(
    {"kind": "actor.registered", "slug": "newcomer", "name": "A newcomer", "type": "other"}
)
TOLD = ("--reason", "The disk burnt.", "--approver", "ann", "--approver", "bob")


@pytest.fixture
def guarded(shell: Shell, tmp_path: Path) -> Shell:
    """The sample, signed, with its key and its guard away from the database."""
    return shell.with_environment(
        PARLEY_SIGNING_KEY_FILE=str(tmp_path / "keys" / "log.key"),
        PARLEY_GUARD_FILE=str(tmp_path / "keys" / "log.guard"),
    )


def restored(shell: Shell, file: Path, name: str) -> Shell:
    there = shell.on(f"sqlite:///{shell.home / name}")
    assert there.inside("db", "upgrade").code == 0
    assert there.inside("restore", file).code == 0
    return there


def test_a_backup_is_restored_and_answers_the_same(guarded: Shell, tmp_path: Path) -> None:
    assert guarded.inside("checkpoint").code == 0
    done = guarded.inside("backup", tmp_path / "log.gz")
    assert (done.code, done.json["entries"], done.json["checkpoint"]) == (0, 87, 87)
    there = restored(guarded, tmp_path / "log.gz", "there.db")
    asked = ("show", "--as-of", "2025-09-11", "--known-at", "87")
    assert there.inside(*asked).json == guarded.inside(*asked).json
    assert there.inside("db", "check").json["entries"] == 87
    shown = guarded.inside("backup", tmp_path / "again.gz", "--table")
    assert "signed up to 87" in shown.out
    assert str(tmp_path / "again.gz") in shown.out


def test_refusals_have_their_codes(guarded: Shell, empty: Shell, tmp_path: Path) -> None:
    (tmp_path / "log.gz").write_bytes(b"kept")
    assert guarded.inside("backup", tmp_path / "log.gz").code == 4
    assert guarded.inside("backup", tmp_path / "none" / "log.gz").code == 5
    assert empty.inside("backup", tmp_path / "empty.gz").code == 2
    assert empty.inside("restore", tmp_path / "log.gz").code == 2
    assert empty.inside("restore", tmp_path / "absent.gz").code == 2
    assert guarded.inside("backup", tmp_path / "good.gz").code == 0
    assert guarded.inside("restore", tmp_path / "good.gz").code == 4
    gone = guarded.on(f"sqlite:///{tmp_path / 'absent.db'}")
    assert gone.inside("restore", tmp_path / "good.gz").code == 5
    assert guarded.inside("recover").code == 2
    assert guarded.inside("recover", "--from", tmp_path / "good.gz", "--new-epoch").code == 2
    assert guarded.inside("recover", "--from", tmp_path / "nowhere").code == 2
    assert guarded.inside("recover", "--new-epoch", *TOLD).code == 4


def test_a_restore_that_is_killed_leaves_everything_or_nothing(
    empty: Shell, migrated_file: Path, tmp_path: Path
) -> None:
    with open_parley(read_settings(database_url=empty.url)) as parley:
        record(parley, NEGOTIATION, SETTING)
        for thousand in range(3):
            bodies = [pledge(slug=f"pledge-{thousand}-{number}") for number in range(1_000)]
            record(parley, NEGOTIATION, bodies)
    size = empty.size()
    assert empty.inside("backup", tmp_path / "log.gz").code == 0
    random, left = Random(5), set()
    for _ in range(6):
        path = shutil.copy(migrated_file, tmp_path / "killed.db")
        there = empty.on(f"sqlite:///{path}")
        with subprocess.Popen(
            [str(PROGRAM), "restore", str(tmp_path / "log.gz")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=there.variables(),
        ) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(random.uniform(0.3, 2.5))
            process.kill()
        left.add(there.size())
        if there.size() == 0:
            assert there.inside("restore", tmp_path / "log.gz").code == 0
        assert there.inside("db", "check").json["entries"] == size
        for file in tmp_path.glob("killed.db*"):
            file.unlink()
    assert left <= {0, size}


def test_what_is_lost_comes_back_or_a_new_epoch_goes_on_without_it(
    guarded: Shell, tmp_path: Path
) -> None:
    assert guarded.inside("checkpoint").code == 0
    assert guarded.inside("backup", tmp_path / "old.gz").code == 0
    assert guarded.inside("record", SAMPLE, "-", stdin=NEWCOMER).code == 0
    assert guarded.inside("checkpoint").json["size"] == 88
    assert guarded.inside("backup", tmp_path / "new.gz").code == 0

    behind = restored(guarded, tmp_path / "old.gz", "behind.db")
    assert behind.inside("checkpoint").code == 5
    refused = behind.inside("record", SAMPLE, "-", stdin=NEWCOMER)
    assert refused.code == 5
    back = behind.inside("recover", "--from", tmp_path / "new.gz")
    assert (back.code, back.json["recovered"], back.json["signs"]) == (0, 1, True)
    assert behind.inside("checkpoint").json["size"] == 88

    without = restored(guarded, tmp_path / "old.gz", "without.db").with_environment(
        PARLEY_SIGNING_KEY_FILE=str(tmp_path / "keys" / "second.key")
    )
    done = without.inside("recover", "--new-epoch", *TOLD)
    assert (done.code, done.json["epoch"], done.json["kept"]) == (0, 2, 87)
    assert without.inside("record", SAMPLE, "-", stdin=NEWCOMER).code == 0
    assert without.inside("checkpoint").json["origin"] == done.json["origin"]
    # The log under the old name, found after all, is not signed any more.
    assert guarded.inside("checkpoint").code == 5
