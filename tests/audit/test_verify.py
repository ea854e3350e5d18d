"""An export is proven, refused or not enough, and the report says where and what it left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit import command
from audit.checkpoint import Checkpoint
from audit.command import USAGE_ERROR, run
from audit.export import ExportError, write_export
from audit.kinds import KINDS, KNOWN_SCHEMA
from audit.leaf import format_canonical, parse_canonical
from audit.note import Signer
from audit.policy import Policy, format_policy
from audit.report import Check, Outcome, Report, format_report
from audit.source import Folder
from audit.tree import hash_leaf, root_of
from audit.verify import SINCE, verify
from domain import registry
from tests.audit.material import (
    ORIGIN,
    POLICY,
    WITNESSED,
    Files,
    export_to,
    files_of,
    leaves_of,
    private_key,
    rebuilt,
    sign,
    with_member,
)

SIZE = 600
PAST = (300, 512)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "export"
    export_to(path, SIZE, PAST, WITNESSED)
    return path


@pytest.fixture(scope="module")
def clean(folder: Path) -> Files:
    return Files(files_of(folder))


def checks_of(report: Report) -> set[Check]:
    return {finding.check for finding in report.findings}


# --- proven -------------------------------------------------------------------------


def test_a_clean_export_is_proven(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    report = verify(Folder(folder), WITNESSED, progress=lambda done, of: told.append((done, of)))
    assert (report.outcome, report.findings, report.first_bad) == (Outcome.PROVEN, (), None)
    assert told == [(256, SIZE), (512, SIZE), (SIZE, SIZE)]
    assert report.checkpoint is not None
    assert report.checkpoint.root == root_of(hash_leaf(leaf) for leaf in leaves_of(SIZE))
    text = format_report(report)
    assert text.startswith("PROVEN")
    assert f"{SIZE} entries" in text
    assert "3 signed roots" in text


def test_the_layout_is_that_of_tlog_tiles(clean: Files) -> None:
    assert sorted(clean) == [
        "checkpoint",
        "checkpoints/300",
        "checkpoints/512",
        "manifest.json",
        "policy",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/88",
    ]


def test_the_policy_of_the_export_serves_but_is_told_of(folder: Path) -> None:
    report = verify(Folder(folder))
    assert report.outcome is Outcome.PROVEN
    assert any("came with the export" in line for line in report.not_checked)
    assert not any("came with" in line for line in verify(Folder(folder), WITNESSED).not_checked)


def test_a_log_of_no_entries_is_proven(tmp_path: Path) -> None:
    write_export(tmp_path / "log", [], origin=ORIGIN, sign=sign, policy=POLICY)
    assert verify(Folder(tmp_path / "log"), POLICY).outcome is Outcome.PROVEN


def test_what_no_check_covers_is_named(clean: Files) -> None:
    more = Files({**clean, "notes.txt": b"hello", "tile/0/002.p/7": b"", "checkpoints/x": b""})
    report = verify(more, WITNESSED)
    assert report.outcome is Outcome.PROVEN
    for path in ("notes.txt", "tile/0/002.p/7", "checkpoints/x", "policy"):
        assert f"{path}: no check covers this file" in report.not_checked


def test_a_full_tile_does_for_the_partial_one_that_it_became(tmp_path: Path) -> None:
    export_to(tmp_path / "log", 256)
    files = Files(files_of(tmp_path / "log"))
    older = Checkpoint(ORIGIN, 200, root_of(hash_leaf(leaf) for leaf in [*leaves_of(256)][:200]))
    report = verify(Files({**files, "checkpoint": sign(older)}), POLICY)
    assert not [each for each in report.findings if each.check is not Check.MANIFEST]
    assert "tile/entries/000: no check covers this file" in report.not_checked


# --- by the key-holder --------------------------------------------------------------


def test_an_edited_entry_in_a_new_tree_is_found_by_an_older_checkpoint(
    clean: Files, tmp_path: Path
) -> None:
    def edit(leaves: list[bytes]) -> None:
        leaves[399] = with_member(leaves[399], "occurred", "2024-09-04")

    forged = rebuilt(tmp_path / "log", edit)
    assert verify(forged, POLICY).outcome is Outcome.PROVEN  # Nobody else has seen it.
    for since, span in ((clean["checkpoints/512"], (1, 512)), (clean["checkpoint"], (1, 600))):
        report = verify(forged, POLICY, since=since)
        assert report.outcome is Outcome.TAMPERED
        (finding,) = report.findings
        assert (finding.file, finding.first, finding.last) == (SINCE, *span)
    assert verify(forged, POLICY, since=clean["checkpoints/300"]).outcome is Outcome.PROVEN
    kept = Files({**forged, **{path: clean[path] for path in clean if "checkpoints/" in path}})
    report = verify(kept, POLICY)
    assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 301)


def test_an_end_that_was_cut_off_is_found_by_a_checkpoint_from_before(
    clean: Files, tmp_path: Path
) -> None:
    export_to(tmp_path / "log", 500)
    report = verify(Folder(tmp_path / "log"), POLICY, since=clean["checkpoint"])
    assert report.outcome is Outcome.INCONCLUSIVE
    assert "cut off" in format_report(report)


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("position", 401, Check.POSITIONS),
        ("version", 7, Check.VERSIONS),
        ("recorded_at", "2020-01-01T00:00:00.000000Z", Check.TIMES),
        ("recorded_at", "2020-01-01", Check.LEAVES),
        ("stream", 5, Check.LEAVES),
        ("id", "0198F0C2-0000-7000-8000-000000000400", Check.LEAVES),
        ("id", "0198f0c2-0000-7000-8000-000000000399", Check.IDS),
    ],
)
def test_entries_that_break_a_rule_are_found_in_any_tree(
    tmp_path: Path, name: str, value: object, check: Check
) -> None:
    def edit(leaves: list[bytes]) -> None:
        leaves[399] = with_member(leaves[399], name, value)

    report = verify(rebuilt(tmp_path / "log", edit, PAST), POLICY)
    assert report.outcome is Outcome.TAMPERED
    assert report.first_bad == 400
    assert check in checks_of(report)


def test_an_entry_that_was_taken_out_leaves_a_gap(tmp_path: Path) -> None:
    def edit(leaves: list[bytes]) -> None:
        del leaves[399]

    report = verify(rebuilt(tmp_path / "log", edit), POLICY)
    assert report.first_bad == 400
    assert {Check.POSITIONS, Check.VERSIONS} <= checks_of(report)


def test_a_leaf_in_another_spelling_is_refused(tmp_path: Path) -> None:
    def edit(leaves: list[bytes]) -> None:
        leaves[399] = leaves[399].replace(b'{"data"', b'{ "data"')

    report = verify(rebuilt(tmp_path / "log", edit), POLICY)
    assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 400)
    assert checks_of(report) == {Check.LEAVES}


def test_leaves_of_a_newer_format_are_not_called_tampered(tmp_path: Path) -> None:
    def edit(leaves: list[bytes]) -> None:
        leaves[399] = with_member(leaves[399], "v", 2)

    report = verify(rebuilt(tmp_path / "log", edit), POLICY)
    assert (report.outcome, report.first_bad) == (Outcome.INCONCLUSIVE, 400)


def test_a_log_that_names_another_origin_is_refused(tmp_path: Path) -> None:
    other = Signer("another.example.org/log", private_key("another"))
    write_export(
        tmp_path / "log",
        leaves_of(3),
        origin=other.key.name,
        sign=lambda checkpoint: sign(checkpoint, signer=other),
        policy=Policy((other.key,)),
    )
    report = verify(Folder(tmp_path / "log"))
    assert (report.outcome, checks_of(report)) == (Outcome.TAMPERED, {Check.ORIGIN})


def test_a_kind_that_is_not_known_is_told_of_with_its_first_position(tmp_path: Path) -> None:
    def edit(leaves: list[bytes]) -> None:
        leaves[399] = with_member(leaves[399], "kind", "pledge.sung")
        leaves[400] = with_member(leaves[400], "kind", "pledge.sung")
        leaves[401] = with_member(leaves[401], "schema", 2)

    report = verify(rebuilt(tmp_path / "log", edit), POLICY)
    assert report.outcome is Outcome.PROVEN
    told = [line for line in report.not_checked if "the kind is not known here" in line]
    assert [line.partition(":")[0] for line in told] == [
        "what entries of kind 'pledge.sung', schema 1 say, from position 400 on",
        "what entries of kind 'statement.made', schema 2 say, from position 402 on",
    ]


def test_the_kinds_that_are_known_are_all_kinds() -> None:
    assert registry.KINDS.keys() == KINDS
    assert {kind.class_version for kind in registry.KINDS.values()} == {KNOWN_SCHEMA}


# --- inconclusive -------------------------------------------------------------------


def test_without_its_quorum_an_export_is_inconclusive(clean: Files) -> None:
    unseen = Files({**clean, "checkpoint": sign(_newest(clean))})
    report = verify(unseen, WITNESSED)
    assert (report.outcome, checks_of(report)) == (Outcome.INCONCLUSIVE, {Check.SIGNATURES})
    assert verify(unseen, POLICY).outcome is Outcome.PROVEN


def _newest(files: Files) -> Checkpoint:
    found = verify(files, POLICY).checkpoint
    assert found is not None
    return found


def test_keys_that_are_not_the_logs_prove_nothing(clean: Files) -> None:
    stranger = Policy((Signer(ORIGIN, private_key("stranger")).key,))
    report = verify(clean, stranger)
    assert report.outcome is Outcome.INCONCLUSIVE
    assert any("nothing that counts" in line for line in report.not_checked)


def test_an_empty_folder_and_one_without_entries_are_inconclusive(
    clean: Files, tmp_path: Path
) -> None:
    assert verify(Folder(tmp_path)).outcome is Outcome.INCONCLUSIVE
    assert verify(Folder(tmp_path / "absent"), POLICY).outcome is Outcome.INCONCLUSIVE
    bare = Files({path: data for path, data in clean.items() if not path.startswith("tile/")})
    report = verify(bare, POLICY)
    assert (report.outcome, report.first_bad) == (Outcome.INCONCLUSIVE, 1)
    assert any("anything after position 0" in line for line in report.not_checked)
    assert "3 signed roots, for want of what they are over" in report.not_checked


def test_hashes_without_entries_still_prove_the_root(clean: Files) -> None:
    bare = Files({path: data for path, data in clean.items() if "entries" not in path})
    report = verify(bare, WITNESSED)
    assert (report.outcome, report.first_bad) == (Outcome.INCONCLUSIVE, 1)
    assert "3 signed roots" in report.checked


def test_entries_without_hashes_are_hashed(clean: Files) -> None:
    bare = Files({path: data for path, data in clean.items() if not path.startswith("tile/0/")})
    report = verify(bare, WITNESSED)
    assert (report.outcome, checks_of(report)) == (Outcome.INCONCLUSIVE, {Check.TILES})
    assert "3 signed roots" in report.checked


def test_a_manifest_of_another_export_is_told_of(clean: Files) -> None:
    other = {**parse_canonical(clean["manifest.json"]), "size": 5}
    report = verify(Files({**clean, "manifest.json": format_canonical(other)}), WITNESSED)
    assert (report.outcome, checks_of(report)) == (Outcome.INCONCLUSIVE, {Check.MANIFEST})
    more = {**parse_canonical(clean["manifest.json"]), "sources": "12"}
    report = verify(Files({**clean, "manifest.json": format_canonical(more)}), WITNESSED)
    assert report.outcome is Outcome.PROVEN
    assert "what manifest.json says of sources" in report.not_checked


# --- writing, and the program -------------------------------------------------------


def test_an_export_is_never_written_over_files(folder: Path) -> None:
    with pytest.raises(ExportError, match="holds files already"):
        export_to(folder, 3)


def test_a_log_that_is_shorter_than_a_checkpoint_of_it_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="fewer"):
        export_to(tmp_path / "log", 5, (3, 6))
    assert not (tmp_path / "log" / "checkpoint").exists()


def test_the_program_answers_by_its_status(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, kept = tmp_path / "keys", tmp_path / "kept"
    keys.write_bytes(format_policy(WITNESSED))
    kept.write_bytes((folder / "checkpoints/300").read_bytes())
    assert run([str(folder), "--policy", str(keys), "--since", str(kept)]) == Outcome.PROVEN
    assert capsys.readouterr().out.startswith("PROVEN")
    assert run([str(tmp_path / "absent")]) == Outcome.INCONCLUSIVE
    assert run([str(folder), "--policy", str(tmp_path / "absent")]) == USAGE_ERROR
    keys.write_bytes(b"nonsense\n")
    assert run([str(folder), "--policy", str(keys)]) == USAGE_ERROR
    with pytest.raises(SystemExit) as left:
        run([])
    assert left.value.code == USAGE_ERROR


def test_a_defect_is_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(command, "verify", fail)
    monkeypatch.setattr("sys.argv", ["parley-verify", str(tmp_path)])
    with pytest.raises(SystemExit) as left:
        command.main()
    assert left.value.code == command.DEFECT
    assert "too deep" in capsys.readouterr().err


def test_a_long_report_is_cut_and_says_so(tmp_path: Path) -> None:
    def edit(leaves: list[bytes]) -> None:
        leaves[200:] = [leaf.replace(b'{"data"', b'{ "data"') for leaf in leaves[200:]]

    report = verify(rebuilt(tmp_path / "log", edit), POLICY)
    assert report.first_bad == 201
    assert "… and 80 more" in format_report(report)
    assert any("300 more findings are not listed" in line for line in report.not_checked)
