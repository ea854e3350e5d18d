"""What is made to deceive the verifier, by whoever gives an export or serves a log."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audit.checkpoint import Checkpoint, format_checkpoint
from audit.export import write_export
from audit.note import Note, Signer, format_note, format_verifier_key
from audit.policy import Policy
from audit.report import Check, Outcome, Report, format_report
from audit.source import Folder, SourceError
from audit.verify import verify
from tests.audit.material import (
    ORIGIN,
    POLICY,
    SIGNER,
    Files,
    export_to,
    files_of,
    leaves_of,
    private_key,
    sign,
    with_member,
)


def checks_of(report: Report) -> set[Check]:
    return {finding.check for finding in report.findings}


@pytest.mark.parametrize("left", [0, 40])
def test_a_partial_bundle_cannot_be_cut_by_being_called_a_full_one(
    tmp_path: Path, left: int
) -> None:
    export_to(tmp_path / "log", 300, ())
    files = Files(files_of(tmp_path / "log"))
    leaves = list(leaves_of(300))[256:]
    bundle = files.pop("tile/entries/001.p/44")
    files["tile/entries/001"] = bundle[: sum(2 + len(leaf) for leaf in leaves[:left])]
    for number in range(40):
        files[f"a{number}"] = b""
    report = verify(files, POLICY)
    assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 257 + left)
    # Junk of other names does not hide the file that no check covers.
    assert "tile/entries/001: no check covers this file" in format_report(report)


@pytest.mark.parametrize("signers", ["both", "the old one"])
def test_a_key_that_the_log_retired_vouches_for_nothing_after_that(
    tmp_path: Path, signers: str
) -> None:
    old, new, both = SIGNER, Signer(ORIGIN, private_key("another")), signers == "both"
    leaves = list(leaves_of(30))
    rotated = with_member(leaves[19], "kind", "log.key_rotated")
    retires = {"key": format_verifier_key(new.key), "retires": format_verifier_key(old.key)}
    leaves[19] = with_member(rotated, "data", retires)

    def sign_by(checkpoint: Checkpoint) -> bytes:
        text = format_checkpoint(checkpoint)
        # The checkpoint over the entry itself is signed by both.
        by = (old, new) if both and checkpoint.size >= 20 else (old,)
        return format_note(Note(text, tuple(each.sign(text) for each in by)))

    policy = Policy((old.key, new.key))
    write_export(tmp_path / "log", leaves, origin=ORIGIN, sign=sign_by, policy=policy, past=(19,))
    report = verify(Folder(tmp_path / "log"), policy)
    assert report.outcome is (Outcome.PROVEN if both else Outcome.TAMPERED)
    assert [each.file for each in report.findings] == ([] if both else ["checkpoint"])


def test_a_name_of_a_file_does_not_steer_the_terminal(tmp_path: Path) -> None:
    export_to(tmp_path / "log", 3, ())
    files = Files(files_of(tmp_path / "log"))
    files["\n\x1b[2JPROVEN: \udcff"] = b""
    said = format_report(verify(files, POLICY))
    assert "\\u000a\\u001b[2JPROVEN: \\udcff: no check covers this file" in said
    assert said.isascii()


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    export_to(tmp_path / "log", 3, ())
    tile = tmp_path / "log" / "tile" / "0" / "000.p" / "3"
    tile.unlink()
    os.mkfifo(tile)
    report = verify(Folder(tmp_path / "log"), POLICY)
    assert (report.outcome, checks_of(report)) == (Outcome.INCONCLUSIVE, {Check.TILES})


class BreaksOff(Files):
    """A server that gives the first bundle, and then no more."""

    is_export = False

    def read(self, path: str, limit: int) -> bytes | None:
        if path.startswith("tile/entries/001"):
            raise SourceError(path, "it broke off")
        return super().read(path, limit)


def test_a_log_that_got_its_name_after_the_server_broke_off_is_not_accused(tmp_path: Path) -> None:
    other = Signer("another.example.org/log", private_key("another"))
    leaves = list(leaves_of(400))
    reopened = with_member(leaves[299], "kind", "log.reopened")
    leaves[299] = with_member(reopened, "data", {"origin": other.key.name})
    write_export(
        tmp_path / "log",
        leaves,
        origin=other.key.name,
        sign=lambda checkpoint: sign(checkpoint, signer=other),
        policy=Policy((other.key,)),
    )
    files = files_of(tmp_path / "log")
    assert verify(Files(files)).outcome is Outcome.PROVEN
    report = verify(BreaksOff(files), Policy((other.key,)))
    assert (report.outcome, checks_of(report)) == (Outcome.INCONCLUSIVE, {Check.SOURCE})
