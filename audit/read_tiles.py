"""Tiles and entries out of the files that they lie in, partial ones out of full ones as well."""

from __future__ import annotations

from collections.abc import Iterator

from audit.source import Source, SourceError
from audit.tiles import (
    ENTRIES,
    MAX_BUNDLE,
    TILE_WIDTH,
    Tile,
    format_tile_path,
    split_bundle,
    tiles_of,
)
from audit.tree import HASH_SIZE

_TILE_SIZE = TILE_WIDTH * HASH_SIZE


def limit_of(tile: Tile) -> int:
    """The most bytes that a tile or bundle can have."""
    return MAX_BUNDLE if tile.level == ENTRIES else _TILE_SIZE


def read_tile(source: Source, tile: Tile) -> tuple[str, bytes, bool] | None:
    """A tile or bundle: its path, its bytes, and whether it holds more than was asked for.

    A log may delete a partial tile when the full one is there (tlog-tiles, "Partial
    Tiles"), so the full one, of which the front is the partial one, does as well;
    what follows its front is not looked at. None where neither is there.
    """
    for each in dict.fromkeys((tile, tile.full())):
        path = format_tile_path(each)
        data = source.read(path, limit_of(each))
        if data is not None:
            return path, data, each != tile
    return None


def leaves_of(source: Source, size: int) -> Iterator[bytes]:
    """The first `size` leaves of a log, in order; not checked against anything.

    Raises SourceError for a bundle that is not there, or that is torn.
    """
    for tile in tiles_of(size, ENTRIES):
        found = read_tile(source, tile)
        if found is None:
            raise SourceError(format_tile_path(tile), "it is not there")
        leaves, rest = split_bundle(found[1])
        if len(leaves) < tile.width or (rest and len(leaves) == tile.width):
            raise SourceError(format_tile_path(tile), f"it is not {tile.width} entries")
        yield from leaves[: tile.width]
