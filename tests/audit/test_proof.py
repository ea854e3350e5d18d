"""A proof is that of RFC 6962, and nothing but the right one is believed."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.proof import (
    LeafHashes,
    ProofError,
    check_consistency,
    check_inclusion,
    prove_consistency,
    prove_inclusion,
)
from audit.tree import EMPTY_ROOT, hash_leaf, hash_node, root_of

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "vectors" / "transparency-dev-merkle" / "testdata"

LEAVES = [hash_leaf(b"%d" % number) for number in range(300)]
READER = LeafHashes(LEAVES)
SIZES = st.integers(1, len(LEAVES))


def seven() -> dict[str, bytes]:
    """The nodes of the tree that RFC 6962 §2.1.3 draws, by the letters it gives them."""
    facts = json.loads((HERE / "vectors" / "rfc6962.json").read_text())
    a, b, c, d, e, f, j = (bytes.fromhex(leaf) for leaf in facts["leaf_hashes"][:7])
    g, h, i = hash_node(a, b), hash_node(c, d), hash_node(e, f)
    k = hash_node(g, h)
    ell = hash_node(i, j)
    return {
        "a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "g": g,
        "h": h, "i": i, "j": j, "k": k, "l": ell, "hash": hash_node(k, ell),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("index", "path"), [(0, "bhl"), (3, "cgl"), (4, "fjk"), (6, "ik")], ids=["d0", "d3", "d4", "d6"]
)
def test_the_inclusion_proofs_are_those_that_the_rfc_gives(index: int, path: str) -> None:
    nodes = seven()
    leaves = [nodes[letter] for letter in "abcdefj"]
    expected = [nodes[letter] for letter in path]
    assert prove_inclusion(LeafHashes(leaves), index, 7) == expected
    check_inclusion(leaves[index], index, 7, expected, nodes["hash"])


@pytest.mark.parametrize(("old", "path"), [(3, "cdgl"), (4, "l"), (6, "ijk")])
def test_the_consistency_proofs_are_those_that_the_rfc_gives(old: int, path: str) -> None:
    nodes = seven()
    leaves = [nodes[letter] for letter in "abcdefj"]
    expected = [nodes[letter] for letter in path]
    assert prove_consistency(LeafHashes(leaves), old, 7) == expected
    check_consistency(old, 7, expected, root_of(leaves[:old]), nodes["hash"])


@given(SIZES, st.data())
def test_every_leaf_of_every_tree_can_be_proved(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(READER, index, size)
    check_inclusion(LEAVES[index], index, size, proof, root_of(LEAVES[:size]))


@given(SIZES, st.data())
def test_every_tree_can_be_shown_to_continue_an_older_one(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    proof = prove_consistency(READER, old, size)
    assert (proof == []) == (old == size)
    check_consistency(old, size, proof, root_of(LEAVES[:old]), root_of(LEAVES[:size]))


@given(SIZES, st.data())
def test_an_inclusion_proof_that_was_changed_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = root_of(LEAVES[:size])
    proof = prove_inclusion(READER, index, size)
    leaf, other = (
        LEAVES[index],
        data.draw(
            st.integers(0, size - 1).filter(lambda n: n != index) if size > 1 else st.just(size)
        ),
    )
    with pytest.raises(ProofError):
        check_inclusion(leaf, other, size, proof, root)
    with pytest.raises(ProofError):
        check_inclusion(leaf, index, size, [*proof, leaf], root)
    with pytest.raises(ProofError):
        check_inclusion(hash_leaf(b"another"), index, size, proof, root)
    with pytest.raises(ProofError):
        check_inclusion(leaf, index, size, proof, EMPTY_ROOT)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        for changed in ([*proof[:at], *proof[at + 1 :]], [*proof[:at], root, *proof[at + 1 :]]):
            with pytest.raises(ProofError):
                check_inclusion(leaf, index, size, changed, root)


@given(SIZES, st.data())
def test_a_consistency_proof_that_was_changed_is_refused(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    roots = root_of(LEAVES[:old]), root_of(LEAVES[:size])
    proof = prove_consistency(READER, old, size)
    with pytest.raises(ProofError):
        check_consistency(old, size, [*proof, LEAVES[0]], *roots)
    for wrong in ((EMPTY_ROOT, roots[1]), (roots[0], EMPTY_ROOT)):
        with pytest.raises(ProofError):
            check_consistency(old, size, proof, *wrong)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        changes = [*proof[:at], *proof[at + 1 :]], [*proof[:at], EMPTY_ROOT, *proof[at + 1 :]]
        for changed in changes:
            with pytest.raises(ProofError):
                check_consistency(old, size, changed, *roots)


def test_nothing_is_proved_about_the_empty_tree() -> None:
    with pytest.raises(ProofError):
        prove_inclusion(READER, 0, 0)
    for size in (0, 1, 5):
        with pytest.raises(ProofError, match="no proof leads"):
            prove_consistency(READER, 0, size)
        with pytest.raises(ProofError, match="no proof leads"):
            check_consistency(0, size, [], EMPTY_ROOT, root_of(LEAVES[:size]))


@given(st.binary(max_size=70).filter(lambda value: len(value) != 32))
def test_a_hash_that_is_not_32_bytes_is_refused_wherever_it_stands(wrong: bytes) -> None:
    right = LEAVES[0]
    for leaf, step, root in ((wrong, right, right), (right, wrong, right), (right, right, wrong)):
        with pytest.raises(ProofError, match="32 bytes"):
            check_inclusion(leaf, 0, 2, [step], root)
        with pytest.raises(ProofError, match="32 bytes"):
            check_consistency(1, 2, [step], leaf, root)


def vectors(kind: str) -> list[Any]:
    """The cases of the reference implementation, which lie beside this repository or not at all."""
    paths = sorted((SHARED / kind).rglob("*.json"))
    return [pytest.param(path, id=path.relative_to(SHARED).as_posix()) for path in paths] or [
        pytest.param(None, marks=pytest.mark.skip(reason="the shared vectors are not beside us"))
    ]


def decoded(case: dict[str, Any], *names: str) -> list[bytes]:
    return [b64decode(case[name]) for name in names]


def hashes_of(case: dict[str, Any]) -> list[bytes]:
    return [b64decode(step) for step in case["proof"] or []]


@pytest.mark.parametrize("path", vectors("inclusion"))
def test_inclusion_is_judged_as_the_reference_implementation_judges(path: Path) -> None:
    case = json.loads(path.read_text())
    leaf, root = decoded(case, "leafHash", "root")

    def check() -> None:
        check_inclusion(leaf, case["leafIdx"], case["treeSize"], hashes_of(case), root)

    if not case["wantErr"]:
        check()
        return
    with pytest.raises(ProofError):
        check()


@pytest.mark.parametrize("path", vectors("consistency"))
def test_consistency_is_judged_as_the_reference_implementation_judges(path: Path) -> None:
    case = json.loads(path.read_text())
    roots = decoded(case, "root1", "root2")

    def check() -> None:
        check_consistency(case["size1"], case["size2"], hashes_of(case), *roots)

    if not case["wantErr"]:
        check()
        return
    with pytest.raises(ProofError):
        check()


@pytest.mark.skipif(not SHARED.exists(), reason="the shared vectors are not beside us")
@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_there_are_98_cases_of_each_kind(kind: str) -> None:
    assert len(vectors(kind)) == 98
