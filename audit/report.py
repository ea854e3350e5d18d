"""What a verification found, what it looked at, and what it did not.

A report speaks of positions, which count from 1 as the log does, and not of the
indexes of the tree, which count from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TypeAlias

from audit.checkpoint import Checkpoint
from audit.note import format_base64
from audit.printable import printable

_SHOWN = 20  # Lines of one sort that are written out; the rest is a number.


class Outcome(IntEnum):
    """What the verifier says, which is also the status it exits with."""

    PROVEN = 0
    TAMPERED = 1
    INCONCLUSIVE = 2


class Check(Enum):
    """What is looked at, in this order."""

    SOURCE = "the files can be had"
    SIGNATURES = "signatures by the policy"
    CHECKPOINTS = "past checkpoints are beginnings of this log"
    LEAVES = "every entry is a leaf in canonical form"
    TILES = "entries and tiles agree at every level"
    ROOT = "the root is the signed one"
    POSITIONS = "positions without a gap"
    VERSIONS = "versions of every stream without a gap"
    IDS = "no two entries have the same id"
    TIMES = "recorded times never go back, and lie where witnesses saw them"
    ORIGIN = "the log names the origin of its checkpoint"
    ARCHIVE = "archived sources have the hash that the log names"
    MANIFEST = "the manifest speaks of this checkpoint"
    ANSWER = "the answer is what follows from the log"
    INCLUSION = "each entry that the answer names is in the log"
    ENTRY = "the entry is in the log, by its proof"


EVERY_ENTRY = "every entry is as it was signed, and none is wanting"
"""What the verification of a whole log proves."""
_OF_ANSWER = {Check.ANSWER, Check.INCLUSION}

Fault: TypeAlias = tuple[Check, Outcome, str]
"""What an entry breaks, how bad that is, and a sentence about it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or wanting, and where.

    `first` and `last` are the positions between which it lies, both included; None
    where it concerns no entry, or nobody can tell which.
    """

    check: Check
    outcome: Outcome
    message: str
    file: str
    first: int | None = None
    last: int | None = None

    def __str__(self) -> str:
        """The place first, then what it is."""
        where = f"position {self.first}" if self.first is not None else self.check.value
        if self.last is not None and self.last != self.first:
            where = f"positions {self.first} to {self.last}"
        return f"{where}, {self.file}: {self.message}"

    def is_within(self, other: Finding) -> bool:
        """Whether this one tells the place better than the other, and does not contradict it."""
        if self.first is None or self.last is None or other.first is None or other.last is None:
            return False
        inside = other.first <= self.first and self.last <= other.last
        return inside and self.last - self.first < other.last - other.first


@dataclass(frozen=True)
class Report:
    """The answer of `audit.verify` and `audit.verify_entry`."""

    checkpoint: Checkpoint | None
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]
    proven: str = EVERY_ENTRY
    """What it means that nothing was found."""

    @property
    def outcome(self) -> Outcome:
        """Tampered if anything is wrong, inconclusive if anything is wanting, otherwise proven."""
        found = {finding.outcome for finding in self.findings}
        for outcome in (Outcome.TAMPERED, Outcome.INCONCLUSIVE):
            if outcome in found:
                return outcome
        return Outcome.PROVEN

    @property
    def first_bad(self) -> int | None:
        """The first position with which something is wrong, or else wanting; None if none is known.

        One change shows in several places: an altered hash makes its tile disagree
        with its entry at one position, and with the tile above over 256. Of findings
        that lie within each other, the narrowest names the place.
        """
        worst = [each for each in self.findings if each.outcome is self.outcome]
        placed = [each for each in worst if each.first is not None]
        narrow = [each for each in placed if not any(other.is_within(each) for other in placed)]
        return min((each.first for each in narrow if each.first is not None), default=None)


def format_report(report: Report) -> str:
    """The report for people, ending in a newline."""
    # Names of files are whoever's who made the export.
    return "".join(f"{printable(line)}\n" for line in _lines(report))


def report_as_json(report: Report) -> dict[str, object]:
    """The report for programs; what is not known is None."""
    newest = report.checkpoint
    return {
        "outcome": report.outcome.name.lower(),
        "first_bad": report.first_bad,
        "origin": None if newest is None else newest.origin,
        "size": None if newest is None else newest.size,
        "root": None if newest is None else format_base64(newest.root),
        "findings": [
            {
                "check": each.check.name.lower(),
                "outcome": each.outcome.name.lower(),
                "message": each.message,
                "file": each.file,
                "first": each.first,
                "last": each.last,
            }
            for each in report.findings
        ],
        "checked": list(report.checked),
        "not_checked": list(report.not_checked),
    }


def _lines(report: Report) -> Iterator[str]:
    yield _verdict(report)
    if report.checkpoint is not None:
        yield f"  log    {report.checkpoint.origin}"
        yield f"  size   {report.checkpoint.size}"
        yield f"  root   {format_base64(report.checkpoint.root)}"
    for title, lines in (
        ("found", [str(finding) for finding in report.findings]),
        ("checked", report.checked),
        ("not checked", report.not_checked),
    ):
        if lines:
            yield f"{title}:"
            yield from (f"  - {line}" for line in lines[:_SHOWN])
        if len(lines) > _SHOWN:
            yield f"  … and {len(lines) - _SHOWN} more"


def _verdict(report: Report) -> str:
    where = "" if report.first_bad is None else f", first at position {report.first_bad}"
    if (
        report.outcome is Outcome.TAMPERED
        and not {each.check for each in report.findings} - _OF_ANSWER
    ):
        return (
            f"TAMPERED: the log is as it was signed, and the answer does not follow from it{where}"
        )
    return {
        Outcome.PROVEN: f"PROVEN: {report.proven}",
        Outcome.TAMPERED: f"TAMPERED: this is not what was signed{where}",
        Outcome.INCONCLUSIVE: f"INCONCLUSIVE: something is wanting{where}",
    }[report.outcome]
