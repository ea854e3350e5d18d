"""A server signs by itself, and says so by name where it does not."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app import checkpointer as module
from app.checkpointer import Checkpointer, checkpointing
from app.health import readiness
from app.origins import origins_of
from app.parley import Parley
from app.record import record
from app.sign_checkpoint import sign_checkpoint
from app.signing_files import guard_path, signing_key_path
from domain.errors import BehindGuard, KeyUnusable, SigningRefused
from ledger import checkpoints
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House
from tests.ledger.drafts import ask

PATIENCE = 30.0


def until(so: Callable[[], bool]) -> None:
    """Wait for what has to come about, however slow the machine is."""
    end = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < end
        time.sleep(0.01)


def guard_file(parley: Parley) -> Path:
    return guard_path(parley.settings, origins_of(parley.ledger)[-1].origin)


def signed(parley: Parley) -> int:
    return checkpoints.newest_size(parley.ledger.engine)


def test_what_is_recorded_is_signed_without_being_asked_for(house_on_each: House) -> None:
    with house_on_each.opened() as parley, checkpointing(parley, every=0.01):
        until(lambda: signed(parley) == 1)
        record(parley, NEGOTIATION, SETTING)
        until(lambda: signed(parley) == parley.ledger.head().size)
        until(lambda: parley.signing.size == signed(parley))
        assert readiness(parley).signed == parley.ledger.head().size
        assert readiness(parley).signing_refused is None


def test_two_looks_at_the_log_are_less_than_fifteen_seconds_apart() -> None:
    assert module.EVERY <= 10
    assert module.IDLE == 3_600


def test_a_log_that_has_not_grown_is_looked_at_once_an_hour(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Parley] = []

    def sign(parley: Parley) -> checkpoints.StoredCheckpoint:
        asked.append(parley)
        return sign_checkpoint(parley)

    now = [1_000.0]
    monkeypatch.setattr(module, "sign_checkpoint", sign)
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    with house.opened() as parley:
        work = Checkpointer(parley)
        for now[0] in (1_000.0, 1_010.0, 4_599.0):
            work.look()
        assert len(asked) == 1
        now[0] = 4_600.0
        work.look()
        assert len(asked) == 2
        record(parley, NEGOTIATION, SETTING)
        work.look()
        assert len(asked) == 3


def test_a_refusal_is_named_once_in_the_log_and_for_as_long_as_it_lasts_elsewhere(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with house.opened() as parley, caplog.at_level(logging.INFO, "parley.proof"):
        work = Checkpointer(parley)
        work.look()
        path = signing_key_path(parley.settings, origins_of(parley.ledger)[-1].origin)
        path.chmod(0o644)
        record(parley, NEGOTIATION, SETTING)
        for _ in range(3):
            work.look()

        errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
        assert len(errors) == 1
        assert "others than its owner" in errors[0]
        assert isinstance(parley.signing.refused, KeyUnusable)
        told = readiness(parley)
        assert told.signing_refused == "key-unusable"
        assert told.signed == 1
        # What is wrong with the key is no reason to stop recording.
        record(parley, NEGOTIATION, pledge())

        path.chmod(0o600)
        work.look()
        assert readiness(parley).signing_refused is None
        assert signed(parley) == parley.ledger.head().size


def test_a_database_behind_the_guard_takes_nothing_until_the_newest_is_back(
    house: House, tmp_path: Path
) -> None:
    with house.opened() as parley:
        sign_checkpoint(parley)
    shutil.copy(tmp_path / "log.db", tmp_path / "old.db")
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        sign_checkpoint(parley)
        path = guard_file(parley)
    shutil.copy(tmp_path / "log.db", tmp_path / "new.db")
    shutil.copy(tmp_path / "old.db", tmp_path / "log.db")

    with house.opened() as parley:
        with pytest.raises(BehindGuard, match="put the newest database in its place"):
            record(parley, NEGOTIATION, SETTING)
        work = Checkpointer(parley)
        work.look()
        assert isinstance(parley.signing.refused, BehindGuard)
        with pytest.raises(BehindGuard):
            record(parley, NEGOTIATION, SETTING)
        assert parley.ledger.head().size == 1
        assert readiness(parley).signing_refused == "behind-guard"
    shutil.copy(tmp_path / "new.db", tmp_path / "log.db")
    with house.opened() as parley:
        Checkpointer(parley).look()
        assert parley.signing.refused is None
        record(parley, NEGOTIATION, pledge())
    assert path.exists()


def test_a_log_that_was_changed_under_its_checkpoint_is_not_signed(house_on_each: House) -> None:
    with house_on_each.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        sign_checkpoint(parley)
        record(parley, NEGOTIATION, pledge())
        url = parley.settings.database_url
        lite = url.startswith("sqlite")
        ask(
            url,
            "DROP TRIGGER events_refuse_update" if lite else "DROP TRIGGER events_refuse ON events",
        )
        ask(
            url,
            "UPDATE events SET leaf_hash = (SELECT leaf_hash FROM events WHERE position = 1)"
            " WHERE position = 2",
        )
        work = Checkpointer(parley)
        work.look()

        assert isinstance(parley.signing.refused, SigningRefused)
        assert "not those that were signed" in str(parley.signing.refused)
        assert signed(parley) < parley.ledger.head().size


def test_a_checkpoint_that_was_put_in_by_another_is_not_followed(house: House) -> None:
    with house.opened() as parley:
        sign_checkpoint(parley)
        record(parley, NEGOTIATION, SETTING)
        url, size = parley.settings.database_url, parley.ledger.head().size
        ask(
            url,
            "INSERT INTO log_checkpoints SELECT 2, 1, origin, root, signed_at, note"
            " FROM log_checkpoints WHERE size = 1",
        )
        with pytest.raises(SigningRefused, match="checkpoint of size 2 is not what was signed"):
            sign_checkpoint(parley)
        assert size > 2


def test_a_defect_does_not_end_the_signing_for_good(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Parley) -> None:
        raise ZeroDivisionError

    with house.opened() as parley:
        work = Checkpointer(parley)
        with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "parley.proof"):
            patch.setattr(module, "sign_checkpoint", fail)
            work.look()
        assert "defect" in caplog.text
        assert isinstance(parley.signing.refused, SigningRefused)
        work.look()
        assert parley.signing.refused is None
