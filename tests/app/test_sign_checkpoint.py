"""The log signs what it holds, and nothing that it might have to take back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.guard import Guard
from app.origins import origins_of
from app.parley import Parley
from app.read_proof import consistency, inclusion, log_proof
from app.record import record
from app.sign_checkpoint import sign_checkpoint
from app.signing_files import guard_path, signing_key_path
from audit.checkpoint import parse_checkpoint
from audit.note import check_note, parse_note
from audit.policy import Policy
from audit.proof import check_consistency, check_inclusion
from audit.proof_file import check_log_proof, parse_log_proof
from domain.errors import BehindGuard, GuardUnusable, KeyUnusable, SigningRefused, TreeBroken
from ledger import checkpoints
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House


def key_file(parley: Parley) -> Path:
    return signing_key_path(parley.settings, origins_of(parley.ledger)[-1].origin)


def guard_file(parley: Parley) -> Path:
    return guard_path(parley.settings, origins_of(parley.ledger)[-1].origin)


def test_a_checkpoint_is_signed_once_for_what_was_recorded(house_on_each: House) -> None:
    with house_on_each.opened() as parley:
        first = sign_checkpoint(parley)
        again = sign_checkpoint(parley)
        record(parley, NEGOTIATION, SETTING)
        second = sign_checkpoint(parley)

        assert again == first
        assert (first.size, second.size) == (1, parley.ledger.head().size)
        assert second.root == parley.ledger.head().root
        assert checkpoints.page(parley.ledger.engine) == (first, second)
        assert checkpoints.newest(parley.ledger.engine) == second
        assert checkpoints.at(parley.ledger.engine, 1) == first
        (name,) = origins_of(parley.ledger)
        note = parse_note(second.note)
        assert check_note(note, [key.key for key in name.keys]) == [name.keys[0].key]
        assert parse_checkpoint(note.text).origin == name.origin == name.keys[0].key.name


def test_proofs_check_by_the_keys_of_the_log_alone(house_on_each: House) -> None:
    with house_on_each.opened() as parley:
        old = sign_checkpoint(parley)
        record(parley, NEGOTIATION, SETTING)
        new = sign_checkpoint(parley)
        policy = Policy((origins_of(parley.ledger)[0].keys[0].key,))

        for leaf in parley.ledger.leaves():
            proof = parse_log_proof(log_proof(parley, leaf.position))
            signed = check_log_proof(proof, leaf.leaf_hash, policy)
            assert signed.checkpoint.size == new.size
            told = inclusion(parley, leaf.position)
            steps = [bytes.fromhex(step) for step in told.proof]
            check_inclusion(leaf.leaf_hash, leaf.position - 1, new.size, steps, new.root)
        grown = consistency(parley, old.size)
        steps = [bytes.fromhex(step) for step in grown.proof]
        check_consistency(old.size, new.size, steps, old.root, new.root)


def test_an_older_copy_of_the_database_is_not_signed(house: House, tmp_path: Path) -> None:
    with house.opened() as parley:
        sign_checkpoint(parley)
    shutil.copy(tmp_path / "log.db", tmp_path / "backup.db")
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        sign_checkpoint(parley)
    shutil.copy(tmp_path / "backup.db", tmp_path / "log.db")

    with house.opened() as parley, pytest.raises(BehindGuard, match="older copy"):
        sign_checkpoint(parley)
    with house.opened() as parley:
        # As somebody might who does not care.
        parley.ledger.seal(None)
        record(parley, NEGOTIATION, [*SETTING, pledge()])
        with pytest.raises(BehindGuard, match="not those that were signed"):
            sign_checkpoint(parley)


def test_a_key_that_is_missing_open_or_another_is_refused(house: House) -> None:
    with house.opened() as parley:
        sign_checkpoint(parley)
        record(parley, NEGOTIATION, SETTING)
        path = key_file(parley)
        text = path.read_text()

        path.unlink()
        with pytest.raises(KeyUnusable, match="there is no file"):
            sign_checkpoint(parley)
        assert not path.exists()
        for mode in (0o640, 0o604, 0o620, 0o602):
            path.write_text(text)
            path.chmod(mode)
            with pytest.raises(KeyUnusable, match="others than its owner"):
                sign_checkpoint(parley)
        path.chmod(0o600)
        for wrong in (
            "",
            "garbage",
            text.replace("+A", "+B"),
            text[: len(text) // 2],
            "\0" * 5_000,
        ):
            path.write_text(wrong)
            with pytest.raises(KeyUnusable):
                sign_checkpoint(parley)
        path.write_text(text)
        assert sign_checkpoint(parley).size == parley.ledger.head().size


def test_a_guard_that_is_missing_or_garbage_is_refused(house: House) -> None:
    with house.opened() as parley:
        sign_checkpoint(parley)
        record(parley, NEGOTIATION, SETTING)
        path = guard_file(parley)
        text = path.read_text()

        path.unlink()
        with pytest.raises(GuardUnusable, match="there is no file"):
            sign_checkpoint(parley)
        altered = text.replace("\n1\n", "\n9\n")
        assert altered != text
        for wrong in (
            altered,
            "",
            "x",
            text[:-3],
            text[:10],
            "\0" * 99,
            text.replace("\n\n", "\n"),
        ):
            path.write_text(wrong)
            path.chmod(0o600)
            with pytest.raises(GuardUnusable):
                sign_checkpoint(parley)
        path.write_text(text)
        path.chmod(0o644)
        with pytest.raises(GuardUnusable, match="others than its owner"):
            sign_checkpoint(parley)
        path.unlink()
        assert sign_checkpoint(parley, new_guard=True).size == parley.ledger.head().size
        assert Guard(path).read() is not None


def test_every_refusal_is_one_of_signing() -> None:
    assert all(
        issubclass(each, SigningRefused)
        for each in (BehindGuard, GuardUnusable, KeyUnusable, TreeBroken)
    )
