"""Tiles and entries are read out of the full files that partial ones became, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.read_tiles import leaves_of, read_tile
from audit.source import SourceError
from audit.tiles import ENTRIES, Tile
from tests.audit.material import Files, export_to, files_of
from tests.audit.material import leaves_of as recorded


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> Files:
    export_to(tmp_path / "log", 256)
    return Files(files_of(tmp_path / "log"))


def test_a_partial_file_that_is_there_goes_before_the_full_one(files: Files) -> None:
    files["tile/0/000.p/3"] = b"partial"
    assert read_tile(files, Tile(0, 0, 3)) == ("tile/0/000.p/3", b"partial", False)
    assert read_tile(files, Tile(0, 0, 4)) == ("tile/0/000", files["tile/0/000"], True)
    assert read_tile(files, Tile(0, 0)) == ("tile/0/000", files["tile/0/000"], False)
    assert read_tile(files, Tile(ENTRIES, 1, 3)) is None


def test_the_entries_of_an_older_checkpoint_are_the_front_of_the_full_bundle(files: Files) -> None:
    for size in (0, 1, 200, 256):
        assert list(leaves_of(files, size)) == [*recorded(256)][:size]


def test_a_bundle_that_is_missing_or_torn_is_no_shorter_log(files: Files) -> None:
    with pytest.raises(SourceError, match="not there"):
        list(leaves_of(files, 257))
    whole = files["tile/entries/000"]
    for torn in (whole[:-1], whole + b"\0"):
        files["tile/entries/000"] = torn
        with pytest.raises(SourceError, match="not 256 entries"):
            list(leaves_of(files, 256))
