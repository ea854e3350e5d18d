"""The Merkle tree of RFC 6962 §2.1 (RFC 9162 §2.1.1), over leaf hashes.

    hash of a leaf       SHA-256(0x00 ‖ leaf)
    hash of a node       SHA-256(0x01 ‖ left ‖ right)
    root of no leaves    SHA-256("")
    root of n leaves     node(root of the first k, root of the rest), with k the
                         largest power of two smaller than n

The split at powers of two makes every tree a row of perfect subtrees, one for
each 1-bit of its size. Their hashes are the *frontier*: all that is needed to
append for ever and to compute the root, in a logarithmic amount of memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HASH_SIZE = 32  # SHA-256, the only hash of RFC 6962
EMPTY_ROOT = sha256(b"").digest()

_LEAF, _NODE = b"\x00", b"\x01"  # Apart, so that no node can pass for a leaf.


class TreeError(ValueError):
    """What was handed in cannot be part of a tree of this shape."""


def hash_leaf(data: bytes) -> bytes:
    """The hash of a leaf with these bytes (RFC 6962 §2.1)."""
    return sha256(_LEAF + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 6962 §2.1).

    Raises TreeError unless both are exactly 32 bytes: with any other length two
    different pairs of children would share one input.
    """
    _check_hash(left)
    _check_hash(right)
    return sha256(_NODE + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root of the tree with these leaf hashes, in order."""
    return Frontier().extend(leaf_hashes).root()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The perfect subtrees of a tree of `size` leaves, the largest and oldest first.

    Raises TreeError unless there is one 32-byte hash for each 1-bit of `size`.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a frontier that no tree of this size has."""
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise TreeError(
                f"a tree of {self.size} leaves has no frontier of {len(self.hashes)} hashes"
            )
        for subtree in self.hashes:
            _check_hash(subtree)

    def append(self, leaf_hash: bytes) -> Frontier:
        """The frontier with one leaf more."""
        return self.extend((leaf_hash,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> Frontier:
        """The frontier with these leaves more, at about one node hash each.

        A new leaf closes one subtree for every trailing 1-bit of the size, as
        adding one to a binary number carries. Raises TreeError for a leaf hash
        that is not 32 bytes, and then nothing is appended.
        """
        subtrees = list(self.hashes)
        size = self.size
        for leaf_hash in leaf_hashes:
            _check_hash(leaf_hash)
            closed, carry = leaf_hash, size
            while carry & 1:
                closed = sha256(_NODE + subtrees.pop() + closed).digest()
                carry >>= 1
            subtrees.append(closed)
            size += 1
        return Frontier(size, tuple(subtrees))

    def root(self) -> bytes:
        """The root of the whole tree: the subtrees joined from the smallest up."""
        if not self.hashes:
            return EMPTY_ROOT
        *larger, root = self.hashes
        for subtree in reversed(larger):
            root = sha256(_NODE + subtree + root).digest()
        return root

    def to_bytes(self) -> bytes:
        """The hashes, largest subtree first; the size is kept beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        """The inverse of `to_bytes`; raises TreeError where the length cannot be."""
        starts = range(0, len(data), HASH_SIZE)
        return cls(size, tuple(data[start : start + HASH_SIZE] for start in starts))


def _check_hash(value: bytes) -> None:
    if len(value) != HASH_SIZE:
        raise TreeError(f"a hash has {HASH_SIZE} bytes, not {len(value)}")
