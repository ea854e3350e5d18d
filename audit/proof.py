"""Proofs that a leaf is in a tree, and that one tree is the beginning of another.

An inclusion proof is the path of RFC 6962 §2.1.1, a consistency proof that of
§2.1.2; both are checked by the loops of RFC 9162 §2.1.3.2 and §2.1.4.2, which
hold the same proofs. A prover asks a *hash reader* for hashes of perfect
subtrees, so it is all one whether they come from tiles or from a list; a
checker needs nothing but the proof.

A proof shows that something is present. That nothing was left out is shown
only by computing from a whole export.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from audit.tree import HASH_SIZE, TreeError, hash_node, root_of


class ProofError(TreeError):
    """A proof that does not show what it is for, or cannot be made."""


class HashReader(Protocol):
    """Where a prover reads the hashes of perfect subtrees."""

    def node(self, level: int, index: int) -> bytes:
        """The hash over the leaves from `index`·2^`level` to before (`index`+1)·2^`level`.

        Asked only of subtrees that lie wholly in the tree.
        """


class LeafHashes:
    """A hash reader over the leaf hashes themselves, for trees that fit in memory."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        """Read from these leaf hashes, in order."""
        self._hashes = hashes

    def node(self, level: int, index: int) -> bytes:
        """The hash of a perfect subtree, computed from its leaves."""
        return root_of(self._hashes[index << level : (index + 1) << level])


def prove_inclusion(reader: HashReader, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 §2.1.1, from the leaf's sibling upwards.

    Walks down from the root; at each split the half without the leaf is a step
    of the proof. Raises ProofError unless 0 ≤ index < size.
    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    start, end = 0, size
    steps = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            steps.append(_root(reader, middle, end))
            end = middle
        else:
            steps.append(_root(reader, start, middle))
            start = middle
    return steps[::-1]


def check_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raise ProofError unless the proof shows this leaf at `index` of the tree (RFC 9162 §2.1.3.2).

    `node` and `last` are the places of the node at hand and of the last node on
    each level, so where both agree or `node` is odd the sibling is on the left.
    """
    _check_hashes(leaf_hash, root, *proof)
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    node, last, found = index, size - 1, leaf_hash
    for step in proof:
        if last == 0:
            raise ProofError(f"the proof is longer than a tree of {size} leaves is high")
        if node & 1 or node == last:
            found = hash_node(step, found)
            # A last node without a sibling stands for itself on the levels above.
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = hash_node(found, step)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof ends before the root")
    if found != root:
        raise ProofError(f"the proof does not lead from leaf {index} to this root")


def prove_consistency(reader: HashReader, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962 §2.1.2; empty where the sizes are equal.

    Walks down to the last perfect subtree of the old tree. Raises ProofError
    unless 1 ≤ old ≤ new: every tree begins with the empty one, so a proof of
    that would show nothing.
    """
    if not 1 <= old <= new:
        raise ProofError(f"no proof leads from a tree of {old} leaves to one of {new}")
    start, end = 0, new
    steps = []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            steps.append(_root(reader, middle, end))
            end = middle
        else:
            steps.append(_root(reader, start, middle))
            start = middle
    # Where the old tree is one perfect subtree, the checker knows its hash: the old root.
    if start > 0:
        steps.append(_root(reader, start, end))
    return steps[::-1]


def check_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Raise ProofError unless the tree of `old` leaves begins that of `new` (RFC 9162 §2.1.4.2).

    One walk computes both roots: the old one from the steps on the left, the new
    one from all.
    """
    if not 1 <= old <= new:
        raise ProofError(f"no proof leads from a tree of {old} leaves to one of {new}")
    if old == new:
        # Nothing is hashed, so the roots need only be the same, whatever they are.
        if proof or old_root != new_root:
            raise ProofError(f"two trees of {old} leaves are consistent only if they are the same")
        return
    _check_hashes(old_root, new_root, *proof)
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not proof:
        raise ProofError(f"nothing shows that {old} leaves became {new}")
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    found_old = found_new = path[0]
    for step in path[1:]:
        if last == 0:
            raise ProofError(f"the proof is longer than a tree of {new} leaves is high")
        if node & 1 or node == last:
            found_old, found_new = hash_node(step, found_old), hash_node(step, found_new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found_new = hash_node(found_new, step)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof ends before the root")
    if found_old != old_root or found_new != new_root:
        raise ProofError(f"these trees of {old} and {new} leaves are not one log")


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (RFC 6962 §2.1)."""
    return 1 << (size - 1).bit_length() - 1


def _root(reader: HashReader, start: int, end: int) -> bytes:
    """MTH(D[start:end]), for a range that the splits of some tree make.

    Such a range begins at a multiple of every power of two in its length, so it
    is a row of perfect subtrees, the largest first, joined from the right.
    """
    subtrees = []
    while start < end:
        level = (end - start).bit_length() - 1
        subtrees.append(reader.node(level, start >> level))
        start += 1 << level
    root = subtrees.pop()
    while subtrees:
        root = hash_node(subtrees.pop(), root)
    return root


def _check_hashes(*hashes: bytes) -> None:
    for each in hashes:
        if len(each) != HASH_SIZE:
            raise ProofError(f"a hash has {HASH_SIZE} bytes, not {len(each)}")
