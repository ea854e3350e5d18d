"""A `.tlog-proof` is as tlog-proof has it, and shows without the log that an entry is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint
from audit.note import NoteError
from audit.policy import PolicyUnmet
from audit.proof import LeafHashes, ProofError, prove_inclusion
from audit.proof_file import (
    HEADER,
    LogProof,
    ProofFileError,
    check_log_proof,
    format_log_proof,
    parse_log_proof,
)
from audit.tree import hash_leaf, root_of
from tests.audit.material import ORIGIN, POLICY, WITNESSED, leaves_of, sign

HASHES = [hash_leaf(leaf) for leaf in leaves_of(20)]
NOTE = sign(Checkpoint(ORIGIN, 20, root_of(HASHES)), witness=True)
PROOFS = st.builds(
    LogProof,
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
    st.just(NOTE),
    st.none() | st.binary(max_size=50),
)


def proof_of(index: int, note: bytes = NOTE) -> LogProof:
    return LogProof(index, tuple(prove_inclusion(LeafHashes(HASHES), index, 20)), note)


@given(PROOFS)
def test_a_proof_reads_back(proof: LogProof) -> None:
    assert parse_log_proof(format_log_proof(proof)) == proof


@given(st.integers(0, 19))
def test_an_entry_is_shown_to_be_in_the_log(index: int) -> None:
    proof = parse_log_proof(format_log_proof(proof_of(index)))
    signed = check_log_proof(proof, HASHES[index], WITNESSED)
    assert signed.checkpoint.size == 20


def test_a_proof_begins_as_the_specification_says() -> None:
    lines = format_log_proof(LogProof(3, (bytes(32),), NOTE, b"x")).decode().split("\n")
    zeroes = "A" * 43 + "="
    assert lines[:6] == [HEADER, "extra eA==", "index 3", zeroes, "", ORIGIN]


def test_a_proof_is_for_one_entry_only() -> None:
    with pytest.raises(ProofError):
        check_log_proof(proof_of(3), HASHES[4], POLICY)
    with pytest.raises(ProofError):
        check_log_proof(LogProof(4, proof_of(3).steps, NOTE), HASHES[3], POLICY)


def test_a_proof_without_the_quorum_is_refused() -> None:
    unseen = sign(Checkpoint(ORIGIN, 20, root_of(HASHES)))
    assert check_log_proof(proof_of(3, unseen), HASHES[3], POLICY).witnesses == {}
    with pytest.raises(PolicyUnmet):
        check_log_proof(proof_of(3, unseen), HASHES[3], WITNESSED)


def test_any_flipped_bit_of_a_proof_is_noticed() -> None:
    data = format_log_proof(proof_of(5))
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((NoteError, ProofError)):
            check_log_proof(parse_log_proof(bytes(changed)), HASHES[5], WITNESSED)


@pytest.mark.parametrize(
    "head",
    [
        "", HEADER, f"{HEADER}\n", f"{HEADER}\nindex 01", f"{HEADER}\nindex -1", "index 1",
        f"{HEADER}\nindex {2**63}", f"{HEADER}\nindex 1\nextra AA==", f"{HEADER}\nindex 1\nAA==",
        f"{HEADER}\nextra A\nindex 1", f"{HEADER}\nindex ٣", f"{HEADER} \nindex 1",
        f"{HEADER}\nindex 1" + f"\n{'A' * 43}=" * 64,
    ],
)  # fmt: skip
def test_what_is_no_proof_is_refused(head: str) -> None:
    with pytest.raises(NoteError):
        parse_log_proof(head.encode() + b"\n\n" + NOTE)


def test_a_proof_without_a_checkpoint_is_refused() -> None:
    with pytest.raises(ProofFileError):
        parse_log_proof(f"{HEADER}\nindex 1\n".encode())
    with pytest.raises(NoteError):
        check_log_proof(LogProof(1, (), b""), HASHES[1], POLICY)
