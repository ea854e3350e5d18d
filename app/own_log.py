"""The log of the database at hand as an auditor reads it: the same paths as in an export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.parley import Parley
from app.trusted_keys import policy_of
from audit.policy import format_policy
from audit.source import CHECKPOINT, PAST_CHECKPOINTS, POLICY, SourceError
from audit.tiles import ENTRIES, TileError, parse_tile_path
from domain.errors import NotFound, Unavailable
from ledger import checkpoints
from ledger.tile_store import TileStore

PAGE = 500
"""Checkpoints that are looked up at a time."""


class OwnLog:
    """A source over the tables of the log; nothing is taken from a read model."""

    is_export = False

    def __init__(self, parley: Parley) -> None:
        self._parley = parley
        self._engine = parley.ledger.engine
        self._tiles = TileStore(self._engine)

    def read(self, path: str, limit: int) -> bytes | None:
        """What an export would hold under this path; None for what it would not."""
        try:
            data = self._read(path)
        except NotFound:
            return None
        except Unavailable as fault:
            raise SourceError(path, fault.problems[0].rule) from fault
        return None if data is None else data[: limit + 1]

    def list(self, folder: str = "") -> Iterator[str]:
        """The paths of the checkpoints that were signed."""
        if folder == PAST_CHECKPOINTS:
            yield from (f"{PAST_CHECKPOINTS}/{size}" for size in past_sizes(self._parley))

    def expect(self, files: Iterable[tuple[str, int]]) -> None:
        """A database needs no notice."""

    def _read(self, path: str) -> bytes | None:
        folder, _, size = path.partition("/")
        if path == CHECKPOINT:
            newest = checkpoints.newest(self._engine)
            return None if newest is None else newest.note
        if folder == PAST_CHECKPOINTS and size.isdecimal():
            past = checkpoints.at(self._engine, int(size))
            return None if past is None else past.note
        if path == POLICY:
            return format_policy(policy_of(self._parley))
        try:
            tile = parse_tile_path(path)
        except TileError:
            return None
        return self._tiles.bundle(tile) if tile.level == ENTRIES else self._tiles.tile(tile)


def past_sizes(parley: Parley) -> Iterator[int]:
    """The sizes at which the log was signed under the name it has now, smallest first."""
    newest = checkpoints.newest(parley.ledger.engine)
    after = 0
    while newest is not None:
        page = checkpoints.page(parley.ledger.engine, after, PAGE)
        if not page:
            return
        # Under an earlier name it was another log, which others have to vouch for.
        yield from (each.size for each in page if each.origin == newest.origin)
        after = page[-1].size
