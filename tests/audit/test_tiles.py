"""Tiles are cut and named as tlog-tiles says, and prove what the leaf hashes prove."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit.proof import LeafHashes, prove_consistency, prove_inclusion
from audit.tiles import (
    ENTRIES,
    MAX_INDEX,
    Tile,
    TileError,
    TileReader,
    format_bundle,
    format_tile,
    format_tile_path,
    levels_of,
    parse_bundle,
    parse_tile,
    parse_tile_path,
    split_bundle,
    tiles_of,
    width_at,
)
from audit.tree import hash_leaf, root_of

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
TESSERA = VECTORS / "transparency-dev-tessera" / "testdata" / "log"
NO_VECTORS = pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside us")

TILES = st.builds(
    Tile, st.integers(ENTRIES, 63), st.integers(0, MAX_INDEX - 1), st.integers(1, 256)
)


# --- paths --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(2, 5, 17), "tile/2/005.p/17"),
        (Tile(63, 1000, 255), "tile/63/x001/000.p/255"),
        (Tile(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_a_path_is_as_the_specification_writes_it(tile: Tile, path: str) -> None:
    assert format_tile_path(tile) == path
    assert parse_tile_path(path) == tile


@given(TILES)
def test_a_path_reads_back(tile: Tile) -> None:
    assert parse_tile_path(format_tile_path(tile)) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0", "tile/0/1234", "tile/0/x000/001", "tile/00/001", "tile/64/000", "tile/-1/000",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/001/x002", "tile/entry/0",
        "/tile/0/000", "tile/0/000/", "tile/0/٠٠٠", "tile/0/000\n", "checkpoint", "",
    ],
)  # fmt: skip
def test_what_is_no_path_of_a_tile_is_refused(path: str) -> None:
    with pytest.raises(TileError):
        parse_tile_path(path)


@NO_VECTORS
def test_paths_are_judged_as_go_judges_them_but_for_the_height_that_it_writes_too() -> None:
    facts = json.loads((VECTORS / "notes.json").read_text())["sumdb"]
    for path in facts["tile_paths_good"]:
        first, _, rest = path.split("/", 2)
        assert format_tile_path(parse_tile_path(f"{first}/{rest}")) == f"{first}/{rest}"
    for path in facts["tile_paths_bad"]:
        first, _, rest = path.split("/", 2)
        with pytest.raises(TileError):
            parse_tile_path(f"{first}/{rest}")


# --- which tiles there are ----------------------------------------------------------


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    widths = [[tile.width for tile in tiles_of(70_000, level)] for level in range(3)]
    assert widths == [[256] * 273 + [112], [256, 17], [1]]
    assert levels_of(70_000) == 3
    assert [tile.width for tile in tiles_of(70_000, ENTRIES)] == widths[0]


def test_a_tree_of_256_has_a_full_tile_and_one_above_it() -> None:
    assert [*tiles_of(256, 0), *tiles_of(256, 1)] == [Tile(0, 0), Tile(1, 0, 1)]
    assert (levels_of(0), levels_of(1), levels_of(255), levels_of(256)) == (0, 1, 1, 2)


@given(st.integers(0, 2**40), st.integers(0, 5))
@example(65_536, 1)
def test_the_widths_of_a_level_are_its_hashes(size: int, level: int) -> None:
    hashes = size // 256**level
    last = hashes // 256
    assert width_at(level, last, size) == hashes % 256
    assert width_at(level, last + 1, size) == 0
    if last:
        assert width_at(level, last - 1, size) == 256


def test_a_hash_stands_over_its_leaves() -> None:
    assert Tile(0, 2).leaves(3) == (515, 516)
    assert Tile(1, 0).leaves(2) == (512, 768)
    assert Tile(2, 1).leaves(0) == (256**3, 256**3 + 65_536)
    assert Tile(ENTRIES, 1).leaves(0) == (256, 257)


@pytest.mark.parametrize("arguments", [(64, 0, 1), (-2, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_a_tile_that_cannot_be_is_refused(arguments: tuple[int, int, int]) -> None:
    with pytest.raises(TileError):
        Tile(*arguments)


# --- what is in them ----------------------------------------------------------------


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=256))
def test_a_tile_reads_back(hashes: list[bytes]) -> None:
    data = format_tile(hashes)
    assert parse_tile(data, len(hashes)) == hashes
    with pytest.raises(TileError):
        parse_tile(data + b"\x00", len(hashes))


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
@example([b"", bytes(65_535)])
def test_a_bundle_reads_back(leaves: list[bytes]) -> None:
    data = format_bundle(leaves)
    assert parse_bundle(data, len(leaves)) == leaves
    assert split_bundle(data[:-1])[0] == leaves[:-1]
    for torn in (data[:-1], data + b"\x00"):
        with pytest.raises(TileError):
            parse_bundle(torn, len(leaves))


def test_what_is_no_tile_and_no_bundle_is_refused() -> None:
    for hashes in ([], [b"short"], [bytes(32)] * 257):
        with pytest.raises(TileError):
            format_tile(hashes)
    for leaves in ([], [bytes(65_536)], [b""] * 257):
        with pytest.raises(TileError):
            format_bundle(leaves)


# --- proofs from them ---------------------------------------------------------------

SIZE = 70_000
HASHES = [hash_leaf(b"%d" % number) for number in range(SIZE)]


def tiles_by_path(hashes: list[bytes]) -> dict[Tile, bytes]:
    """All the tiles of a tree, built level by level."""
    tiles: dict[Tile, bytes] = {}
    level = 0
    while hashes:
        rows = [hashes[at : at + 256] for at in range(0, len(hashes), 256)]
        tiles |= {Tile(level, at, len(row)): format_tile(row) for at, row in enumerate(rows)}
        hashes = [root_of(row) for row in rows if len(row) == 256]
        level += 1
    return tiles


@pytest.fixture(scope="module")
def tiles() -> dict[Tile, bytes]:
    return tiles_by_path(HASHES)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 65_535, 65_536, 69_888, SIZE - 1])
def test_tiles_prove_inclusion_as_the_leaf_hashes_do(tiles: dict[Tile, bytes], index: int) -> None:
    reader = TileReader(SIZE, tiles.__getitem__)
    expected = prove_inclusion(LeafHashes(HASHES), index, SIZE)
    assert prove_inclusion(reader, index, SIZE) == expected


@pytest.mark.parametrize("old", [1, 255, 256, 300, 65_535, 65_536, 65_537, SIZE - 1, SIZE])
def test_tiles_prove_consistency_as_the_leaf_hashes_do(tiles: dict[Tile, bytes], old: int) -> None:
    reader = TileReader(SIZE, tiles.__getitem__)
    assert prove_consistency(reader, old, SIZE) == prove_consistency(LeafHashes(HASHES), old, SIZE)


def test_a_proof_reads_each_tile_once(tiles: dict[Tile, bytes]) -> None:
    asked: list[Tile] = []

    def read(tile: Tile) -> bytes:
        asked.append(tile)
        return tiles[tile]

    prove_inclusion(TileReader(SIZE, read), 12_345, SIZE)
    assert len(asked) == len(set(asked)) <= 6


@NO_VECTORS
@pytest.mark.parametrize("width", range(2, 16))
def test_bundles_and_tiles_of_another_log_are_read(width: int) -> None:
    bundle, tile = (TESSERA / "tile" / kind / f"000.p/{width}" for kind in ("entries", "0"))
    leaves = parse_bundle(bundle.read_bytes(), width)
    assert [hash_leaf(leaf) for leaf in leaves] == parse_tile(tile.read_bytes(), width)
