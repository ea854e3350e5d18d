"""Tiles and bundles of what was signed, each by its own path."""

from __future__ import annotations

import pytest

from app.read_checkpoints import bundle_at, tile_at
from app.record import record
from app.sign_checkpoint import sign_checkpoint
from domain.errors import NotFound
from tests.app.bodies import NEGOTIATION, SETTING
from tests.app.conftest import House


def test_a_bundle_of_entries_is_got_as_such_alone(house: House) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        size = sign_checkpoint(parley).size
        bundle, tile = f"tile/entries/000.p/{size}", f"tile/0/000.p/{size}"
        assert bundle_at(parley, bundle)[0].width == tile_at(parley, tile)[0].width == size
        with pytest.raises(NotFound, match="no tile of hashes"):
            tile_at(parley, bundle)
        with pytest.raises(NotFound, match="no entry bundle"):
            bundle_at(parley, tile)
