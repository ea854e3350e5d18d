"""The entries of a log out of the bundles that they lie in."""

from __future__ import annotations

from collections.abc import Iterator

from audit.source import Source, SourceError
from audit.tiles import ENTRIES, MAX_BUNDLE, format_tile_path, parse_bundle, tiles_of


def leaves_of(source: Source, size: int) -> Iterator[bytes]:
    """The first `size` leaves of a log, in order; not checked against anything.

    Raises SourceError for a bundle that is not there, TileError for one that is torn.
    """
    for tile in tiles_of(size, ENTRIES):
        path = format_tile_path(tile)
        data = source.read(path, MAX_BUNDLE)
        if data is None:
            raise SourceError(path, "it is not there")
        yield from parse_bundle(data, tile.width)
