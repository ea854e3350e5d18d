"""Does an answer follow from a log? Everything that an answer with a proof says is checked.

The log is verified as any auditor would (`audit.verify`); then the checkpoint of the
answer has to be one of that log, each proof has to lead from an entry of the log to its
root, and the answer, computed anew from the entries alone, has to be the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from pydantic import ValidationError

from app.pinned import AskedLog
from app.proving import SHOWS, AnswerProof, EntryProof, behind_of, items_of
from app.read_log import LogPage
from app.recomputing import recompute
from audit.checkpoint import Checkpoint
from audit.leaf import parse_canonical
from audit.note import NoteError
from audit.policy import MAX_POLICY, Policy, PolicyUnmet, check_checkpoint, parse_policy
from audit.proof import ProofError, check_inclusion
from audit.read_tiles import leaves_of
from audit.report import Check, Finding, Outcome, Report
from audit.source import POLICY, Source, SourceError
from audit.tree import HASH_SIZE, Frontier, hash_leaf
from audit.verify import COMPLETENESS, verify
from audit.walk import Progress
from domain.entry import Entry
from domain.errors import InvalidInput, ParleyError
from domain.event import problems_of
from ledger.mapper import entry_of
from projections.answers import Answer

MAX_ANSWER = 200_000_000
"""Bytes of an answer with its proof, which is held in memory; the largest have a few millions."""
_SHOWN = 60
"""Characters of a value that differs; enough to know it by."""


@dataclass(frozen=True, slots=True)
class _Carried:
    """A file that was read: what was answered, as JSON, and its proof."""

    name: str
    answer: Any
    proof: AnswerProof
    written: Any
    """The proof as it stands in the file."""


class _Parts(Answer):
    """What a file has to hold; of the answer only that it is an object."""

    answer: dict[str, Any]
    proof: AnswerProof


@dataclass(frozen=True, slots=True)
class _Log:
    """The first entries of a log of `whole`, read anew for each use to need no memory.

    `hashes` are those of the leaves that were proven, one after another: a server could
    show the entries otherwise the second time.
    """

    source: Source
    whole: int
    hashes: bytes

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.hashes) // HASH_SIZE

    def each_hash(self) -> Iterator[bytes]:
        """The hashes of the leaves, in order."""
        starts = range(0, len(self.hashes), HASH_SIZE)
        return (self.hashes[start : start + HASH_SIZE] for start in starts)

    def leaves(self) -> Iterator[bytes]:
        """The leaves in their order; raises SourceError for one that was not proven."""
        # The log may go on after the checkpoint of the answer.
        read = islice(leaves_of(self.source, self.whole), self.size)
        pairs = zip(self.each_hash(), read, strict=True)
        for position, (proven, leaf) in enumerate(pairs, start=1):
            if hash_leaf(leaf) != proven:
                raise SourceError(f"entry {position}", "it reads otherwise than a moment ago")
            yield leaf

    def entries(self) -> Iterator[Entry]:
        """What they stand for."""
        return (entry_of(leaf, position) for position, leaf in enumerate(self.leaves(), start=1))

    def entry(self, position: int) -> Entry:
        """One of them, from 1 to `size`."""
        return entry_of(next(islice(self.leaves(), position - 1, None)), position)


def verify_answer(
    name: str,
    data: bytes,
    source: Source,
    policy: Policy | None = None,
    *,
    since: bytes | None = None,
    progress: Progress | None = None,
) -> Report:
    """The report on an answer with its proof (the file `name`), by the log in `source`.

    Raises InvalidInput for a file that holds no such answer.
    """
    carried = _read(name, data)
    report = verify(source, policy, since=since, progress=progress)
    if report.outcome is not Outcome.PROVEN or report.checkpoint is None:
        unproven = f"{name}: the log itself is not proven"
        return replace(report, not_checked=(unproven, *report.not_checked))
    judged = _Judging(carried, source, policy, report.checkpoint)
    try:
        judged.run()
    except SourceError as fault:
        judged.find(Check.SOURCE, Outcome.INCONCLUSIVE, str(fault))
    not_checked = (*judged.not_checked, *report.not_checked)
    if judged.is_complete:
        not_checked = tuple(line for line in not_checked if line != COMPLETENESS)
    return replace(
        report,
        findings=(*report.findings, *judged.findings),
        checked=(*report.checked, *judged.checked),
        not_checked=not_checked,
    )


class _Judging:
    """One answer, looked at part by part, by a log that is proven up to a checkpoint."""

    def __init__(
        self, carried: _Carried, source: Source, policy: Policy | None, log: Checkpoint
    ) -> None:
        self.findings: list[Finding] = []
        self.checked: list[str] = []
        self.not_checked: list[str] = []
        self.is_complete = False
        """Whether the answer is what follows from all entries, so that none was left out."""
        self._carried, self._source, self._policy, self._log = carried, source, policy, log

    def find(
        self, check: Check, outcome: Outcome, message: str, position: int | None = None
    ) -> None:
        """Take note of what is wrong or wanting."""
        where = self._carried.name
        self.findings.append(Finding(check, outcome, message, where, position, position))

    def run(self) -> None:
        """Look at the checkpoint, the proofs and the answer, in this order."""
        newest = self._checkpoint()
        if newest is None:
            return
        log = self._proven(newest)
        if log is None:
            return
        answer = self._recomputed(log)
        if answer is None:
            return
        self._compare(answer)
        self._check_written()
        self._check_named(answer)
        self._check_inclusion(newest, log)

    def _checkpoint(self) -> Checkpoint | None:
        """The checkpoint of the answer, if the policy lets it count and the log reaches so far."""
        proof = self._carried.proof
        try:
            policy = self._policy or _own(self._source)
            signed = check_checkpoint(proof.checkpoint.encode(), policy, quorum=False)
        except PolicyUnmet as fault:
            self.find(Check.SIGNATURES, Outcome.INCONCLUSIVE, f"its checkpoint: {fault}")
            return None
        except NoteError as fault:
            self.find(Check.SIGNATURES, Outcome.TAMPERED, f"its checkpoint: {fault}")
            return None
        found = signed.checkpoint
        if found.origin != self._log.origin:
            message = f"its checkpoint is of another log, {found.origin!a:.160}"
            self.find(Check.CHECKPOINTS, Outcome.TAMPERED, message)
            return None
        if (proof.origin, proof.size, proof.root) != (found.origin, found.size, found.root.hex()):
            message = "its origin, size and root are not those of its checkpoint"
            self.find(Check.CHECKPOINTS, Outcome.TAMPERED, message)
            return None
        if found.size > self._log.size:
            message = (
                f"its checkpoint is of size {found.size} and the log here ends at "
                f"{self._log.size}: take a newer export"
            )
            self.find(Check.CHECKPOINTS, Outcome.INCONCLUSIVE, message)
            return None
        return found

    def _proven(self, newest: Checkpoint) -> _Log | None:
        """The entries under the checkpoint of the answer, if they have the root it names."""
        leaves = islice(leaves_of(self._source, self._log.size), newest.size)
        hashes = b"".join(map(hash_leaf, leaves))
        log = _Log(self._source, self._log.size, hashes)
        if Frontier().extend(log.each_hash()).root() == newest.root:
            return log
        message = f"the first {newest.size} entries of the log do not have the root it names"
        self.find(Check.CHECKPOINTS, Outcome.TAMPERED, message)
        return None

    def _recomputed(self, log: _Log) -> Answer | None:
        question = self._carried.proof.question
        if not 1 <= question.known_at <= log.size:
            message = f"it was known at {question.known_at}, which its checkpoint does not cover"
            self.find(Check.ANSWER, Outcome.TAMPERED, message)
            return None
        try:
            last = log.entry(question.known_at)
            return recompute(log.entries, last, question, self._carried.answer)
        except ParleyError as fault:
            self.find(Check.ANSWER, Outcome.INCONCLUSIVE, f"it cannot be computed anew: {fault}")
            return None

    def _compare(self, answer: Answer) -> None:
        expected = json.loads(answer.model_dump_json())
        if _written(expected) == _written(self._carried.answer):
            question = self._carried.proof.question
            self._say_how_far(answer)
            self.checked.append(
                f"the answer, computed anew from {question.known_at} entries by the rules "
                f"{question.rules}: the same, byte by byte"
            )
            return
        where, said, found = _difference(self._carried.answer, expected)
        self.find(
            Check.ANSWER,
            Outcome.TAMPERED,
            f"answer{where} is {_show(said)}, and from the log it is {_show(found)}",
        )

    def _say_how_far(self, answer: Answer) -> None:
        """A page says itself how far it was searched, which depends on the machine."""
        what = self._carried.proof.question.what
        if not isinstance(answer, LogPage) or not isinstance(what, AskedLog):
            self.is_complete = True
        elif answer.more and len(answer.entries) < what.limit:
            side = "before" if what.order == "newest" else "after"
            self.not_checked.append(
                f"entries {side} position {answer.scanned_to}: the page says that it ends there"
            )
        else:
            self.is_complete = True

    def _check_written(self) -> None:
        """Whether the proof is written as it is read, so that nobody reads it otherwise."""
        proof = self._carried.proof
        written = json.loads(proof.model_dump_json())
        if _written(written) != _written(self._carried.written):
            where, said, found = _difference(self._carried.written, written)
            message = f"proof{where} is {_show(said)}, and it is read as {_show(found)}"
            self.find(Check.ANSWER, Outcome.TAMPERED, message)
        if proof.shows != SHOWS:
            self.not_checked.append("what proof.shows says: the words of whoever answered")

    def _check_named(self, answer: Answer) -> None:
        """Whether the proof is of the entries that the answer names, and of no others."""
        proof, behind = self._carried.proof, behind_of(answer)
        named = sorted({position for positions in behind.values() for position in positions})
        if [each.position for each in proof.entries] != named or proof.items != items_of(behind):
            message = "its proof is not of the entries that the answer names"
            self.find(Check.INCLUSION, Outcome.TAMPERED, message)

    def _check_inclusion(self, newest: Checkpoint, log: _Log) -> None:
        waiting = {each.position: each for each in self._carried.proof.entries}
        for position, leaf in enumerate(log.leaves(), start=1):
            proof = waiting.pop(position, None)
            if proof is not None and (fault := _fault_of(proof, leaf, newest)) is not None:
                self.find(Check.INCLUSION, Outcome.TAMPERED, fault, position)
        for position in waiting:
            message = f"it names entry {position}, which its checkpoint does not cover"
            self.find(Check.INCLUSION, Outcome.TAMPERED, message)
        if not self.findings:
            self.checked.append(f"{len(self._carried.proof.entries)} inclusion proofs")


def _fault_of(proof: EntryProof, leaf: bytes, newest: Checkpoint) -> str | None:
    """Why a proof does not show that this leaf is in the log; None if it does."""
    if proof.leaf_hash != hash_leaf(leaf).hex():
        return "the hash in its proof is not that of the entry"
    if parse_canonical(leaf).get("id") != str(proof.id):
        return "the id in its proof is not that of the entry"
    try:
        steps = [bytes.fromhex(step) for step in proof.proof]
        check_inclusion(hash_leaf(leaf), proof.position - 1, newest.size, steps, newest.root)
    except (ProofError, ValueError) as fault:
        return str(fault)
    return None


def _read(name: str, data: bytes) -> _Carried:
    """The file in its two parts; raises InvalidInput for what holds no answer with a proof."""
    way_out = "give what `parley show --proof` or `?proof=true` answered"
    if len(data) > MAX_ANSWER:
        raise InvalidInput.of("FILE", f"{name} has more than {MAX_ANSWER} bytes", way_out)
    try:
        found = json.loads(data, object_pairs_hook=_without_repeats)
        # The bounds of numbers and the like are looked at by the model.
        parts = _Parts.model_validate_json(json.dumps(found))
        return _Carried(name, found["answer"], parts.proof, found["proof"])
    except ValidationError as fault:
        first = problems_of(fault)[0]
        rule = f"{name} is no answer with a proof: {first.field} {first.rule}"
        raise InvalidInput.of("FILE", rule, way_out) from None
    except (ValueError, TypeError, LookupError, RecursionError) as fault:
        raise InvalidInput.of(
            "FILE", f"{name} is no answer with a proof: {fault}", way_out
        ) from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found


def _own(source: Source) -> Policy:
    """The policy that comes with the log, by which the log was proven a moment ago."""
    return parse_policy(source.read(POLICY, MAX_POLICY) or b"")


def _written(value: object) -> bytes:
    """A value in one spelling; the order of members is kept."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def _difference(said: Any, found: Any, where: str = "") -> tuple[str, Any, Any]:  # noqa: ANN401 - any JSON.
    """The first place where two values of JSON differ, and what stands there in each."""
    match said, found:
        case dict(), dict() if [*said] == [*found]:
            pairs = [(f".{name}", said[name], found[name]) for name in said]
        case list(), list() if len(said) == len(found):
            pairs = [
                (f"[{at}]", one, other)
                for at, (one, other) in enumerate(zip(said, found, strict=True))
            ]
        case _:
            return where, said, found
    for step, one, other in pairs:
        if _written(one) != _written(other):
            return _difference(one, other, where + step)
    return where, said, found


def _show(value: object) -> str:
    match value:
        case dict():
            return f"an object of {len(value)} members"
        case list():
            return f"a list of {len(value)}"
        case _:
            text = json.dumps(value)
            return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
