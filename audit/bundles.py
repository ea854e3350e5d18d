"""The entries of a log out of the bundles that they lie in."""

from __future__ import annotations

from collections.abc import Iterator

from audit.source import Source, SourceError
from audit.tiles import ENTRIES, MAX_BUNDLE, Tile, format_tile_path, split_bundle, tiles_of


def leaves_of(source: Source, size: int) -> Iterator[bytes]:
    """The first `size` leaves of a log, in order; not checked against anything.

    Raises SourceError for a bundle that is not there, or that is torn.
    """
    for tile in tiles_of(size, ENTRIES):
        leaves, rest = split_bundle(_bundle(source, tile))
        if len(leaves) < tile.width or (rest and len(leaves) == tile.width):
            raise SourceError(format_tile_path(tile), f"it is not {tile.width} entries")
        yield from leaves[: tile.width]


def _bundle(source: Source, tile: Tile) -> bytes:
    # A log may delete a partial bundle when the full one is there (tlog-tiles, "Partial Tiles").
    for each in (tile, tile.full()):
        data = source.read(format_tile_path(each), MAX_BUNDLE)
        if data is not None:
            return data
    raise SourceError(format_tile_path(tile), "it is not there")
