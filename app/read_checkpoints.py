"""The checkpoints of the log, and the tiles that they are over."""

from __future__ import annotations

from app.parley import Parley
from audit.leaf import format_recorded_at
from audit.tiles import ENTRIES, Tile, TileError, parse_tile_path, width_at
from domain.errors import NotFound
from ledger import checkpoints
from ledger.checkpoints import StoredCheckpoint
from ledger.tile_store import TileStore
from projections.answers import Answer


class Checkpoint(Answer):
    """A checkpoint: at this size the log has this root, in lower-case hex.

    `note` is what was signed, with the signatures under it.
    """

    origin: str
    size: int
    root: str
    signed_at: str
    note: str


class Checkpoints(Answer):
    """Checkpoints, the smallest first; `more` says that there are others of larger sizes."""

    checkpoints: tuple[Checkpoint, ...]
    more: bool


def signed_at(parley: Parley, size: int | None = None) -> StoredCheckpoint:
    """The newest checkpoint, or the one of a size; raises NotFound."""
    engine = parley.ledger.engine
    found = checkpoints.newest(engine) if size is None else checkpoints.at(engine, size)
    if found is not None:
        return found
    if size is None:
        raise NotFound.of(
            "checkpoint",
            "the log has not signed any yet",
            "the server signs within seconds; `parley checkpoint` signs at once",
        )
    raise NotFound.of(
        "size", f"no checkpoint is of size {size}", "GET /v1/log/checkpoints lists them"
    )


def checkpoint_page(parley: Parley, after: int, limit: int) -> Checkpoints:
    """Up to `limit` checkpoints of sizes beyond `after`."""
    found = checkpoints.page(parley.ledger.engine, after, limit + 1)
    return Checkpoints(checkpoints=tuple(map(shown, found[:limit])), more=len(found) > limit)


def shown(checkpoint: StoredCheckpoint) -> Checkpoint:
    """A checkpoint as an answer."""
    return Checkpoint(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        signed_at=format_recorded_at(checkpoint.signed_at),
        note=checkpoint.note.decode(),
    )


def tile_at(parley: Parley, path: str) -> tuple[Tile, bytes]:
    """A tile of hashes by its path, such as `tile/0/x001/234.p/5`.

    Raises NotFound for what is no path of one, and for what no checkpoint covers yet.
    """
    tile = _covered(parley, path)
    if tile.level == ENTRIES:
        raise _no_path(f"an entry bundle is no tile of hashes: {path!a:.80}")
    return tile, TileStore(parley.ledger.engine).tile(tile)


def bundle_at(parley: Parley, path: str) -> tuple[Tile, bytes]:
    """An entry bundle by its path, such as `tile/entries/x001/234.p/5`; raises NotFound."""
    bundle = _covered(parley, path)
    if bundle.level != ENTRIES:
        raise _no_path(f"a tile of hashes is no entry bundle: {path!a:.80}")
    return bundle, TileStore(parley.ledger.engine).bundle(bundle)


def _covered(parley: Parley, path: str) -> Tile:
    """The tile or bundle that a path names, if the newest checkpoint covers it."""
    try:
        tile = parse_tile_path(path)
    except TileError as fault:
        raise _no_path(str(fault)) from None
    size = signed_at(parley).size
    if tile.width > width_at(tile.level, tile.index, size):
        raise NotFound.of(
            "path",
            f"the newest checkpoint, of size {size}, does not cover this tile",
            "ask for a narrower one, or again when the next is signed",
        )
    return tile


def _no_path(rule: str) -> NotFound:
    way_out = "write tile/<level>/<number> or tile/entries/<number> as C2SP tlog-tiles has it"
    return NotFound.of("path", rule, way_out)
