"""A witness at work: handed checkpoints, looking itself, and never talked out of what it saw."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.witness import Witness, add_checkpoint, newest_note, open_witness, overview
from app.witness_folder import hash_of
from app.witness_look import check_log
from audit.checkpoint import Checkpoint
from audit.cosignature import check_cosignatures
from audit.evidence import check_evidence, parse_evidence
from audit.export import write_export
from audit.note import MAX_SIGNATURES, Note, Signer, format_note, format_verifier_key, parse_note
from audit.report import Outcome
from audit.source import Folder
from audit.witness import (
    NotContinued,
    NotSigned,
    OtherSize,
    Submission,
    UnknownLog,
    WitnessRefusal,
    format_submission,
)
from domain.errors import InvalidInput, NotFound, Unavailable
from tests.audit.material import ORIGIN, POLICY, SIGNER, WITNESS, Files, files_of, leaf_at, sign
from tests.audit.trees import FORKED, HONEST, History

LOG_KEY = format_verifier_key(SIGNER.key)
WITNESS_KEY = format_verifier_key(WITNESS.key)
NAME = "witness.example.org/w2"
STREAMS = 125


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return opened(tmp_path / "witness")


def opened(path: Path) -> Witness:
    return open_witness(path, name=NAME, logs=[LOG_KEY], clock=count(1_757_000_000).__next__)


def checkpoint_of(witness: Witness) -> Checkpoint | None:
    seen = witness.folder.seen(ORIGIN)
    return None if seen is None else seen.checkpoint


# --- handed in ----------------------------------------------------------------------


def test_a_checkpoint_that_continues_is_cosigned_and_kept(witness: Witness) -> None:
    for old, new in ((0, 3), (3, 3), (3, 17), (17, 64)):
        line = add_checkpoint(witness, HONEST.body(old, new))
        cosigned = parse_note(HONEST.note(new) + line.encode())
        assert list(check_cosignatures(cosigned, [witness.folder.cosigner.key]))
        assert newest_note(witness, hash_of(ORIGIN)) == format_note(cosigned)
    assert checkpoint_of(witness) == HONEST.checkpoint(64)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (FORKED.body(8, 8), NotContinued),
        (FORKED.body(8, 12), NotContinued),
        (HONEST.body(7, 12), OtherSize),
        (HONEST.body(0, 12), OtherSize),
        (HONEST.body(3, 7), OtherSize),
    ],
    ids=["a fork", "a fork that grew", "another size", "from nothing", "back"],
)
def test_what_does_not_continue_changes_nothing(
    witness: Witness, body: bytes, refusal: type[WitnessRefusal]
) -> None:
    add_checkpoint(witness, HONEST.body(0, 8))
    before = newest_note(witness, hash_of(ORIGIN))
    with pytest.raises(refusal):
        add_checkpoint(witness, body)
    assert newest_note(witness, hash_of(ORIGIN)) == before


def test_a_log_that_nobody_named_is_unknown_and_a_stranger_signs_nothing(witness: Witness) -> None:
    stranger = Signer("other.example.org", Ed25519PrivateKey.generate())
    other = Checkpoint("other.example.org", 3, bytes(32))
    with pytest.raises(UnknownLog):
        add_checkpoint(witness, format_submission(Submission(0, (), sign(other, signer=stranger))))
    forger = Signer(ORIGIN, Ed25519PrivateKey.generate())
    forged = sign(HONEST.checkpoint(3), signer=forger)
    with pytest.raises(NotSigned):
        add_checkpoint(witness, format_submission(Submission(0, (), forged)))
    with pytest.raises(NotFound):
        newest_note(witness, hash_of(ORIGIN))
    assert overview(witness).evidence == ()


def test_the_evidence_of_a_fork_is_kept_once_and_convicts_by_itself(witness: Witness) -> None:
    add_checkpoint(witness, HONEST.body(0, 8))
    for _ in range(3):
        with pytest.raises(NotContinued):
            add_checkpoint(witness, FORKED.body(8, 8))
    (caught,) = overview(witness).evidence
    assert (caught.what, caught.seen_size, caught.shown_size) == ("fork", 8, 8)
    evidence = parse_evidence(Path(caught.file).read_bytes())
    check_evidence(evidence, [SIGNER.key])
    assert FORKED.checkpoint(8) == evidence.checkpoints[1]


def test_of_two_histories_handed_in_at_once_one_is_cosigned(tmp_path: Path) -> None:
    witness = opened(tmp_path)
    histories = [History(f"history {n}", forked_at=5) for n in range(8)]
    add_checkpoint(witness, HONEST.body(0, 5))
    for size in range(6, 30, 4):
        old = size - 4 if size > 6 else 5

        def hand_in(history: History, old: int = old, size: int = size) -> bool:
            try:
                add_checkpoint(opened(tmp_path), history.body(old, size))
            except WitnessRefusal:
                return False
            return True

        with ThreadPoolExecutor(len(histories)) as pool:
            taken = list(pool.map(hand_in, histories))
        assert sum(taken) == 1
        histories = [*(h for h, won in zip(histories, taken, strict=True) if won), *histories]
        histories = list(dict.fromkeys(histories))


def _hand_in_at_random(path: Path, name: str, seed: int) -> list[tuple[int, bytes]]:
    """What a process was given cosignatures for; every history is one of its own."""
    random, witness, cosigned = Random(seed), opened(path), []
    history = History(name, forked_at=5)
    for _ in range(60):
        seen = checkpoint_of(witness)
        size = random.randint(1, 64) if seen is None else random.randint(seen.size, 64)
        old = 0 if seen is None else seen.size
        try:
            add_checkpoint(witness, history.body(old, size))
        except WitnessRefusal:
            continue
        cosigned.append((size, history.checkpoint(size).root))
    return cosigned


def test_several_processes_never_get_two_roots_of_one_size_cosigned(tmp_path: Path) -> None:
    opened(tmp_path)
    jobs = [(tmp_path, f"history {n % 2}", n) for n in range(4)]
    with multiprocessing.get_context("spawn").Pool(len(jobs)) as pool:
        found = [each for part in pool.starmap(_hand_in_at_random, jobs) for each in part]
    roots = dict(found)
    assert found
    assert all(roots[size] == root for size, root in found)
    # All that was cosigned beyond the fork is of one history.
    histories = [History(name, forked_at=5) for name in ("history 0", "history 1")]
    beyond = [(size, root) for size, root in found if size > 5]
    assert sum(all(h.checkpoint(s).root == r for s, r in beyond) for h in histories) >= 1


# --- looking itself -----------------------------------------------------------------


class Served(Files):
    """The same files as a server has them, which says by them what the log is now."""

    is_export = False


def export(folder: Path, size: int, changed: int = 0) -> Files:
    """A log of this size, signed; with another entry at the position that is changed, if any."""
    leaves = (
        leaf_at(at, STREAMS, "Nobody said this." if at == changed else "")
        for at in range(1, size + 1)
    )
    write_export(folder, leaves, origin=ORIGIN, sign=sign, policy=POLICY)
    return Files(files_of(folder))


@pytest.mark.parametrize("sizes", [(1, 2), (3, 3), (5, 300), (256, 512), (255, 257), (300, 700)])
def test_an_export_that_continues_what_was_seen_is_good(
    witness: Witness, tmp_path: Path, sizes: tuple[int, int]
) -> None:
    first, second = (export(tmp_path / f"{n}-{size}", size) for n, size in enumerate(sizes))
    seen = check_log(witness, first)
    assert (seen.outcome, seen.seen_size) == (Outcome.PROVEN, None)
    again = check_log(witness, second)
    assert (again.outcome, again.seen_size, again.size) == (Outcome.PROVEN, *sizes)
    assert again.cosignature is not None
    cosigned = parse_note(second["checkpoint"] + again.cosignature.encode())
    assert list(check_cosignatures(cosigned, [witness.folder.cosigner.key]))


def test_a_log_may_have_dropped_the_partial_tiles_of_a_checkpoint(
    witness: Witness, tmp_path: Path
) -> None:
    check_log(witness, export(tmp_path / "1", 250))
    grown, later = export(tmp_path / "2", 255), export(tmp_path / "3", 600)
    kept = {path: data for path, data in grown.items() if ".p/" not in path}
    assert check_log(witness, Files(later | kept)).outcome is Outcome.PROVEN


def test_an_operator_who_rewrites_an_entry_and_signs_anew_is_caught(
    witness: Witness, tmp_path: Path
) -> None:
    check_log(witness, export(tmp_path / "1", 500))
    caught = check_log(witness, export(tmp_path / "2", 500, 77))
    assert caught.outcome is Outcome.TAMPERED
    assert [each.what for each in caught.evidence] == ["fork"]
    grown = check_log(witness, export(tmp_path / "3", 600, 77))
    assert grown.outcome is Outcome.TAMPERED
    assert {each.what for each in grown.evidence} == {"fork", "unproved"}
    # Back to the old story: what it signed stays signed.
    honest = check_log(witness, export(tmp_path / "4", 700))
    assert honest.outcome is Outcome.TAMPERED
    assert "from before" in honest.message


def test_a_log_whose_end_was_cut_off_is_caught(witness: Witness, tmp_path: Path) -> None:
    check_log(witness, export(tmp_path / "1", 500))
    caught = check_log(witness, Served(export(tmp_path / "2", 450)))
    assert caught.outcome is Outcome.TAMPERED
    assert [each.what for each in caught.evidence] == ["rollback"]
    assert [each.what for each in overview(witness).evidence] == ["rollback"]


def test_an_export_that_is_older_than_what_was_seen_accuses_nobody(
    witness: Witness, tmp_path: Path
) -> None:
    check_log(witness, export(tmp_path / "1", 500))
    stale = check_log(witness, export(tmp_path / "2", 450))
    assert stale.outcome is Outcome.INCONCLUSIVE
    assert "it is stale, or the end of the log was cut off" in stale.message
    assert overview(witness).evidence == ()


def test_an_old_checkpoint_over_a_log_that_went_on_is_only_stale(
    witness: Witness, tmp_path: Path
) -> None:
    old, new = export(tmp_path / "1", 450), export(tmp_path / "2", 500)
    check_log(witness, new)
    stale = check_log(witness, Files({**new, "checkpoint": old["checkpoint"]}))
    assert stale.outcome is Outcome.INCONCLUSIVE
    assert overview(witness).evidence == ()


def test_a_log_that_could_not_be_read_for_a_while_clears_itself(
    witness: Witness, tmp_path: Path
) -> None:
    old, new = export(tmp_path / "1", 450), export(tmp_path / "2", 500)
    check_log(witness, new)
    broken = Served({"checkpoint": old["checkpoint"]})
    assert check_log(witness, broken).outcome is Outcome.TAMPERED
    cleared = check_log(witness, new)
    assert cleared.outcome is Outcome.PROVEN
    assert [each.answered for each in overview(witness).evidence] == [True]


def test_what_is_wanting_accuses_nobody(witness: Witness, tmp_path: Path) -> None:
    assert check_log(witness, Files()).outcome is Outcome.INCONCLUSIVE
    check_log(witness, export(tmp_path / "1", 450))
    new = export(tmp_path / "2", 500)
    tileless = Files({path: data for path, data in new.items() if "tile/" not in path})
    assert check_log(witness, tileless).outcome is Outcome.INCONCLUSIVE
    assert overview(witness).evidence == ()
    assert check_log(witness, new).outcome is Outcome.PROVEN


def test_an_altered_checkpoint_is_told_from_one_of_an_unknown_key(
    witness: Witness, tmp_path: Path
) -> None:
    found = export(tmp_path / "1", 10)
    altered = found["checkpoint"].replace(b"\n10\n", b"\n11\n")
    assert check_log(witness, Files({**found, "checkpoint": altered})).outcome is Outcome.TAMPERED
    nobody = open_witness(tmp_path / "other", name=NAME)
    assert check_log(nobody, found).outcome is Outcome.INCONCLUSIVE


def test_a_folder_on_this_machine_is_looked_at_as_a_server_is(
    witness: Witness, tmp_path: Path
) -> None:
    export(tmp_path / "export", 300)
    assert check_log(witness, Folder(tmp_path / "export")).outcome is Outcome.PROVEN
    assert check_log(witness, Folder(tmp_path / "nothing")).outcome is Outcome.INCONCLUSIVE


# --- opening ------------------------------------------------------------------------


def test_a_witness_tells_what_it_watches_and_what_it_saw(witness: Witness) -> None:
    (log,) = overview(witness).logs
    assert (log.origin, log.keys, log.size) == (ORIGIN, (LOG_KEY,), None)
    add_checkpoint(witness, HONEST.body(0, 3))
    (log,) = overview(witness).logs
    assert (log.origin, log.size) == (ORIGIN, 3)
    assert overview(witness).key == format_verifier_key(witness.folder.cosigner.key)


def test_a_witness_keeps_its_name_and_its_logs(tmp_path: Path) -> None:
    opened(tmp_path)
    again = open_witness(tmp_path)
    assert (again.folder.cosigner.key.name, again.folder.logs()) == (NAME, (SIGNER.key,))
    with pytest.raises(InvalidInput, match="--name"):
        open_witness(tmp_path, name="another")


def test_a_note_with_as_many_signatures_as_one_may_have_is_cosigned(witness: Witness) -> None:
    note = parse_note(HONEST.note(3))
    forger = Signer("other.example.org", Ed25519PrivateKey.generate())
    many = (*note.signatures, *[forger.sign(note.text)] * (MAX_SIGNATURES - 1))
    data = format_note(Note(note.text, many))
    add_checkpoint(witness, format_submission(Submission(0, (), data)))
    kept = parse_note(newest_note(witness, hash_of(ORIGIN)))
    assert [each.name for each in kept.signatures] == [ORIGIN, NAME]


@pytest.mark.parametrize("log", ["", "nonsense", LOG_KEY[:-4] + "AAAA", LOG_KEY + " ", WITNESS_KEY])
def test_what_is_no_key_of_a_log_is_refused(tmp_path: Path, log: str) -> None:
    with pytest.raises(InvalidInput, match="--log"):
        open_witness(tmp_path, logs=[log])


def test_a_policy_names_logs_and_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "policy"
    file.write_text(f"log {LOG_KEY}\nquorum none\n", "utf-8")
    assert open_witness(tmp_path / "w", policy=file).folder.logs() == (SIGNER.key,)
    for path in (tmp_path / "absent", Path(__file__)):
        with pytest.raises(InvalidInput, match="--policy"):
            open_witness(tmp_path / "w", policy=path)


def test_a_folder_that_cannot_be_used_is_refused_with_the_way_out(
    witness: Witness, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="--folder"):
        open_witness(tmp_path / "file")
    add_checkpoint(witness, HONEST.body(0, 3))
    (file,) = witness.folder.path.glob("logs/*")
    file.write_bytes(b"garbage")
    with pytest.raises(Unavailable, match="--folder"):
        add_checkpoint(witness, HONEST.body(3, 4))
    with pytest.raises(Unavailable, match="--folder"):
        overview(witness)


def test_a_cosignature_of_its_own_in_what_is_handed_in_is_replaced(witness: Witness) -> None:
    line = add_checkpoint(witness, HONEST.body(0, 3))
    note = parse_note(HONEST.note(3) + line.encode())
    again = add_checkpoint(
        witness, format_submission(Submission(3, (), format_note(Note(note.text, note.signatures))))
    )
    kept = parse_note(newest_note(witness, hash_of(ORIGIN)))
    assert len(kept.signatures) == 2
    assert again != line
