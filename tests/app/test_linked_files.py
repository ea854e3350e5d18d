"""A guard or a key that is a symbolic link is written where it leads, as on a safer disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from app.guard import Guard
from app.new_epoch import open_epoch
from app.owned_files import locked
from app.record import record
from app.rotate_key import rotate_key
from app.settings import Settings
from app.sign_checkpoint import sign_checkpoint
from tests.app.bodies import NEGOTIATION, SETTING
from tests.app.conftest import House
from tests.app.lossy import SIGNED, Lossy


@dataclass
class Linked:
    """A house whose guard and key are links to files in another folder."""

    house: House
    safe: Path
    near: Path

    @property
    def settings(self) -> Settings:
        files = {"guard_file": self.near / "guard", "signing_key_file": self.near / "key"}
        return self.house.settings.model_copy(update=files)


@pytest.fixture
def linked(house: House, tmp_path: Path) -> Linked:
    made = Linked(house, tmp_path / "safe", tmp_path / "near")
    for folder in (made.safe, made.near):
        folder.mkdir()
    for name in ("guard", "key"):
        # Nothing is there yet: the first checkpoint makes both files.
        (made.near / name).symlink_to(made.safe / name)
    return made


def test_what_a_link_leads_to_is_written_and_the_link_stays(linked: Linked) -> None:
    with House(linked.settings, linked.house.clock).opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        first = sign_checkpoint(parley)
        assert kept(linked.safe / "guard") == first.size
        old = (linked.safe / "key").read_text()
        rotate_key(parley)
        newest = sign_checkpoint(parley)
    assert kept(linked.safe / "guard") == newest.size > first.size
    assert (linked.safe / "key").read_text() != old
    assert all((linked.near / name).is_symlink() for name in ("guard", "key"))
    assert sorted(path.name for path in linked.near.iterdir()) == ["guard", "key"]


def test_whoever_comes_by_a_link_holds_the_same_lock(linked: Linked) -> None:
    with locked(linked.near / "guard"):
        assert (linked.safe / "guard.lock").exists()
    assert not (linked.near / "guard.lock").exists()


def test_the_guard_of_an_old_name_is_retired_where_its_link_leads(lossy: Lossy) -> None:
    near = lossy.folder / "near.guard"
    near.symlink_to(lossy.guard)
    files = {"guard_file": near, "signing_key_file": lossy.folder / "second.key"}
    settings = lossy.restored.model_copy(update=files)
    with lossy.opened(settings) as parley:
        done = open_epoch(parley, reason="The disk burnt.", approvers=("ann", "bob"))
    assert near.is_symlink()
    assert kept(lossy.guard) == done.position
    assert kept(lossy.guard) < SIGNED


def kept(path: Path) -> int:
    found = Guard(path).read()
    assert found is not None
    return found.checkpoint.size
