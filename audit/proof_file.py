"""Proofs to carry away: that a log holds an entry, in one small text (C2SP tlog-proof).

    c2sp.org/tlog-proof@v1
    extra <base 64>            (only where there is any)
    index <of the entry, counted from 0>
    <one hash of the inclusion proof on each line>
    (an empty line)
    <the signed checkpoint>

Who has the entry, the proof and a policy needs neither the log nor a network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audit.checkpoint import MAX_SIZE
from audit.note import MAX_NOTE, NoteError, format_base64, parse_base64
from audit.policy import Policy, SignedCheckpoint, check_checkpoint
from audit.proof import check_inclusion
from audit.tree import HASH_SIZE

HEADER = "c2sp.org/tlog-proof@v1"
MAX_STEPS = 63  # A tree of 2^63 leaves is no higher.
SUFFIX = ".tlog-proof"

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


class ProofFileError(NoteError):
    """What is no `.tlog-proof`."""


@dataclass(frozen=True, slots=True)
class LogProof:
    """The entry at `index` (counted from 0) is in the log, as this checkpoint has it.

    `checkpoint` is the signed note, byte for byte. `extra` is vouched for by nobody.
    """

    index: int
    steps: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_log_proof(proof: LogProof) -> bytes:
    """The text of a proof; raises ProofFileError for one that would not read back."""
    lines = [HEADER]
    if proof.extra is not None:
        lines.append(f"extra {format_base64(proof.extra)}")
    lines.append(f"index {proof.index}")
    lines += [format_base64(step) for step in proof.steps]
    data = "".join(f"{line}\n" for line in [*lines, ""]).encode() + proof.checkpoint
    if parse_log_proof(data) != proof:
        raise ProofFileError("these parts do not make a proof")
    return data


def parse_log_proof(data: bytes) -> LogProof:
    """The exact inverse of `format_log_proof`; raises NoteError for anything else.

    The checkpoint is taken as it stands: `check_log_proof` looks into it.
    """
    if len(data) > 2 * MAX_NOTE:
        raise ProofFileError(f"a proof has at most {2 * MAX_NOTE} bytes, not {len(data)}")
    head, empty_line, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise ProofFileError("a proof is ASCII above its checkpoint") from None
    if not empty_line or lines.pop(0) != HEADER:
        raise ProofFileError(f"a proof begins with {HEADER} and ends with a checkpoint")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = parse_base64(lines.pop(0).removeprefix("extra "))
    found = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if not found or int(found[1]) > MAX_SIZE:
        raise ProofFileError("a proof says which entry it is of: index 12")
    steps = tuple(parse_base64(line) for line in lines)
    if len(steps) > MAX_STEPS or any(len(step) != HASH_SIZE for step in steps):
        raise ProofFileError(f"a proof has at most {MAX_STEPS} hashes of {HASH_SIZE} bytes")
    return LogProof(int(found[1]), steps, checkpoint, extra)


def check_log_proof(proof: LogProof, leaf_hash: bytes, policy: Policy) -> SignedCheckpoint:
    """The checkpoint by which the log holds this leaf ("Verifying a tlog proof", steps 2 to 4).

    Raises NoteError where the checkpoint does not count (PolicyUnmet where only
    signatures are wanting), ProofError where the proof does not lead to its root.
    """
    signed = check_checkpoint(proof.checkpoint, policy)
    size, root = signed.checkpoint.size, signed.checkpoint.root
    check_inclusion(leaf_hash, proof.index, size, proof.steps, root)
    return signed
