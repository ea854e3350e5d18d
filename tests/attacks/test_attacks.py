"""Whoever has the database and the key can make another log, and cannot make others forget.

Each attack leaves behind what passes every check that Parley makes of itself, and
what the log's own key has signed. A witness that saw the log before, or a checkpoint
that an auditor kept, tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TypeAlias

import pytest

from app.backup import back_up, restore
from app.origins import origins_of
from app.record import record
from app.settings import read_settings
from app.witness import Witness, add_checkpoint, open_witness, overview
from app.witness_look import Checked, check_log
from audit.evidence import check_evidence, parse_evidence
from audit.note import format_verifier_key
from audit.policy import Policy
from audit.proof import prove_consistency
from audit.report import Outcome
from audit.served import Served
from audit.source import Folder
from audit.verify import verify
from audit.witness import Submission, WitnessRefusal, format_submission
from domain.errors import BehindGuard
from exchange.backup_file import BackupReader
from ledger import wholeness
from ledger.database import connect
from ledger.tile_store import TileStore
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.attacks.operator import Operator, edited

SIZE, OLD = 300, 200
"""How far the log had come when the witness saw it, and when the older copy was made."""
BACKUP = "old.gz"
FIRST_PLEDGE = 7


@pytest.fixture
def operator(database: str, tmp_path: Path) -> Operator:
    """An operator whose log others have looked at."""
    settings = read_settings(
        database_url=database,
        subject="ann",
        origin="example.org/bridge",
        guard_file=tmp_path / "log.guard",
        signing_key_file=tmp_path / "log.key",
    )
    ticks = count(1_757_000_000_000_000, 1_000_000)
    operator = Operator(settings, ticks.__next__)
    with operator.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        grow(operator, OLD)
    operator.sign()
    back_up(settings, tmp_path / BACKUP, lambda *_: None)
    grow(operator, SIZE)
    operator.sign()
    return operator


def grow(operator: Operator, size: int, name: str = "pledge") -> None:
    """Record honest pledges until the log has come so far."""
    with operator.opened() as parley:
        first = parley.ledger.head().size + 1
        bodies = [pledge(slug=f"{name}-{number}") for number in range(first, size + 1)]
        if bodies:
            record(parley, NEGOTIATION, bodies)


@pytest.fixture
def witness(operator: Operator, tmp_path: Path) -> Iterator[Witness]:
    """A witness that has seen the honest log, over the wire."""
    with operator.opened() as parley:
        keys = [format_verifier_key(key.key) for key in origins_of(parley.ledger)[0].keys]
    witness = open_witness(tmp_path / "witness", logs=keys)
    assert look(witness, operator).outcome is Outcome.PROVEN
    yield witness
    # Whatever happened, what was seen is not taken back.
    (log,) = overview(witness).logs
    assert log.size is not None
    assert log.size >= SIZE


def look(witness: Witness, operator: Operator) -> Checked:
    with operator.serving() as address, Served(address) as source:
        return check_log(witness, source)


# --- the attacks ----------------------------------------------------------------------


def edit_an_entry(operator: Operator, _: Path) -> None:
    """Another summary in one entry, and the whole tree built anew."""
    operator.replace_log(edited(operator.leaves(), FIRST_PLEDGE, "North will pay for nothing."))


def edit_an_entry_and_go_on(operator: Operator, folder: Path) -> None:
    """The same, hidden under new entries."""
    edit_an_entry(operator, folder)
    grow(operator, SIZE + 50, "later")


def cut_the_tail(operator: Operator, _: Path) -> None:
    """The last entries are gone, as if nobody had recorded them."""
    operator.replace_log(operator.leaves()[: SIZE - 30])


def restore_an_older_copy(operator: Operator, folder: Path) -> None:
    """The backup of another day, as it came back from the shelf."""
    with (folder / BACKUP).open("rb") as file:
        backup = BackupReader(file)
        for _ in backup.rows():
            pass  # Leaves come after the rows, and what was signed is signed anew.
        operator.replace_log(backup.leaves())
    assert len(operator.leaves()) == OLD


def restore_an_older_copy_and_go_on(operator: Operator, folder: Path) -> None:
    """The older copy, with other entries in the place of those that were lost."""
    restore_an_older_copy(operator, folder)
    grow(operator, SIZE + 10, "instead")


def fork(operator: Operator, folder: Path) -> None:
    """Another story of the same length, to be shown to somebody else."""
    restore_an_older_copy(operator, folder)
    grow(operator, SIZE, "other")


Attack: TypeAlias = Callable[[Operator, Path], None]
ATTACKS: dict[Attack, str] = {
    edit_an_entry: "fork",
    edit_an_entry_and_go_on: "unproved",
    cut_the_tail: "rollback",
    restore_an_older_copy: "rollback",
    restore_an_older_copy_and_go_on: "unproved",
    fork: "fork",
}
"""Each attack, and what a witness that saw the log before keeps of it."""


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_is_caught_by_a_witness_and_by_an_older_checkpoint(
    operator: Operator, witness: Witness, tmp_path: Path, attack: Attack
) -> None:
    kept = operator.sign().note
    attack(operator, tmp_path)
    signed = operator.sign()

    # Of itself the log is whole, and its own key has signed it: a root alone proves nothing.
    engine = connect(operator.settings.database_url)
    assert wholeness.verify(engine).root == signed.root
    engine.dispose()
    policy = operator.export(tmp_path / "shown")
    assert verify(Folder(tmp_path / "shown"), policy).outcome is Outcome.PROVEN

    _a_kept_checkpoint_tells(tmp_path / "shown", policy, kept, attack)
    caught = look(witness, operator)
    assert caught.outcome is Outcome.TAMPERED
    (evidence,) = caught.evidence
    assert evidence.what == ATTACKS[attack]
    check_evidence(parse_evidence(Path(evidence.file).read_bytes()), policy.logs)
    # Looking again does not make it better.
    assert look(witness, operator).outcome is Outcome.TAMPERED


def _a_kept_checkpoint_tells(folder: Path, policy: Policy, kept: bytes, attack: Attack) -> None:
    report = verify(Folder(folder), policy, since=kept)
    # An export that ends before what was kept may also be a mere old one.
    expected = Outcome.INCONCLUSIVE if ATTACKS[attack] == "rollback" else Outcome.TAMPERED
    assert report.outcome is expected


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_no_attack_gets_a_cosignature(
    operator: Operator, witness: Witness, tmp_path: Path, attack: Attack
) -> None:
    attack(operator, tmp_path)
    signed = operator.sign()
    with operator.opened() as parley:
        reader = TileStore(parley.ledger.engine).reader(signed.size)
        for old in {1, OLD, min(SIZE, signed.size), signed.size}:
            proof = prove_consistency(reader, old, signed.size)
            body = format_submission(Submission(old, tuple(proof), signed.note))
            with pytest.raises(WitnessRefusal):
                add_checkpoint(witness, body)
        with pytest.raises(WitnessRefusal):
            add_checkpoint(witness, format_submission(Submission(0, (), signed.note)))


def test_an_honest_log_that_grows_is_never_accused(operator: Operator, witness: Witness) -> None:
    for size in (SIZE, SIZE + 1, SIZE + 40, SIZE + 230):
        grow(operator, size)
        operator.sign()
        assert look(witness, operator).outcome is Outcome.PROVEN
    assert overview(witness).evidence == ()


def test_an_old_backup_is_refused_by_the_guard_that_only_a_cheat_removes(
    operator: Operator, tmp_path: Path, other_database: str
) -> None:
    copy = Operator(
        operator.settings.model_copy(update={"database_url": other_database}), operator.clock
    )
    restored = restore(copy.settings, tmp_path / BACKUP, lambda *_: None, lambda *_: None)
    assert (restored.entries, restored.guarded, restored.signs) == (OLD, SIZE, False)
    with pytest.raises(BehindGuard):
        copy.sign()
    assert copy.settings.guard_file is not None
    copy.settings.guard_file.unlink()
    assert copy.sign(new_guard=True).size == OLD
