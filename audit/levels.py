"""The tiles above the leaf hashes, each compared with what lies below it."""

from __future__ import annotations

from audit.findings import Findings
from audit.read_tiles import read_tile
from audit.report import Check, Outcome
from audit.source import Source
from audit.tiles import TILE_WIDTH, Tile, format_tile_path, levels_of
from audit.tree import HASH_SIZE, root_of


def read_noted(source: Source, findings: Findings, tile: Tile) -> tuple[str, bytes, bool] | None:
    """As `audit.read_tiles` reads it; a file that is what was asked for counts as read."""
    found = read_tile(source, tile)
    if found is not None:
        path, _, wider = found
        if not wider:
            findings.read.add(path)
    return found


def split_hashes(data: bytes) -> tuple[list[bytes], bool]:
    """The whole hashes at the front of a tile, and whether bytes are left after them."""
    whole = len(data) - len(data) % HASH_SIZE
    return [data[at : at + HASH_SIZE] for at in range(0, whole, HASH_SIZE)], whole != len(data)


class Levels:
    """Grows the tiles of level 1 and above from the roots of full tiles, and compares each.

    Each level is judged by the one below as it was read, and not as it should be:
    so one change is found between two levels, and not on all that are above it.
    """

    def __init__(self, source: Source, findings: Findings, size: int) -> None:
        """Compare the tiles of a tree of this size."""
        self.compared = 0
        self._source = source
        self._findings = findings
        self._size = size
        self._growing: list[list[bytes]] = [[] for _ in range(levels_of(size))]
        self._closed = [0] * levels_of(size)

    def add(self, root: bytes, level: int = 1) -> None:
        """The root of the next full tile of the level below."""
        self._growing[level].append(root)
        if len(self._growing[level]) == TILE_WIDTH:
            self._close(level)

    def finish(self) -> None:
        """Compare the partial tiles that remain, the lowest first."""
        for level in range(1, len(self._growing)):
            if self._growing[level]:
                self._close(level)

    def _close(self, level: int) -> None:
        expected, self._growing[level] = self._growing[level], []
        tile = Tile(level, self._closed[level], len(expected))
        self._closed[level] += 1
        hashes = self._compare(tile, expected)
        if tile.width == TILE_WIDTH:
            self.add(root_of(hashes), level + 1)

    def _compare(self, tile: Tile, expected: list[bytes]) -> list[bytes]:
        """The hashes of a tile as it was read, or as it should be where it cannot be used."""
        self.compared += 1
        found = read_noted(self._source, self._findings, tile)
        if found is None:
            path, message = format_tile_path(tile), "this tile is missing"
            self._say(Outcome.INCONCLUSIVE, message, path, tile, 0, len(expected))
            return expected
        path, data, wider = found
        hashes, torn = split_hashes(data)
        if wider:
            hashes, torn = hashes[: tile.width], False
        if hashes == expected and not torn:
            return hashes
        pairs = zip(hashes, expected, strict=False)
        bad = next((at for at, (one, other) in enumerate(pairs) if one != other), None)
        if bad is None:
            bad = min(len(hashes), len(expected))
            message = f"the tile has {len(data)} bytes, not {len(expected) * HASH_SIZE}"
        else:
            message = f"hash {bad} is not the root of the tile below"
        self._say(Outcome.TAMPERED, message, path, tile, bad, bad + 1)
        return hashes if len(hashes) == len(expected) and not torn else expected

    def _say(
        self, outcome: Outcome, message: str, path: str, tile: Tile, first: int, after: int
    ) -> None:
        span = tile.leaves(first)[0] + 1, tile.leaves(after - 1)[1]
        self._findings.add(Check.TILES, outcome, message, path, span)
