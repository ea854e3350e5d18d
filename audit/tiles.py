"""Tiles: the tree and the entries of a log in files that never change (C2SP tlog-tiles).

Tile n of level l holds the hashes MTH(D[(256n+i)·256^l : (256n+i+1)·256^l]) for
i from 0 to 255, so level 0 holds leaf hashes, and each hash above is the root of
a full tile below. The last tile of a level may be partial: ⌊size / 256^l⌋ mod 256
hashes wide. Entry bundles are cut like the tiles of level 0 and hold the leaves,
each after its length in two bytes, the high one first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from audit.tree import HASH_SIZE, TreeError, root_of

TILE_HEIGHT = 8  # Levels of the tree in a tile; the only height that tlog-tiles knows.
TILE_WIDTH = 1 << TILE_HEIGHT
TOP_LEVEL = 63  # tlog-tiles: "a decimal ASCII integer between 0 and 63".
ENTRIES = -1  # The level of an entry bundle, which stands below the leaf hashes.
MAX_ENTRY = 65_535  # What two bytes can count.
MAX_BUNDLE = TILE_WIDTH * (2 + MAX_ENTRY)
MAX_INDEX = 2**55  # Of a tile of level 0 in a tree of 2^63 leaves.

_CACHED_TILES = 64  # Each at most 8 KB; a proof needs two for each level.
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9]\d?)/(?P<index>(?:x\d{3}/)*\d{3})"
    r"(?:\.p/(?P<width>[1-9]\d{0,2}))?",
    re.ASCII,
)


class TileError(TreeError):
    """What is no tile, no bundle, or the path of none."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile, or with the level ENTRIES one entry bundle; full unless `width` is less than 256.

    Raises TileError for one that tlog-tiles does not have.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        """Refuse what is outside the ranges of tlog-tiles."""
        if not ENTRIES <= self.level <= TOP_LEVEL:
            raise TileError(f"levels of tiles go from 0 to {TOP_LEVEL}, here {self.level}")
        if not 0 <= self.index < MAX_INDEX:
            raise TileError(f"a tile is counted from 0, here {self.index}")
        if not 0 < self.width <= TILE_WIDTH:
            raise TileError(f"a tile is 1 to {TILE_WIDTH} hashes wide, not {self.width}")

    def full(self) -> Tile:
        """The tile that this one has become, or will become."""
        return Tile(self.level, self.index)

    def leaves(self, at: int) -> tuple[int, int]:
        """The leaves under the hash at this place of the tile: the first, and the first after.

        Leaves are counted from 0.
        """
        span = TILE_HEIGHT * max(self.level, 0)
        first = self.index * TILE_WIDTH + at
        return first << span, first + 1 << span


def format_tile_path(tile: Tile) -> str:
    """The path of a tile, `tile/<L>/<N>[.p/<W>]`; the index in threes of digits."""
    level = "entries" if tile.level == ENTRIES else str(tile.level)
    digits = str(tile.index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    threes = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    index = "/".join([*(f"x{three}" for three in threes[:-1]), threes[-1]])
    partial = "" if tile.width == TILE_WIDTH else f".p/{tile.width}"
    return f"tile/{level}/{index}{partial}"


def parse_tile_path(path: str) -> Tile:
    """The exact inverse of `format_tile_path`; raises TileError for any other text."""
    found = _PATH.fullmatch(path)
    if not found:
        raise TileError(f"this is no path of a tile: {path!a:.80}")
    level, index, width = found["level"], found["index"], found["width"]
    tile = Tile(
        ENTRIES if level == "entries" else int(level),
        int(index.replace("x", "").replace("/", "")),
        TILE_WIDTH if width is None else int(width),
    )
    if format_tile_path(tile) != path:
        raise TileError(f"the path of this tile is {format_tile_path(tile)}, not {path!a:.80}")
    return tile


def width_at(level: int, index: int, size: int) -> int:
    """How many hashes a tile has in a tree of this size, from 0 to 256."""
    hashes = size >> TILE_HEIGHT * max(level, 0)
    return max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def tiles_of(size: int, level: int = 0) -> Iterator[Tile]:
    """The tiles of a level (or the entry bundles) of a tree of this size, in order."""
    for index in range(-(-(size >> TILE_HEIGHT * max(level, 0)) // TILE_WIDTH)):
        yield Tile(level, index, width_at(level, index, size))


def levels_of(size: int) -> int:
    """How many levels of tiles a tree of this size has."""
    return -(-size.bit_length() // TILE_HEIGHT)


def format_tile(hashes: Sequence[bytes]) -> bytes:
    """The bytes of a tile with these hashes; raises TileError for none, too many or a wrong one."""
    if not 0 < len(hashes) <= TILE_WIDTH or any(len(each) != HASH_SIZE for each in hashes):
        raise TileError(f"a tile has 1 to {TILE_WIDTH} hashes of {HASH_SIZE} bytes")
    return b"".join(hashes)


def parse_tile(data: bytes, width: int = TILE_WIDTH) -> list[bytes]:
    """The hashes of a tile that is this wide; raises TileError for any other length."""
    if len(data) != width * HASH_SIZE:
        raise TileError(f"a tile of {width} hashes has {width * HASH_SIZE} bytes, not {len(data)}")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def format_bundle(leaves: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle; raises TileError for none, too many or too long a leaf."""
    if not 0 < len(leaves) <= TILE_WIDTH or any(len(leaf) > MAX_ENTRY for leaf in leaves):
        raise TileError(f"a bundle has 1 to {TILE_WIDTH} leaves of at most {MAX_ENTRY} bytes")
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def parse_bundle(data: bytes, width: int = TILE_WIDTH) -> list[bytes]:
    """The leaves of a bundle of this many; raises TileError for any other number, or a torn one."""
    leaves, rest = split_bundle(data)
    if rest or len(leaves) != width:
        raise TileError(f"a bundle of {width} leaves, and {len(leaves)} whole ones were found")
    return leaves


def split_bundle(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole leaves from the front of a bundle, and the bytes after the last of them."""
    leaves, at = [], 0
    while at + 2 <= len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data):
            break
        leaves.append(data[at + 2 : end])
        at = end
    return leaves, data[at:]


class TileReader:
    """A hash reader over the tiles of a tree of `size` leaves (see `audit.proof`).

    `read` gets a tile as tall and as wide as it is in that tree and returns its
    bytes. Tiles are not checked here: whoever uses the proof checks it.
    """

    def __init__(self, size: int, read: Callable[[Tile], bytes]) -> None:
        """Read tiles by this function; each that is used again soon is read once."""
        self._size = size
        self._read = read
        self._hashes = lru_cache(maxsize=_CACHED_TILES)(self._read_hashes)

    def node(self, level: int, index: int) -> bytes:
        """The hash of a perfect subtree: one in a tile, or the root of some that stand together."""
        tile_level, above = divmod(level, TILE_HEIGHT)
        tile_index, at = divmod(index << above, TILE_WIDTH)
        return root_of(self._hashes(tile_level, tile_index)[at : at + (1 << above)])

    def _read_hashes(self, level: int, index: int) -> list[bytes]:
        width = width_at(level, index, self._size)
        return parse_tile(self._read(Tile(level, index, width)), width)
