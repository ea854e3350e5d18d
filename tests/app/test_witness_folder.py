"""What a witness keeps is its owner's alone, is there whole, and is never taken for less."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.witness_folder import WitnessFolder, WitnessFolderError, hash_of
from audit.cosignature import check_cosignatures
from audit.note import parse_note, parse_verifier_key
from audit.signer_key import make_signer_key
from tests.audit.material import ORIGIN, SIGNER, WITNESS
from tests.audit.trees import HONEST

NAME = "witness.example.org/w2"


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = WitnessFolder(tmp_path / "w", NAME)
    assert (tmp_path / "w" / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "w").stat().st_mode & 0o777 == 0o700
    again = WitnessFolder(tmp_path / "w", "another.example.org")
    assert again.cosigner.key == made.cosigner.key
    assert again.cosigner.key.name == NAME


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    WitnessFolder(tmp_path, NAME)
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(WitnessFolderError, match="others"):
        WitnessFolder(tmp_path, NAME)


def test_a_witness_that_lost_its_key_does_not_begin_anew(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path, NAME)
    folder.cosign(parse_note(HONEST.note(3)), 1)
    (tmp_path / "key").unlink()
    with pytest.raises(WitnessFolderError, match="lost its key"):
        WitnessFolder(tmp_path, NAME)


def test_a_key_that_was_altered_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    WitnessFolder(tmp_path, NAME)
    key = tmp_path / "key"
    key.write_text(key.read_text().replace("w2", "w3"))
    with pytest.raises(WitnessFolderError, match="it was altered"):
        WitnessFolder(tmp_path, NAME)
    key.write_text(make_signer_key(NAME))
    with pytest.raises(WitnessFolderError, match="type 0x04"):
        WitnessFolder(tmp_path, NAME)


def test_what_a_killed_witness_had_half_written_does_not_stop_the_next(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path, NAME)
    folder.cosign(parse_note(HONEST.note(3)), 100)
    name = hash_of(ORIGIN)
    (tmp_path / "logs" / f".{name}.abcdefgh").write_bytes(b"half a no")
    again = WitnessFolder(tmp_path, NAME)
    assert [seen.checkpoint for seen in again.all_seen()] == [HONEST.checkpoint(3)]


def test_what_was_seen_is_there_after_a_restart_cosigned_by_this_witness(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path, NAME)
    assert folder.seen(ORIGIN) is None
    folder.cosign(parse_note(HONEST.note(3)), 100)
    seen = WitnessFolder(tmp_path, NAME).seen(ORIGIN)
    assert seen is not None
    assert (seen.checkpoint, seen.at) == (HONEST.checkpoint(3), 100)
    assert check_cosignatures(parse_note(seen.note), [folder.cosigner.key])
    assert [each.checkpoint for each in folder.all_seen()] == [HONEST.checkpoint(3)]


def test_a_witness_never_says_that_it_saw_less_at_a_later_time(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path, NAME)
    folder.cosign(parse_note(HONEST.note(3)), 100)
    folder.cosign(parse_note(HONEST.note(4)), 50)
    seen = folder.seen(ORIGIN)
    assert seen is not None
    assert (seen.checkpoint.size, seen.at) == (4, 100)


@pytest.mark.parametrize("change", [b"", b"garbage", HONEST.note(3)])
def test_a_checkpoint_that_the_witness_did_not_write_is_not_taken_for_nothing(
    tmp_path: Path, change: bytes
) -> None:
    folder = WitnessFolder(tmp_path, NAME)
    folder.cosign(parse_note(HONEST.note(3)), 100)
    (file,) = tmp_path.glob("logs/*")
    file.write_bytes(change)
    with pytest.raises(WitnessFolderError):
        folder.seen(ORIGIN)


def test_the_checkpoint_of_one_log_does_not_stand_for_another(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path, NAME)
    folder.cosign(parse_note(HONEST.note(3)), 100)
    (file,) = tmp_path.glob("logs/*")
    folder.cosign(parse_note(HONEST.note(3).replace(ORIGIN.encode(), b"other.example.org")), 100)
    (other,) = set(tmp_path.glob("logs/*")) - {file}
    other.replace(file)
    with pytest.raises(WitnessFolderError, match="another log"):
        folder.seen(ORIGIN)


def test_logs_that_are_watched_are_remembered_once(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path, NAME)
    assert folder.logs() == ()
    other = parse_verifier_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    folder.watch([SIGNER.key])
    folder.watch([SIGNER.key, other])
    assert WitnessFolder(tmp_path, NAME).logs() == (SIGNER.key, other)
    with pytest.raises(ValueError, match="keys of type"):
        folder.watch([WITNESS.key])
