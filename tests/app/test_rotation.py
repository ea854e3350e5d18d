"""The log signs with another key: announced, signed by both once, and the old one is gone."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from app import rotate_key, signing_key
from app.origins import origins_of
from app.parley import Parley
from app.rotate_key import rotate_key as rotate
from app.sign_checkpoint import sign_checkpoint
from app.signing_files import signing_key_path
from app.signing_key import log_keys_of, next_path
from audit.note import Signer, check_note, parse_note, parse_verifier_key
from audit.signer_key import make_signer_key, parse_signer_key
from domain.errors import KeyUnusable
from domain.log import LogKeyRotated
from ledger import checkpoints
from tests.app.conftest import House


def key_file(parley: Parley) -> Path:
    return signing_key_path(parley.settings, origins_of(parley.ledger)[-1].origin)


def signers_of(parley: Parley, size: int) -> list[str]:
    """The keys that signed the checkpoint of a size, as the log writes them."""
    found = checkpoints.at(parley.ledger.engine, size)
    assert found is not None
    keys = [parse_verifier_key(key.vkey) for key in log_keys_of(parley).keys]
    return [key.id.hex() for key in check_note(parse_note(found.note), keys)]


def ids(parley: Parley) -> list[str]:
    return [parse_verifier_key(key.vkey).id.hex() for key in log_keys_of(parley).keys]


def test_a_rotation_is_announced_and_signed_by_both_keys_once(house_on_each: House) -> None:
    with house_on_each.opened() as parley:
        sign_checkpoint(parley)
        old_file = key_file(parley).read_text()
        keys = rotate(parley).keys
        first, second = ids(parley)
        announced = parley.ledger.entry(2)

        assert isinstance(announced.event, LogKeyRotated)
        assert (announced.event.key, announced.event.retires) == (keys[1].vkey, keys[0].vkey)
        assert [(key.since, key.retired_at) for key in keys] == [(1, 2), (2, None)]
        assert signers_of(parley, 1) == [first]
        assert signers_of(parley, 2) == [first, second]
        assert not next_path(key_file(parley)).exists()
        assert key_file(parley).read_text() != old_file
        assert key_file(parley).stat().st_mode & 0o777 == 0o600

        rotate(parley)
        third = ids(parley)[2]
        assert signers_of(parley, 3) == [second, third]


def test_what_is_signed_after_a_rotation_is_signed_by_the_new_key_alone(house: House) -> None:
    with house.opened() as parley:
        rotate(parley)
        rotate(parley)
        assert sign_checkpoint(parley).size == 3
    with house.opened() as parley:
        assert len(ids(parley)) == 3
        assert signers_of(parley, 3) == ids(parley)[1:]


@pytest.mark.parametrize("cut", ["announced", "signed"])
def test_a_rotation_that_was_cut_off_is_ended_by_the_next_checkpoint(
    house: House, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    class Cut(Exception):
        pass

    with house.opened() as parley:
        sign_checkpoint(parley)
        with monkeypatch.context() as patch:
            if cut == "announced":
                patch.setattr(rotate_key, "sign_checkpoint", Mock(side_effect=[None, Cut]))
            else:
                patch.setattr(signing_key, "move_over", Mock(side_effect=Cut))
            with pytest.raises(Cut):
                rotate(parley)
        assert next_path(key_file(parley)).exists()

    with house.opened() as parley:
        sign_checkpoint(parley)
        assert signers_of(parley, 2) == ids(parley)
        assert not next_path(key_file(parley)).exists()
        sign_checkpoint(parley)


def test_a_rotation_that_announced_nothing_leaves_the_old_key_in_use(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.opened() as parley:
        sign_checkpoint(parley)

        def refuse(*_: object, **__: object) -> None:
            raise OSError("no")

        with monkeypatch.context() as patch:
            patch.setattr(type(parley.ledger), "append", refuse)
            with pytest.raises(OSError, match="no"):
                rotate(parley)
        assert len(ids(parley)) == 1
        rotate(parley)
        assert signers_of(parley, 2) == ids(parley)


def test_another_machine_with_the_old_key_alone_signs_nothing(house: House) -> None:
    with house.opened() as parley:
        sign_checkpoint(parley)
        old = key_file(parley).read_text()
        rotate(parley)
        key_file(parley).write_text(old)

        with pytest.raises(KeyUnusable, match="another key than the one that the log signs with"):
            sign_checkpoint(parley)


def test_a_key_that_was_put_there_before_the_first_start_is_used(house: House) -> None:
    with house.opened() as parley:
        made = make_signer_key(origins_of(parley.ledger)[-1].origin)
        key_file(parley).write_text(made)
        key_file(parley).chmod(0o600)
        sign_checkpoint(parley)
        assert ids(parley) == [Signer(*parse_signer_key(made)).key.id.hex()]


def test_the_key_of_another_log_is_refused(house: House) -> None:
    with house.opened() as parley:
        key_file(parley).write_text(make_signer_key("example.org/another"))
        key_file(parley).chmod(0o600)
        with pytest.raises(KeyUnusable, match=r"holds the key of 'example.org/another'"):
            sign_checkpoint(parley)
        assert checkpoints.newest(parley.ledger.engine) is None
