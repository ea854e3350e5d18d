"""An export holds the whole log with what proves it, or there is none."""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest

from app.accesses import access_page
from app.exporting import export_audit
from app.own_log import OwnLog
from app.parley import Parley
from app.record import record
from app.rotate_key import rotate_key
from app.sign_checkpoint import sign_checkpoint
from app.trusted_keys import policy_of
from audit.note import format_verifier_key
from audit.report import Outcome, Report
from audit.source import Folder
from audit.tiles import TILE_WIDTH
from audit.verify import verify
from domain.errors import DatabaseDamaged, InvalidInput
from ledger import checkpoints
from ledger.database import path_of
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House
from tests.app.witness_server import SmallWitness, witnessing
from tests.audit.go_verifier import NO_GO, build_verifier, complaint, has_go


def grow(parley: Parley, many: int) -> None:
    size = parley.ledger.head().size
    record(parley, NEGOTIATION, [pledge(f"p-{size}-{each}") for each in range(many)])


def report_on(parley: Parley, folder: Path) -> Report:
    return verify(Folder(folder), policy_of(parley))


def test_an_export_of_a_log_with_past_checkpoints_is_proven(
    house_on_each: House, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    with house_on_each.opened() as parley:
        sign_checkpoint(parley)
        record(parley, NEGOTIATION, SETTING)
        sign_checkpoint(parley)
        grow(parley, 300)

        exported = export_audit(
            parley, tmp_path / "out" / "log", progress=lambda *done: told.append(done)
        )

        size = parley.ledger.head().size
        assert (exported.size, exported.checkpoints, exported.sources) == (size, 2, 0)
        assert told == [(position, size) for position in range(1, size + 1)]
        newest = checkpoints.newest(parley.ledger.engine)
        assert newest is not None
        assert (tmp_path / "out/log/checkpoint").read_bytes() == newest.note
        report = report_on(parley, tmp_path / "out/log")
        assert (report.outcome, report.findings) == (Outcome.PROVEN, ())
        assert "3 signed roots" in report.checked
        assert "ro-crate-metadata.json: no check covers this file" in report.not_checked
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["log"]
        (taken,) = access_page(parley).accesses
        assert (taken.what, taken.subject, taken.last) == ("export", "ann", size)

        own = verify(OwnLog(parley), policy_of(parley))
        assert (own.outcome, own.findings) == (Outcome.PROVEN, ())
        assert "4 signed roots" in own.checked


def test_two_exports_of_one_log_are_the_same_byte_for_byte(house: House, tmp_path: Path) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        export_audit(parley, tmp_path / "one")
        (tmp_path / "two").mkdir()
        export_audit(parley, tmp_path / "two")
    for path in (tmp_path / "one").rglob("*"):
        other = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.is_dir() or path.read_bytes() == other.read_bytes()


def test_the_metadata_describe_what_is_there(house: House, tmp_path: Path) -> None:
    with house.opened() as parley:
        exported = export_audit(parley, tmp_path / "log")
    found = json.loads((tmp_path / "log/ro-crate-metadata.json").read_text("utf-8"))
    assert found["@context"] == "https://w3id.org/ro/crate/1.1/context"
    parts = {each["@id"]: each for each in found["@graph"]}
    root = parts["./"]
    assert root["@type"] == "Dataset"
    assert root["identifier"] == exported.origin
    assert parts["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    named = {each["@id"] for each in root["hasPart"]}
    assert named == {"checkpoint", "tile/", "tile/entries/", "policy", "manifest.json"}
    assert all((tmp_path / "log" / name).exists() and name in parts for name in named)


def test_a_folder_that_holds_something_is_left_alone(house: House, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log/mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    with house.opened() as parley:
        for taken in ("log", "file", "file/below"):
            with pytest.raises(InvalidInput):
                export_audit(parley, tmp_path / taken)
    assert (tmp_path / "log/mine").read_text() == (tmp_path / "file").read_text() == "mine"


def test_an_export_that_is_broken_off_leaves_nothing(house: House, tmp_path: Path) -> None:
    def break_off(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        with pytest.raises(KeyboardInterrupt):
            export_audit(parley, tmp_path / "out" / "log", progress=break_off)
    assert list((tmp_path / "out").iterdir()) == []


def test_entries_that_are_not_those_that_were_signed_are_not_exported(
    house: House, tmp_path: Path
) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        sign_checkpoint(parley)
        database = sqlite3.connect(path_of(parley.settings.database_url) or "")
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            database.execute(f"DROP TRIGGER {name}")
        # By whoever has every right over the database; only the signed root can tell.
        edited = "CAST(replace(CAST(leaf AS TEXT), 'Toll', 'Tool') AS BLOB)"
        database.execute(f"UPDATE events SET leaf = {edited} WHERE position = 6")  # noqa: S608 - ours.
        database.commit()
        database.close()
        with pytest.raises(DatabaseDamaged, match="do not have the root that was signed"):
            export_audit(parley, tmp_path / "log")
        report = verify(OwnLog(parley), policy_of(parley))
        assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 6)
    assert not (tmp_path / "log").exists()


def test_copies_of_archived_sources_go_along_where_there_are_any(
    house: House, tmp_path: Path
) -> None:
    text = b"What the Courier wrote."
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "courier.txt").write_bytes(text)
    (kept / "other.txt").write_bytes(b"another")
    archived = {
        "kind": "source.archived",
        "slug": "courier",
        "sha256": sha256(text).hexdigest(),
        "media_type": "text/plain",
        "size": len(text),
    }
    with house.opened() as parley:
        record(parley, NEGOTIATION, [*SETTING, archived])
        exported = export_audit(parley, tmp_path / "log", sources=kept)
        report = report_on(parley, tmp_path / "log")
        assert exported.sources == 1
        assert [path.read_bytes() for path in (tmp_path / "log/sources").iterdir()] == [text]
        assert report.outcome is Outcome.PROVEN
        with pytest.raises(InvalidInput, match="--sources"):
            export_audit(parley, tmp_path / "more", sources=tmp_path / "absent")


def test_a_log_that_was_never_signed_vouches_for_nothing(house: House) -> None:
    with house.opened() as parley:
        report = verify(OwnLog(parley), policy_of(parley))
    assert report.outcome is Outcome.INCONCLUSIVE


def test_a_key_that_was_changed_meanwhile_does_not_break_the_proof(
    house: House, tmp_path: Path
) -> None:
    with house.opened() as parley:
        sign_checkpoint(parley)
        before = policy_of(parley)
        rotate_key(parley)
        record(parley, NEGOTIATION, SETTING)
        export_audit(parley, tmp_path / "log")
        report = report_on(parley, tmp_path / "log")
        assert (report.outcome, report.findings) == (Outcome.PROVEN, ())
        assert len(policy_of(parley).logs) == 2
    # Whoever knows the old key only has to learn the new one from the log that the old one signed.
    assert verify(Folder(tmp_path / "log"), before).outcome is Outcome.INCONCLUSIVE


def test_witnesses_are_asked_and_the_policy_names_them(house: House, tmp_path: Path) -> None:
    with witnessing(SmallWitness("witness.example.org/w1")) as witness:
        policy = tmp_path / "witnesses"
        policy.write_text(f"{witness.line}\nquorum witness.example.org/w1\n")
        witnessed = House(house.settings.model_copy(update={"witnesses": policy}), house.clock)
        with witnessed.opened() as parley:
            sign_checkpoint(parley)
            witness.logs += policy_of(parley).logs
            exported = export_audit(parley, tmp_path / "log")
            assert exported.remarks == ()
            report = report_on(parley, tmp_path / "log")
            assert report.outcome is Outcome.PROVEN
            assert any("1 times at which a witness saw the log" in line for line in report.checked)
            witness.answer = (503, b"asleep")
            record(parley, NEGOTIATION, SETTING)
            unseen = export_audit(parley, tmp_path / "unseen")
            assert "witness.example.org/w1" in unseen.remarks[0]
            # It is what was signed, and by its own policy it is not enough.
            assert report_on(parley, tmp_path / "unseen").outcome is Outcome.INCONCLUSIVE


@pytest.mark.skipif(not has_go(), reason=NO_GO)
def test_go_verifies_what_was_exported_by_its_newest_key_and_refuses_an_altered_letter(
    house: House, tmp_path: Path
) -> None:
    with witnessing(SmallWitness("witness.example.org/w1")) as witness:
        policy = tmp_path / "witnesses"
        policy.write_text(f"{witness.line}\nquorum none\n")
        witnessed = House(house.settings.model_copy(update={"witnesses": policy}), house.clock)
        with witnessed.opened() as parley:
            record(parley, NEGOTIATION, SETTING)
            sign_checkpoint(parley)
            grow(parley, 290)
            rotate_key(parley)
            witness.logs += policy_of(parley).logs
            grow(parley, 20)
            exported = export_audit(parley, tmp_path / "log")
            old, new = map(format_verifier_key, policy_of(parley).logs)
    log = tmp_path / "log"
    assert exported.size > TILE_WIDTH
    assert exported.remarks == ()
    assert b"\xe2\x80\x94 witness.example.org/w1 " in (log / "checkpoint").read_bytes()
    go = build_verifier(tmp_path)
    assert complaint(go, "export", log, new) == ""
    assert complaint(go, "export", log, old) != ""
    bundle = log / "tile/entries/000"
    before, found, after = bundle.read_bytes().partition(b"pledge.made")
    bundle.write_bytes(before + b"pledge.mode" + after)
    assert found
    assert "position 7: not the entry" in complaint(go, "export", log, new)
