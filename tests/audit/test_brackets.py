"""Recorded times lie between those at which witnesses saw the log."""

from __future__ import annotations

from pathlib import Path

from audit.checkpoint import Checkpoint, format_checkpoint
from audit.export import write_export
from audit.note import Note, format_note
from audit.report import Check, Outcome, Report
from audit.source import Folder
from audit.verify import verify
from tests.audit.material import (
    ORIGIN,
    SIGNER,
    START,
    WITNESS,
    WITNESSED,
    leaves_of,
)


def checks_of(report: Report) -> set[Check]:
    return {finding.check for finding in report.findings}


def seen_at(folder: Path, times: dict[int, int]) -> Report:
    """The verdict on an export that a witness saw at these sizes, so many seconds after START."""

    def cosign(checkpoint: Checkpoint) -> bytes:
        text = format_checkpoint(checkpoint)
        second = START // 1_000_000 + times[checkpoint.size]
        return format_note(Note(text, (SIGNER.sign(text), WITNESS.sign(text, second))))

    *past, newest = times
    leaves = leaves_of(newest)
    write_export(folder, leaves, origin=ORIGIN, sign=cosign, policy=WITNESSED, past=past)
    return verify(Folder(folder), WITNESSED)


def test_entries_that_lie_between_the_times_of_a_witness_are_in_order(tmp_path: Path) -> None:
    report = seen_at(tmp_path / "log", {100: 600, 200: -59, 300: 700})
    assert report.outcome is Outcome.PROVEN
    seen = (
        "3 times at which a witness saw the log, the last at 2025-09-05T00:11:39Z with 300 entries"
    )
    assert seen in report.checked


def test_an_entry_cannot_be_recorded_after_a_witness_saw_it(tmp_path: Path) -> None:
    report = seen_at(tmp_path / "log", {100: 5, 200: -62, 300: 5})
    assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 1)
    assert checks_of(report) == {Check.TIMES}


def test_an_entry_that_a_witness_did_not_see_long_after_is_doubtful(tmp_path: Path) -> None:
    report = seen_at(tmp_path / "log", {100: 5, 200: 700, 300: 5_000})
    assert (report.outcome, report.first_bad) == (Outcome.INCONCLUSIVE, 201)
    assert checks_of(report) == {Check.TIMES}
