"""Go's own packages for transparency logs come to the same verdicts as we do.

They are those that guard Go's module proxy, as Debian packages them (`golang-go`
and `golang-golang-x-mod-dev`); nothing of ours is in them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.note import format_base64, format_verifier_key
from audit.proof import LeafHashes, prove_consistency, prove_inclusion
from audit.proof_file import LogProof, format_log_proof
from audit.tree import hash_leaf
from tests.audit.go_verifier import NO_GO, build_verifier, complaint, has_go
from tests.audit.material import SIGNER, export_to, leaves_of

KEY = format_verifier_key(SIGNER.key)
SIZE, LARGE = 1_000, 100_000

pytestmark = pytest.mark.skipif(not has_go(), reason=NO_GO)


@pytest.fixture(scope="module")
def verify(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built without a module proxy."""
    return build_verifier(tmp_path_factory.mktemp("go"))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    export_to(tmp_path / "log", SIZE, (300, 512))
    return tmp_path / "log"


def test_go_verifies_an_export(verify: Path, export: Path) -> None:
    assert complaint(verify, "export", export, KEY) == ""


@pytest.mark.long
def test_go_verifies_a_large_export(verify: Path, tmp_path: Path) -> None:
    export_to(tmp_path / "log", LARGE)
    assert complaint(verify, "export", tmp_path / "log", KEY) == ""
    bundle = tmp_path / "log/tile/entries/300"
    bundle.write_bytes(bundle.read_bytes().replace(b"Statement 77000 ", b"Statement 77001 "))
    assert "position 77000" in complaint(verify, "export", tmp_path / "log", KEY)


def test_go_names_the_entry_that_was_altered(verify: Path, export: Path) -> None:
    bundle = export / "tile/entries/002"
    bundle.write_bytes(bundle.read_bytes().replace(b"Statement 700 ", b"Statement 701 "))
    assert "position 700" in complaint(verify, "export", export, KEY)


@pytest.mark.parametrize("path", ["tile/0/001", "tile/1/000.p/3", "checkpoint"])
def test_go_refuses_an_altered_tile_and_an_altered_checkpoint(
    verify: Path, export: Path, path: str
) -> None:
    data = bytearray((export / path).read_bytes())
    data[40] ^= 1
    (export / path).write_bytes(data)
    assert complaint(verify, "export", export, KEY) != ""


def test_go_checks_our_consistency_proofs(verify: Path, export: Path, tmp_path: Path) -> None:
    reader = LeafHashes([hash_leaf(leaf) for leaf in leaves_of(SIZE)])
    for old in (300, 512):
        steps = prove_consistency(reader, old, SIZE)
        arguments = [export / f"checkpoints/{old}", export / "checkpoint", tmp_path / "proof", KEY]
        (tmp_path / "proof").write_text("\n".join(map(format_base64, steps)))
        assert complaint(verify, "consistency", *arguments) == ""
        (tmp_path / "proof").write_text("\n".join(map(format_base64, steps[:-1])))
        assert complaint(verify, "consistency", *arguments) != ""


def test_go_checks_our_proofs_to_carry_away(verify: Path, export: Path, tmp_path: Path) -> None:
    leaves = list(leaves_of(SIZE))
    reader = LeafHashes([hash_leaf(leaf) for leaf in leaves])
    checkpoint = (export / "checkpoint").read_bytes()
    for index in (0, 255, 256, SIZE - 1):
        proof = LogProof(index, tuple(prove_inclusion(reader, index, SIZE)), checkpoint)
        file = tmp_path / "entry.tlog-proof"
        arguments = [file, tmp_path / "leaf", KEY]
        file.write_bytes(format_log_proof(proof))
        (tmp_path / "leaf").write_bytes(leaves[index])
        assert complaint(verify, "proof", *arguments) == ""
        (tmp_path / "leaf").write_bytes(leaves[index] + b" ")
        assert complaint(verify, "proof", *arguments) != ""
