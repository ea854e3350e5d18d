"""One walk over a log from its first entry to its last, in the memory of a few tiles.

For 256 entries at a time: each leaf keeps the rules of its place, its hash is the
one in the tile of level 0, the root of that tile is the one in the tile above, and
at every size at which somebody signed, the root is the signed one. That each signed
root is met on one walk is stronger than proofs between any two of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from audit.brackets import Brackets
from audit.entry_rules import EntryRules
from audit.findings import Findings
from audit.levels import Levels, read_noted, split_hashes
from audit.read_tiles import limit_of
from audit.report import Check, Outcome
from audit.source import Source
from audit.tiles import ENTRIES, TILE_WIDTH, Tile, format_tile_path, split_bundle, tiles_of
from audit.tree import EMPTY_ROOT, HASH_SIZE, Frontier, hash_leaf, hash_node, root_of

Progress: TypeAlias = Callable[[int, int], object]
"""Called with the entries that are done and those that there are."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody signed that at this size the root is this."""

    check: Check
    size: int
    root: bytes
    file: str


@dataclass(frozen=True, slots=True)
class _Bundle:
    """The entries of a bundle as they were read."""

    path: str
    leaves: list[bytes]
    fault: str | None
    """Why there are not as many as there should be, after those that are there."""


class Walk:
    """The walk; `run` once, then ask what was met."""

    def __init__(
        self,
        source: Source,
        findings: Findings,
        size: int,
        claims: Sequence[Claim],
        brackets: Brackets,
    ) -> None:
        """Walk over `size` entries, and meet these claims, none of a larger size."""
        self.rules = EntryRules(brackets)
        self.levels = Levels(source, findings, size)
        self.done = 0
        """Entries of which the hash is known, from the first without a gap."""
        self.met = 0
        """Claims that were compared, whether they held or not."""
        self._source = source
        self._findings = findings
        self._size = size
        self._claims = sorted(claims, key=lambda claim: claim.size)
        self._full = Frontier()  # Over the roots of full tiles: 256 leaves at a time.
        self._agreed: list[int] = []  # The sizes at which the signed root was met.

    def run(self, progress: Progress | None = None) -> None:
        """Walk to the last entry, or to the first of which nothing is left."""
        self._source.expect(self._in_order())
        self._meet([])
        for tile in tiles_of(self._size):
            hashes = self._read_both(tile)
            if hashes is None:
                return
            self._meet(hashes)
            self.done += len(hashes)
            if tile.width == TILE_WIDTH:
                root = root_of(hashes)
                self._full = self._full.append(root)
                self.levels.add(root)
            if progress is not None:
                progress(self.done, self._size)
        self.levels.finish()

    def _in_order(self) -> Iterator[tuple[str, int]]:
        """The files that are read on the way, in this order."""
        for tile in tiles_of(self._size):
            for each in (Tile(ENTRIES, tile.index, tile.width), tile):
                yield format_tile_path(each), limit_of(each)

    def _read_both(self, tile: Tile) -> list[bytes] | None:
        """The leaf hashes of a tile: as the tile has them, or else as its entries do.

        None where neither is there, for then nothing after it can be placed.
        """
        bundle = self._read_bundle(Tile(ENTRIES, tile.index, tile.width))
        computed = [] if bundle is None else [hash_leaf(leaf) for leaf in bundle.leaves]
        stored = self._compare(tile, bundle, computed)
        self._check_rules(tile, bundle)
        for hashes in (stored, computed):
            if len(hashes) == tile.width:
                return hashes
        return None

    def _read_bundle(self, tile: Tile) -> _Bundle | None:
        found = read_noted(self._source, self._findings, tile)
        if found is None:
            span = self._positions(tile, 0, tile.width)
            path = format_tile_path(tile)
            self._findings.add(
                Check.LEAVES, Outcome.INCONCLUSIVE, "these entries are missing", path, span
            )
            return None
        path, data, wider = found
        leaves, rest = split_bundle(data)
        if wider and len(leaves) >= tile.width:
            return _Bundle(path, leaves[: tile.width], None)
        if rest and not wider:
            fault = f"{len(rest)} bytes follow the last whole entry"
            return _Bundle(path, leaves[: tile.width], fault)
        if len(leaves) != tile.width:
            fault = f"the bundle holds {len(leaves)} entries, not {tile.width}"
            return _Bundle(path, leaves[: tile.width], fault)
        return _Bundle(path, leaves, None)

    def _compare(self, tile: Tile, bundle: _Bundle | None, computed: list[bytes]) -> list[bytes]:
        """The hashes that the tile has, compared with those of the entries."""
        found = read_noted(self._source, self._findings, tile)
        if found is None:
            span = self._positions(tile, 0, tile.width)
            path = format_tile_path(tile)
            self._findings.add(
                Check.TILES, Outcome.INCONCLUSIVE, "this tile is missing", path, span
            )
        path, data, wider = found or ("", b"", True)
        stored, torn = split_hashes(data)
        if wider:
            stored, torn = stored[: tile.width], False
        if bundle is not None and bundle.fault is None and stored == computed and not torn:
            return stored
        pairs = zip(stored, computed, strict=False)
        bad = next((at for at, (one, other) in enumerate(pairs) if one != other), None)
        if bad is not None and bundle is not None:
            files = f"{bundle.path} and {path}"
            self._say(Check.TILES, "the entry and its hash do not agree", files, tile, bad)
        if bundle is not None and bundle.fault is not None and bad is None:
            self._say(Check.LEAVES, bundle.fault, bundle.path, tile, len(bundle.leaves))
        if found is not None and (torn or len(stored) != tile.width):
            message = f"the tile has {len(data)} bytes, not {HASH_SIZE * tile.width}"
            at = min(len(stored), tile.width)
            self._say(Check.TILES, message, path, tile, at if bad is None else bad)
        return stored[: tile.width]

    def _check_rules(self, tile: Tile, bundle: _Bundle | None) -> None:
        leaves = [] if bundle is None else bundle.leaves
        first = tile.index * TILE_WIDTH + 1
        for position, leaf in enumerate(leaves, start=first):
            for check, outcome, message in self.rules.check(position, leaf):
                file = "" if bundle is None else bundle.path
                self._findings.add(check, outcome, message, file, (position, position))
        if len(leaves) < tile.width:
            self.rules.skip()

    def _meet(self, hashes: list[bytes]) -> None:
        """Compare the claims whose sizes lie under these hashes, which come next."""
        while self.met < len(self._claims):
            claim = self._claims[self.met]
            if claim.size > self.done + len(hashes):
                return
            self.met += 1
            if self._root_at(claim.size, hashes) == claim.root:
                self._agreed.append(claim.size)
                continue
            # Another claim of the same size that is met says nothing of where this one is not.
            below = next((size for size in reversed(self._agreed) if size < claim.size), 0)
            span = (below + 1, claim.size) if claim.size else None
            message = "the entries and tiles do not have the root that was signed"
            self._findings.add(claim.check, Outcome.TAMPERED, message, claim.file, span)

    def _root_at(self, size: int, hashes: list[bytes]) -> bytes:
        """The root at a size under these hashes: they end it, and full tiles come before them.

        A row of full tiles is a tree of tile roots, so the perfect subtrees to the
        left of the last ones are the frontier of those roots.
        """
        rest = hashes[: size - self.done]
        if not rest:
            return EMPTY_ROOT
        root = root_of(rest)
        for subtree in reversed(self._full.hashes):
            root = hash_node(subtree, root)
        return root

    def _say(self, check: Check, message: str, file: str, tile: Tile, at: int) -> None:
        position = self._positions(tile, at, at + 1)
        self._findings.add(check, Outcome.TAMPERED, message, file, position)

    @staticmethod
    def _positions(tile: Tile, first: int, after: int) -> tuple[int, int]:
        start = tile.index * TILE_WIDTH
        return start + first + 1, start + after
