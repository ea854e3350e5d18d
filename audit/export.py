"""Write a log as a folder that anyone can verify, in the layout of C2SP tlog-tiles.

checkpoint                 the newest signed checkpoint
checkpoints/<size>         those signed before it, each under its size
tile/<L>/<N>[.p/<W>]       hashes
tile/entries/<N>[.p/<W>]   leaves
policy                     keys, for convenience: trust needs them from elsewhere
manifest.json              what this folder is, for whoever finds it
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TypeAlias

from audit.checkpoint import Checkpoint
from audit.leaf import format_canonical
from audit.manifest import manifest_of
from audit.policy import Policy, format_policy
from audit.source import CHECKPOINT, MANIFEST, PAST_CHECKPOINTS, POLICY
from audit.tiles import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    format_bundle,
    format_tile,
    format_tile_path,
)
from audit.tree import Frontier, hash_leaf, root_of

SignCheckpoint: TypeAlias = Callable[[Checkpoint], bytes]
"""Makes the signed note of a checkpoint, or finds the one that was made."""


class ExportError(ValueError):
    """An export that cannot be written here."""


def write_export(
    folder: Path,
    leaves: Iterable[bytes],
    *,
    origin: str,
    sign: SignCheckpoint,
    policy: Policy,
    past: Collection[int] = (),
) -> Checkpoint:
    """Write the leaves of a log into a new folder, and return its checkpoint.

    Leaves come in order and are not kept. `sign` is asked for the checkpoint at
    every size in `past` and at the end. Raises ExportError where the folder holds
    something already, or the log ends before a past size.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ExportError(f"{folder} holds files already; an export wants a folder of its own")
    writer = _Writer(folder)
    sizes, signed = frozenset(past), 0
    for leaf in leaves:
        writer.add(leaf)
        if writer.size in sizes:
            past_note = sign(writer.checkpoint(origin))
            writer.write(f"{PAST_CHECKPOINTS}/{writer.size}", past_note)
            signed += 1
    if signed != len(sizes):
        raise ExportError(f"the log has {writer.size} entries, fewer than a checkpoint of it")
    newest = writer.finish(origin)
    writer.write(POLICY, format_policy(policy))
    writer.write(MANIFEST, format_canonical(manifest_of(newest, signed)))
    # Last, so that a folder without it was not written to its end.
    writer.write(CHECKPOINT, sign(newest))
    return newest


class _Writer:
    """Grows bundles and tiles and writes each when it is full."""

    def __init__(self, folder: Path) -> None:
        self.size = 0
        self._folder = folder
        self._leaves: list[bytes] = []
        self._levels: list[list[bytes]] = [[]]
        self._written: list[int] = [0]
        self._full = Frontier()

    def add(self, leaf: bytes) -> None:
        self.size += 1
        self._leaves.append(leaf)
        if len(self._leaves) == TILE_WIDTH:
            self._write_bundle()
        self._add_hash(0, hash_leaf(leaf))

    def checkpoint(self, origin: str) -> Checkpoint:
        """The checkpoint at the size so far: full tiles, and the hashes of one that is not."""
        frontier = Frontier(self._full.size * TILE_WIDTH, self._full.hashes)
        return Checkpoint(origin, self.size, frontier.extend(self._levels[0]).root())

    def finish(self, origin: str) -> Checkpoint:
        newest = self.checkpoint(origin)
        if self._leaves:
            self._write_bundle()
        for level, hashes in enumerate(self._levels):
            if hashes:
                self._write_tile(level)
        return newest

    def write(self, path: str, data: bytes) -> None:
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def _add_hash(self, level: int, value: bytes) -> None:
        if level == len(self._levels):
            self._levels.append([])
            self._written.append(0)
        self._levels[level].append(value)
        if len(self._levels[level]) == TILE_WIDTH:
            root = root_of(self._levels[level])
            self._write_tile(level)
            if level == 0:
                self._full = self._full.append(root)
            self._add_hash(level + 1, root)

    def _write_bundle(self) -> None:
        index = (self.size - 1) // TILE_WIDTH
        tile = Tile(ENTRIES, index, len(self._leaves))
        self.write(format_tile_path(tile), format_bundle(self._leaves))
        self._leaves = []

    def _write_tile(self, level: int) -> None:
        tile = Tile(level, self._written[level], len(self._levels[level]))
        self.write(format_tile_path(tile), format_tile(self._levels[level]))
        self._written[level] += 1
        self._levels[level] = []
