"""One random change to an export: of which class, to which file, and where it must be found."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from audit.leaf import format_canonical, format_recorded_at, parse_canonical, parse_recorded_at
from audit.note import Note, Signature, Signer, format_note, parse_note
from audit.report import Outcome
from audit.tiles import ENTRIES, Tile, TileError, parse_tile_path, split_bundle
from tests.audit.material import Files, leaf_at, private_key


@dataclass(frozen=True)
class Change:
    """A changed export.

    `span` holds the position that has to be named, None where the change concerns
    no entry; `outcomes` are the answers that are right.
    """

    name: str
    path: str
    files: Files
    span: tuple[int, int] | None
    outcomes: tuple[Outcome, ...] = (Outcome.TAMPERED,)


CAUGHT = (Outcome.TAMPERED, Outcome.INCONCLUSIVE)
WANTING = (Outcome.INCONCLUSIVE,)


def tile_at(path: str) -> Tile | None:
    """The tile or bundle of a path, None where it is of another file."""
    try:
        return parse_tile_path(path)
    except TileError:
        return None


def paths_of(files: Files, level: int | None = None) -> list[str]:
    """The paths of tiles of one level, or with None of every file."""
    if level is None:
        return sorted(files)
    return sorted(path for path in files if (tile := tile_at(path)) and tile.level == level)


def span_of(path: str, data: bytes, offset: int) -> tuple[int, int] | None:
    """The positions that the byte at an offset of a file has to do with."""
    tile = tile_at(path)
    if tile is None:
        return None
    if tile.level == ENTRIES:
        leaves, end = split_bundle(data)[0], 0
        for at, leaf in enumerate(leaves):
            end += 2 + len(leaf)
            if offset < end:
                return positions(tile, at)
        return positions(tile, len(leaves))
    return positions(tile, offset // 32)


def positions(tile: Tile, at: int) -> tuple[int, int]:
    first, after = tile.leaves(at)
    return first + 1, after


def changed(files: Files, path: str, data: bytes) -> Files:
    return Files({**files, path: data})


# --- the classes --------------------------------------------------------------------


def flip_a_bit(files: Files, draws: random.Random) -> Change:
    path = draws.choice(paths_of(files))
    data = bytearray(files[path])
    bit = draws.randrange(8 * len(data))
    data[bit // 8] ^= 1 << bit % 8
    span = span_of(path, files[path], bit // 8)
    outcomes = CAUGHT if span is None else (Outcome.TAMPERED,)
    return Change("flip", path, changed(files, path, bytes(data)), span, outcomes)


def truncate(files: Files, draws: random.Random) -> Change:
    path = draws.choice(paths_of(files))
    data = files[path]
    size = draws.randrange(len(data))
    span = span_of(path, data, size)
    outcomes = CAUGHT if span is None else (Outcome.TAMPERED,)
    return Change("truncate", path, changed(files, path, data[:size]), span, outcomes)


def remove_a_file(files: Files, draws: random.Random) -> Change:
    path = draws.choice(paths_of(files))
    rest = Files({name: data for name, data in files.items() if name != path})
    tile = tile_at(path)
    span = None if tile is None else (positions(tile, 0)[0], positions(tile, tile.width - 1)[1])
    return Change("remove", path, rest, span, WANTING)


def _bundle(files: Files, draws: random.Random) -> tuple[str, Tile, list[bytes]]:
    path = draws.choice(paths_of(files, ENTRIES))
    return path, parse_tile_path(path), split_bundle(files[path])[0]


def _with(files: Files, name: str, path: str, leaves: list[bytes], at: int) -> Change:
    """The change to a bundle that now holds these leaves and differs from a place on."""
    data = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)
    return Change(name, path, changed(files, path, data), positions(parse_tile_path(path), at))


def drop_an_entry(files: Files, draws: random.Random) -> Change:
    path, _, leaves = _bundle(files, draws)
    at = draws.randrange(len(leaves))
    return _with(files, "drop", path, leaves[:at] + leaves[at + 1 :], at)


def insert_an_entry(files: Files, draws: random.Random) -> Change:
    path, tile, leaves = _bundle(files, draws)
    at = draws.randrange(len(leaves) + 1)
    new = leaf_at(tile.index * 256 + at + 2, 50, f"never said {draws.random()}")
    return _with(files, "insert", path, [*leaves[:at], new, *leaves[at:]], at)


def duplicate_an_entry(files: Files, draws: random.Random) -> Change:
    path, _, leaves = _bundle(files, draws)
    at = draws.randrange(len(leaves))
    return _with(files, "duplicate", path, [*leaves[: at + 1], *leaves[at:]], at + 1)


def swap_two_entries(files: Files, draws: random.Random) -> Change:
    path, _, leaves = _bundle(files, draws)
    one, other = sorted(draws.sample(range(len(leaves)), 2))
    leaves[one], leaves[other] = leaves[other], leaves[one]
    return _with(files, "swap", path, leaves, one)


def reorder_entries(files: Files, draws: random.Random) -> Change:
    path, _, leaves = _bundle(files, draws)
    first, after = sorted(draws.sample(range(len(leaves) + 1), 2))
    if after - first < 2:
        first, after = 0, len(leaves)
    by = draws.randrange(1, after - first)
    turned = leaves[first + by : after] + leaves[first : first + by]
    return _with(files, "reorder", path, leaves[:first] + turned + leaves[after:], first)


def edit_a_time(files: Files, draws: random.Random) -> Change:
    path, _, leaves = _bundle(files, draws)
    at = draws.randrange(len(leaves))
    leaf = parse_canonical(leaves[at])
    by = draws.choice([-1, 1]) * 10 ** draws.randrange(9)
    moved = parse_recorded_at(leaf["recorded_at"]) + by
    leaves[at] = format_canonical({**leaf, "recorded_at": format_recorded_at(moved)})
    return _with(files, "time", path, leaves, at)


def replace_a_signature(files: Files, draws: random.Random) -> Change:
    past = [path for path in files if path.startswith("checkpoints/")]
    path = draws.choice(["checkpoint", *past])
    note = parse_note(files[path])
    (mine,) = note.signatures
    another = draws.choice([each for each in past if each != path])
    (of_another,) = parse_note(files[another]).signatures
    forged = draws.choice(
        [
            Signature(mine.name, mine.key_id, draws.randbytes(64)),
            of_another,
            Signer(mine.name, private_key(f"forger {draws.random()}")).sign(note.text),
        ]
    )
    data = format_note(Note(note.text, (forged,)))
    return Change("signature", path, changed(files, path, data), None, CAUGHT)


def put_back_an_older_checkpoint(files: Files, draws: random.Random) -> Change:
    path = draws.choice([path for path in files if path.startswith("checkpoints/")])
    older = changed(files, "checkpoint", files[path])
    return Change("stale", "checkpoint", older, None, WANTING)


def change_a_tile(files: Files, draws: random.Random, level: int | None = None) -> Change:
    """Replace, drop, insert or swap hashes of a tile, of any level that there is."""
    levels = sorted({tile.level for path in files if (tile := tile_at(path))} - {ENTRIES})
    path = draws.choice(paths_of(files, draws.choice(levels) if level is None else level))
    data = files[path]
    hashes = [data[at : at + 32] for at in range(0, len(data), 32)]
    at = draws.randrange(len(hashes))
    match draws.choice(["replace", "drop", "insert", "swap"]):
        case "replace":
            hashes[at] = draws.randbytes(32)
        case "drop":
            del hashes[at]
        case "insert":
            hashes.insert(at, draws.randbytes(32))
        case _:
            other = (at + 1) % len(hashes)
            hashes[at], hashes[other] = hashes[other], hashes[at]
            if other == at:
                hashes[at] = draws.randbytes(32)
            at = min(at, other)
    span = positions(parse_tile_path(path), at)
    return Change("tile", path, changed(files, path, b"".join(hashes)), span)


CLASSES: tuple[Callable[[Files, random.Random], Change], ...] = (
    flip_a_bit,
    truncate,
    remove_a_file,
    drop_an_entry,
    insert_an_entry,
    duplicate_an_entry,
    swap_two_entries,
    reorder_entries,
    edit_a_time,
    replace_a_signature,
    put_back_an_older_checkpoint,
    change_a_tile,
)
