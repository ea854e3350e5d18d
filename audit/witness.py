"""A witness cosigns only what continues what it cosigned before (C2SP tlog-witness).

Someone hands in a checkpoint and says from which size the proof leads:

    old <size>
    base64(hash)      a consistency proof (RFC 6962 §2.1.2) of 0 to 63 lines
    (an empty line)
    the signed checkpoint

What a log signed for two readers cannot both continue one tree. A witness that has
seen the one refuses the other, and what it keeps of the two is evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit.checkpoint import MAX_SIZE, Checkpoint, parse_checkpoint
from audit.note import (
    Note,
    NoteError,
    VerifierKey,
    check_note,
    format_base64,
    parse_base64,
    parse_note,
)
from audit.proof import ProofError, check_consistency
from audit.tree import EMPTY_ROOT, HASH_SIZE

MAX_PROOF = 63
"""Lines of a proof; a tree of 2^63 leaves is no higher."""
MAX_SUBMISSION = 100_000
"""Bytes of what is handed in: 63 lines of a proof and a checkpoint of 100 signatures have less."""

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class WitnessRefusal(NoteError):
    """The witness does not cosign this."""


class Malformed(WitnessRefusal):
    """It is not written as the specification has it, or leads from a larger tree to a smaller."""


class UnknownLog(WitnessRefusal):
    """The witness was not told of a log of this origin."""


class NotSigned(WitnessRefusal):
    """No key that the witness knows for the origin has signed it, or a signature does not fit."""


class Misfit(NotSigned):
    """A line names a known key, and its signature does not fit: the note was altered."""


class OtherSize(WitnessRefusal):
    """The proof leads from another size than the one that was cosigned last.

    `size` is the one that it has to lead from.
    """

    def __init__(self, size: int) -> None:
        super().__init__(f"the newest checkpoint seen of this log is of size {size}")
        self.size = size


class NotContinued(WitnessRefusal):
    """Nothing shows that the tree continues the one that was cosigned last."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A signed checkpoint, and the proof that leads to it from a tree of `old` leaves."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """A checkpoint that a known log has signed."""

    checkpoint: Checkpoint
    note: Note


def format_submission(submission: Submission) -> bytes:
    """What is sent to a witness; raises Malformed for what would not read back."""
    lines = [f"old {submission.old}", *map(format_base64, submission.proof)]
    data = "".join(f"{line}\n" for line in lines).encode() + b"\n" + submission.note
    if parse_submission(data) != submission:
        raise Malformed("this cannot be handed in to a witness")
    return data


def parse_submission(data: bytes) -> Submission:
    """The exact inverse of `format_submission`; raises Malformed for any other bytes."""
    if len(data) > MAX_SUBMISSION:
        raise Malformed(f"it has at most {MAX_SUBMISSION} bytes, not {len(data)}")
    above, empty_line, note = data.partition(b"\n\n")
    if not empty_line:
        raise Malformed("it is an old size, a proof, an empty line and a checkpoint")
    try:
        first, *rest = above.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("the lines of a proof are base 64") from None
    old = _OLD.fullmatch(first)
    if old is None or int(old[1]) > MAX_SIZE:
        raise Malformed(f"the first line reads like `old 42`, not {first!a:.40}")
    if len(rest) > MAX_PROOF:
        raise Malformed(f"a proof has at most {MAX_PROOF} lines, not {len(rest)}")
    return Submission(int(old[1]), tuple(map(_parse_hash, rest)), note)


def open_note(data: bytes, keys: Iterable[VerifierKey]) -> Shown:
    """The checkpoint in a signed note, if a key of its origin has signed it.

    Signatures of other keys say nothing and are passed over. Raises Malformed,
    UnknownLog and NotSigned.
    """
    try:
        note = parse_note(data)
        checkpoint = parse_checkpoint(note.text)
    except NoteError as fault:
        raise Malformed(str(fault)) from None
    own = [key for key in keys if key.name == checkpoint.origin]
    if not own:
        raise UnknownLog(f"no key of a log {checkpoint.origin!a:.200} was given to this witness")
    try:
        signed = check_note(note, own)
    except NoteError as fault:
        raise Misfit(str(fault)) from None
    if not signed:
        raise NotSigned(f"no known key of {checkpoint.origin!a:.200} has signed it")
    return Shown(checkpoint, note)


def check_continued(
    old: int, proof: Sequence[bytes], shown: Checkpoint, seen: Checkpoint | None
) -> None:
    """Raise a refusal unless `shown` continues what was seen last, None for nothing yet.

    Malformed for an old size beyond the new one, OtherSize where the proof leads
    from another size than was seen, NotContinued where it does not lead there.
    """
    if old > shown.size:
        raise Malformed(f"no proof leads back from {old} leaves to {shown.size}")
    known = 0 if seen is None else seen.size
    if old != known:
        raise OtherSize(known)
    if shown.size == 0 and shown.root != EMPTY_ROOT:
        raise NotContinued("an empty tree has the root of an empty tree")
    if old == 0:
        # The empty tree is the beginning of every tree, so a proof would show nothing.
        if proof:
            raise NotContinued("no proof leads from an empty tree")
        return
    if seen is not None:
        try:
            check_consistency(old, shown.size, proof, seen.root, shown.root)
        except ProofError as fault:
            raise NotContinued(str(fault)) from None


def _parse_hash(line: str) -> bytes:
    try:
        value = parse_base64(line)
    except NoteError as fault:
        raise Malformed(str(fault)) from None
    if len(value) != HASH_SIZE:
        raise Malformed(f"a line of a proof is a hash of {HASH_SIZE} bytes, not {len(value)}")
    return value
