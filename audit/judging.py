"""Whom does a file of evidence convict? By its two signed notes, and nobody's word.

A log never has two trees of one size, so two roots for one size that its own key has
signed convict it, whatever it says. Everything else a file of evidence holds leaves a
way out, and the judgement names it: of a proof that fails there may be another that
holds, and two checkpoints of falling sizes are signed by every honest log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum

from audit.checkpoint import parse_checkpoint
from audit.evidence import Evidence, EvidenceError, UnknownSigner, What, check_evidence
from audit.note import VerifierKey, check_note, format_base64, parse_note


class Verdict(IntEnum):
    """What the evidence comes to, which is also the status that a command exits with."""

    CONVICTS = 0
    VOID = 1
    OPEN = 2


_TITLES = {
    Verdict.CONVICTS: "CONVICTED",
    Verdict.VOID: "VOID: this convicts nobody",
    Verdict.OPEN: "OPEN: this alone convicts nobody",
}
_WAYS_OUT = {
    What.UNPROVED: "The signatures are good and the proof in the file fails. It may be the wrong "
    "proof: an honest log can show another that leads from the first to the second.",
    What.ROLLBACK: "The signatures are good. Any two checkpoints of an honest log look like this "
    "if somebody puts the newer one first: that the smaller was shown later, and that the log "
    "could not prove the larger any more, is the word of the witness. An honest log can show "
    "that both are beginnings of its newest tree.",
}


@dataclass(frozen=True, slots=True)
class SignedTree:
    """One of the two notes: the tree it is of, its root in base 64, and which keys signed it."""

    size: int
    root: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a file of evidence shows by itself; without notes that can be read, no more than why."""

    verdict: Verdict
    message: str
    what: str
    origin: str | None = None
    seen: SignedTree | None = None
    shown: SignedTree | None = None


def judge_evidence(evidence: Evidence, keys: Iterable[VerifierKey]) -> Judgement:
    """Judge what a witness has kept, by keys of the log that came another way."""
    known, what = tuple(keys), evidence.what.value
    try:
        check_evidence(evidence, known)
    except UnknownSigner as fault:
        return Judgement(Verdict.OPEN, f"By the keys that were given {fault}.", what)
    except EvidenceError as fault:
        return Judgement(Verdict.VOID, f"This is no {what}: {fault}.", what)
    seen, shown = (_signed_tree(note, known) for note in (evidence.seen, evidence.shown))
    origin = evidence.checkpoints[0].origin
    if evidence.what is What.FORK:
        verdict = Verdict.CONVICTS
        message = f"The log has signed two trees of {seen.size} leaves with different roots."
    else:
        verdict, message = Verdict.OPEN, _WAYS_OUT[evidence.what]
    return Judgement(verdict, message, what, origin, seen, shown)


def format_judgement(judgement: Judgement) -> str:
    """The judgement for people, ending in a newline."""
    return "".join(f"{line}\n" for line in _lines(judgement))


def judgement_as_json(judgement: Judgement) -> dict[str, object]:
    """The judgement for programs."""
    return {**asdict(judgement), "verdict": judgement.verdict.name.lower()}


def _signed_tree(data: bytes, keys: Sequence[VerifierKey]) -> SignedTree:
    note = parse_note(data)
    tree = parse_checkpoint(note.text)
    signed = check_note(note, [key for key in keys if key.name == tree.origin])
    names = tuple(f"{key.name}+{key.id.hex()}" for key in signed)
    return SignedTree(tree.size, format_base64(tree.root), names)


def _lines(judgement: Judgement) -> Iterator[str]:
    yield f"{_TITLES[judgement.verdict]} ({judgement.what})"
    yield judgement.message
    if judgement.origin is not None:
        yield f"  log    {judgement.origin}"
    for name, tree in (("seen", judgement.seen), ("shown", judgement.shown)):
        if tree is not None:
            yield f"  {name:<6} {tree.size} leaves, root {tree.root}"
            yield f"         signed by {', '.join(tree.keys)}"
