"""What a witness keeps of a log that it caught: both signed checkpoints, and what failed.

One JSON object:

    {"format": "parley-evidence-1", "what": …, "seen": …, "shown": …, "old": …,
     "proof": […], "message": …, "at": …}

`fork` convicts by itself, whoever holds it: two trees of one size, with different
roots, both signed. Of the others the signatures can be checked by anyone, and that
no proof was to be had is the word of the witness; a log that was accused wrongly
can answer with a proof of consistency between the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Any

from audit.checkpoint import Checkpoint, checkpoint_in
from audit.note import NoteError, VerifierKey, format_base64, parse_base64, parse_note
from audit.proof import HashReader, ProofError, check_consistency, prove_consistency
from audit.witness import (
    Misfit,
    NotContinued,
    NotSigned,
    Submission,
    UnknownLog,
    WitnessRefusal,
    open_note,
)

FORMAT = "parley-evidence-1"
MAX_EVIDENCE = 2_500_000
"""Bytes; two notes of the largest size and a proof have less."""


class What(Enum):
    """What the log was caught at."""

    FORK = "fork"
    """Two trees of the same size with different roots."""
    UNPROVED = "unproved"
    """The proof that came with a larger tree does not lead to it from the one that was seen."""
    ROLLBACK = "rollback"
    """The log shows a smaller tree than it has signed, and can no longer prove the larger one.

    That it could not is the word of the witness: the two checkpoints do not show it.
    """


class EvidenceError(NoteError):
    """What is no evidence, or convicts nobody."""


class UnknownSigner(EvidenceError):
    """No key that is known has signed it, which says nothing of whoever has."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two signed checkpoints of one log: what was seen before, and what was shown then.

    `old` and `proof` came with the second. `at` is in POSIX seconds.
    """

    what: What
    seen: bytes
    shown: bytes
    old: int
    proof: tuple[bytes, ...]
    message: str
    at: int

    @property
    def checkpoints(self) -> tuple[Checkpoint, Checkpoint]:
        """What was seen, and what was shown; raises NoteError for notes that hold none."""
        return checkpoint_in(self.seen), checkpoint_in(self.shown)

    @property
    def name(self) -> str:
        """The same for the same two checkpoints, however often they are shown."""
        texts = (parse_note(data).text for data in (self.seen, self.shown))
        return sha256("\n".join((self.what.value, *texts)).encode()).hexdigest()


def evidence_of(
    seen: bytes, submission: Submission, refusal: WitnessRefusal, at: int
) -> Evidence | None:
    """What a refused submission shows about its log; None where it may be a mere mistake.

    That a proof leads from another size is none: whoever hands it in may not have
    known better. Both notes have to be signed by the log.
    """
    before = checkpoint_in(seen)
    after = checkpoint_in(submission.note)
    if before.size == after.size and before.root != after.root:
        what = What.FORK
    elif isinstance(refusal, NotContinued) and 0 < before.size < after.size:
        what = What.UNPROVED
    else:
        return None
    message = f"{before.size} leaves were seen, {after.size} were shown: {refusal}"
    return Evidence(what, seen, submission.note, submission.old, submission.proof, message, at)


def check_evidence(evidence: Evidence, keys: Iterable[VerifierKey]) -> None:
    """Raise EvidenceError unless keys of one log signed both, and both are what it says.

    Of a rollback only the signatures and the order are checked: that the second is of the
    smaller tree. Any two checkpoints of an honest log are that, put the wrong way round. So it
    convicts nobody by itself, and neither does a proof that fails (`audit.judging`).
    Raises UnknownSigner where none of the keys has signed.
    """
    known = tuple(keys)
    try:
        seen, shown = (open_note(data, known) for data in (evidence.seen, evidence.shown))
    except WitnessRefusal as fault:
        unknown = isinstance(fault, NotSigned | UnknownLog) and not isinstance(fault, Misfit)
        refused = UnknownSigner if unknown else EvidenceError
        raise refused(f"it is not signed by the log: {fault}") from None
    before, after = seen.checkpoint, shown.checkpoint
    if before.origin != after.origin:
        raise EvidenceError("these are two logs")
    forked = before.size == after.size and before.root != after.root
    if not {
        What.FORK: forked,
        What.UNPROVED: before.size < after.size and not _leads(evidence.proof, before, after),
        What.ROLLBACK: after.size < before.size,
    }[evidence.what]:
        raise EvidenceError("these two go together")


def is_answered(evidence: Evidence, reader: HashReader, newest: Checkpoint) -> bool:
    """Whether the newest tree, by hashes that the log gives, continues both checkpoints.

    An honest log was accused by a proof that somebody else handed in, or by a line
    that broke; a fork stays one for ever.
    """
    for each in evidence.checkpoints:
        if not 0 < each.size <= newest.size:
            return False
        proof = prove_consistency(reader, each.size, newest.size)
        if not _leads(proof, each, newest):
            return False
    return True


def format_evidence(evidence: Evidence) -> bytes:
    """The bytes of a file of evidence."""
    value = {
        "format": FORMAT,
        "what": evidence.what.value,
        "seen": evidence.seen.decode(),
        "shown": evidence.shown.decode(),
        "old": evidence.old,
        "proof": [format_base64(step) for step in evidence.proof],
        "message": evidence.message,
        "at": evidence.at,
    }
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def parse_evidence(data: bytes) -> Evidence:
    """The inverse of `format_evidence`; raises EvidenceError for what is none."""
    try:
        value = json.loads(data)
        return Evidence(
            What(_known(value)["what"]),
            value["seen"].encode(),
            value["shown"].encode(),
            int(value["old"]),
            tuple(parse_base64(step) for step in value["proof"]),
            str(value["message"]),
            int(value["at"]),
        )
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as fault:
        raise EvidenceError(f"this is no evidence: {fault}") from None


def _known(value: dict[str, Any]) -> dict[str, Any]:
    if value["format"] != FORMAT:
        raise ValueError("it is of another format")
    return value


def _leads(proof: Iterable[bytes], before: Checkpoint, after: Checkpoint) -> bool:
    try:
        check_consistency(before.size, after.size, tuple(proof), before.root, after.root)
    except ProofError:
        return False
    return True
