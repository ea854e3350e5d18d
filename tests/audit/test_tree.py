"""The tree is that of RFC 6962, and its frontier is enough to go on from."""

from __future__ import annotations

import json
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit.tree import EMPTY_ROOT, Frontier, TreeError, hash_leaf, hash_node, root_of

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "vectors" / "rfc6962-reference.json"

HASHES = st.binary(min_size=32, max_size=32)
TREES = st.integers(0, 300).map(lambda size: [hash_leaf(b"%d" % n) for n in range(size)])


def naive_root(leaf_hashes: list[bytes]) -> bytes:
    """RFC 6962 §2.1 word for word, with nothing kept between calls."""
    if not leaf_hashes:
        return sha256(b"").digest()
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    split = 1
    while split * 2 < len(leaf_hashes):
        split *= 2
    left, right = naive_root(leaf_hashes[:split]), naive_root(leaf_hashes[split:])
    return sha256(b"\x01" + left + right).digest()


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """The facts of the reference implementation, as this repository keeps them."""
    kept: dict[str, Any] = json.loads((HERE / "vectors" / "rfc6962.json").read_text())
    return kept


def test_leaf_hashes_are_those_of_the_reference_implementation(reference: dict[str, Any]) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in reference["leaves"]]
    assert [hash_leaf(leaf).hex() for leaf in leaves] == reference["leaf_hashes"]


def test_roots_are_those_of_the_reference_implementation(reference: dict[str, Any]) -> None:
    hashes = [bytes.fromhex(leaf_hash) for leaf_hash in reference["leaf_hashes"]]
    sizes = range(len(hashes) + 1)
    assert [root_of(hashes[:size]).hex() for size in sizes] == reference["roots"]
    grown = accumulate(hashes, Frontier.append, initial=Frontier())
    assert [frontier.root().hex() for frontier in grown] == reference["roots"]


def test_what_is_kept_here_is_what_the_shared_vectors_say(reference: dict[str, Any]) -> None:
    if not SHARED.exists():
        pytest.skip("the shared vectors are no part of this repository and are not beside it")
    shared = json.loads(SHARED.read_text())
    levels = shared["node_hashes_hex_by_level"]
    assert shared["leaf_inputs_hex"] == reference["leaves"]
    assert levels[0] == reference["leaf_hashes"]
    assert shared["root_hashes_hex_by_size"] == reference["roots"]
    for below, level in pairwise([[bytes.fromhex(node) for node in nodes] for nodes in levels]):
        pairs = zip(below[::2], below[1::2], strict=True)
        assert [hash_node(left, right) for left, right in pairs] == level


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Frontier().root() == root_of([]) == EMPTY_ROOT == sha256(b"").digest()


def test_a_leaf_and_a_node_of_the_same_bytes_differ() -> None:
    left, right = hash_leaf(b"left"), hash_leaf(b"right")
    assert hash_leaf(left + right) != hash_node(left, right)


@given(TREES)
def test_the_frontier_has_the_root_of_the_recursion(hashes: list[bytes]) -> None:
    frontier = Frontier().extend(hashes)
    assert frontier.size == len(hashes)
    assert frontier.root() == root_of(iter(hashes)) == naive_root(hashes)


@given(TREES, st.data())
def test_appending_in_any_portions_gives_the_same_frontier(
    hashes: list[bytes], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(hashes)))
    at_once = Frontier().extend(hashes)
    assert Frontier().extend(hashes[:cut]).extend(hashes[cut:]) == at_once
    one_by_one = Frontier().extend(hashes[:cut])
    for leaf_hash in hashes[cut:]:
        one_by_one = one_by_one.append(leaf_hash)
    assert one_by_one == at_once


@given(TREES)
def test_a_frontier_is_its_size_and_its_bytes(hashes: list[bytes]) -> None:
    frontier = Frontier().extend(hashes)
    data = frontier.to_bytes()
    assert len(data) == 32 * len(hashes).bit_count()
    assert Frontier.from_bytes(frontier.size, data) == frontier


def test_the_bytes_begin_with_the_largest_subtree() -> None:
    hashes = [hash_leaf(b"%d" % n) for n in range(7)]
    subtrees = naive_root(hashes[:4]), naive_root(hashes[4:6]), hashes[6]
    assert Frontier().extend(hashes).to_bytes() == b"".join(subtrees)


def test_a_frontier_does_not_change_when_it_is_appended_to() -> None:
    before = Frontier().extend([hash_leaf(b"a"), hash_leaf(b"b"), hash_leaf(b"c")])
    root = before.root()
    before.append(hash_leaf(b"d"))
    assert (before.size, before.root()) == (3, root)


@given(st.binary(max_size=70).filter(lambda value: len(value) != 32), HASHES)
@example(b"", b"\x00" * 32)
def test_a_hash_that_is_not_32_bytes_is_refused_everywhere(wrong: bytes, right: bytes) -> None:
    refused = pytest.raises(TreeError, match=f"a hash has 32 bytes, not {len(wrong)}")
    with refused:
        hash_node(wrong, right)
    with refused:
        hash_node(right, wrong)
    with refused:
        root_of([right, wrong])
    with refused:
        Frontier().append(wrong)
    with refused:
        Frontier(1, (wrong,))


@pytest.mark.parametrize(
    ("size", "length"), [(0, 32), (1, 0), (1, 64), (2, 31), (3, 32), (3, 65), (4, 64), (-1, 32)]
)
def test_bytes_that_no_tree_of_that_size_has_are_refused(size: int, length: int) -> None:
    with pytest.raises(TreeError):
        Frontier.from_bytes(size, bytes(length))
