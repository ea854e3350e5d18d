"""The tiles of the log: full ones as they are stored, all others made when they are asked for.

A tile of level 0 is made of the leaf hashes of its entries, and one above of the
roots of the tiles below it, which are stored with them. So a tile that has yet to
fill costs one range of rows, and storing one that has filled costs one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, Executable, func, select

from audit.proof import HashReader
from audit.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    TileReader,
    format_bundle,
    format_tile,
    levels_of,
    parse_tile,
)
from audit.tree import Frontier, hash_leaf, root_of
from domain.errors import NotFound
from ledger.database import transaction
from ledger.faults import as_refusals, damaged
from ledger.insertion import insert_new
from ledger.reading import check_run
from ledger.tables import events, log_tiles

BUILD_BATCH = 64
"""Tiles of one transaction: half a megabyte, for which nobody waits long on SQLite."""

e, t = events.c, log_tiles.c


class TileStore:
    """Reads the tiles of a log and stores those that have filled; safe in any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reader(self, size: int) -> TileReader:
        """A hash reader over the tree of the first `size` entries, which the log must hold."""
        return TileReader(size, self.tile)

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile of hashes; raises NotFound where the log does not reach so far."""
        stored = self._stored(tile)
        hashes = self._made(tile) if stored is None else stored[: tile.width]
        return format_tile(hashes)

    def bundle(self, tile: Tile) -> bytes:
        """The bytes of an entry bundle; raises NotFound where the log does not reach so far."""
        return format_bundle([row[1] for row in self._entries(tile, e.leaf)])

    def build(self, size: int, checked: int = 0) -> None:
        """Store every tile that is full at this size and not stored yet.

        The entries after `checked` are held against their hashes as well, so that
        nothing is signed that was changed since it was recorded. Raises DatabaseDamaged.
        """
        self._check_leaves(checked, size)
        for level in range(levels_of(size)):
            full = size >> TILE_HEIGHT * (level + 1)
            waiting = range(self._count(level), full)
            for start in range(waiting.start, waiting.stop, BUILD_BATCH):
                batch = waiting[start - waiting.start :][:BUILD_BATCH]
                self._store(level, [self._made(Tile(level, number)) for number in batch], start)

    def _store(self, level: int, tiles: Sequence[list[bytes]], first: int) -> None:
        rows = [
            {
                "level": level,
                "number": number,
                "root": root_of(hashes),
                "hashes": format_tile(hashes),
            }
            for number, hashes in enumerate(tiles, start=first)
        ]
        with transaction(self._engine) as connection:
            # Another process may have been quicker; its tile is the same, or the root tells.
            insert_new(connection, log_tiles, rows)

    def _count(self, level: int) -> int:
        """How many tiles of a level are stored, the first without a gap."""
        last = select(func.max(t.number)).where(t.level == level)
        ((number,),) = self._rows(last)
        return 0 if number is None else int(number) + 1

    def _stored(self, tile: Tile) -> list[bytes] | None:
        asked = select(t.hashes).where(t.level == tile.level, t.number == tile.index)
        for (hashes,) in self._rows(asked):
            return parse_tile(bytes(hashes))
        return None

    def _made(self, tile: Tile) -> list[bytes]:
        """The hashes of a tile, from what lies below it."""
        if tile.level == 0:
            return [bytes(row[1]) for row in self._entries(tile, e.leaf_hash)]
        first = tile.index * TILE_WIDTH
        below = tile.level - 1
        asked = (
            select(t.number, t.root)
            .where(t.level == below, t.number >= first, t.number < first + tile.width)
            .order_by(t.number)
        )
        rows = self._rows(asked)
        if [row[0] for row in rows] != list(range(first, first + len(rows))):
            raise damaged(f"a tile of level {below} before {rows[-1][0]} is missing")
        roots = [bytes(row[1]) for row in rows]
        rest = range(first + len(roots), first + tile.width)
        return [*roots, *(root_of(self._made(Tile(below, number))) for number in rest)]

    def _entries(self, tile: Tile, column: Any) -> Sequence[Any]:  # noqa: ANN401 - of a table.
        """A column of the entries under a bundle or a tile of level 0, with their positions."""
        first, last = tile.index * TILE_WIDTH + 1, tile.index * TILE_WIDTH + tile.width
        asked = select(e.position, column).where(e.position >= first, e.position <= last)
        rows = self._rows(asked.order_by(e.position))
        if not rows or rows[-1][0] != last:
            ((size,),) = self._rows(select(func.coalesce(func.max(e.position), 0)))
            if size < last:
                raise NotFound.of(
                    "tile", f"the log ends at {size}, before {last}", "ask for a narrower tile"
                )
        check_run([row[0] for row in rows], first, last)
        return rows

    def _check_leaves(self, after: int, upto: int) -> None:
        for first in range(after + 1, upto + 1, TILE_WIDTH):
            last = min(first + TILE_WIDTH - 1, upto)
            asked = select(e.position, e.leaf, e.leaf_hash)
            rows = self._rows(asked.where(e.position >= first, e.position <= last))
            check_run([row[0] for row in rows], first, last)
            for position, leaf, leaf_hash in rows:
                if hash_leaf(leaf) != leaf_hash:
                    raise damaged(f"entry {position} is not what was recorded")

    def _rows(self, statement: Executable) -> Sequence[Any]:
        with as_refusals(), self._engine.connect() as connection:
            return connection.execute(statement).all()


def root_at(reader: HashReader, size: int) -> bytes:
    """The root of the first `size` entries, from a reader of a tree that is no smaller."""
    hashes, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            hashes.append(reader.node(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(hashes)).root()
