"""A checkpoint and a cosignature are as their specifications have them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import (
    MAX_SIZE,
    Checkpoint,
    CheckpointError,
    checkpoint_in,
    format_checkpoint,
    parse_checkpoint,
)
from audit.cosignature import Cosigner, check_cosignatures, format_cosigned
from audit.note import (
    Note,
    NoteError,
    check_note,
    format_note,
    parse_base64,
    parse_note,
    parse_verifier_key,
)
from audit.tiles import parse_tile
from audit.tree import root_of
from tests.audit.material import SIGNER, WITNESS, private_key

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
TESSERA = VECTORS / "transparency-dev-tessera" / "testdata" / "log"
NO_VECTORS = pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside us")

# The example of tlog-checkpoint and tlog-cosignature (CC BY 4.0).
EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

LINES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=30
)
CHECKPOINTS = st.builds(
    Checkpoint,
    LINES,
    st.integers(0, MAX_SIZE),
    st.binary(min_size=32, max_size=32),
    st.lists(LINES, max_size=3).map(tuple),
)


def test_the_example_of_the_specification_is_read() -> None:
    checkpoint = parse_checkpoint(EXAMPLE)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20_852_163
    assert checkpoint.root == parse_base64("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert format_checkpoint(checkpoint) == EXAMPLE


@given(CHECKPOINTS)
def test_a_checkpoint_reads_back(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "", "a\n1\n", EXAMPLE[:-1], EXAMPLE + "\n", EXAMPLE.replace("20852163", "020852163"),
        EXAMPLE.replace("20852163", "-1"), EXAMPLE.replace("20852163", "٣"), "\n" + EXAMPLE[28:],
        EXAMPLE.replace("20852163", str(2**63)), EXAMPLE.replace("q2I=", "q2J="),
        EXAMPLE.replace("CsUYapGG", ""),
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError):
        parse_checkpoint(text)


def test_the_checkpoint_in_a_note_is_read_whoever_signed_it() -> None:
    note = Note(EXAMPLE, (SIGNER.sign(EXAMPLE),))
    assert checkpoint_in(format_note(note)) == parse_checkpoint(EXAMPLE)
    other = "hello\n"
    for data in (b"", format_note(note)[:-1], format_note(Note(other, (SIGNER.sign(other),)))):
        with pytest.raises(CheckpointError, match="the checkpoint cannot be read"):
            checkpoint_in(data)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("", 0, bytes(32)), ("a\nb", 0, bytes(32)), ("a", -1, bytes(32)), ("a", 0, bytes(31))],
)
def test_a_checkpoint_that_cannot_be_written_is_refused(
    origin: str, size: int, root: bytes
) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint(origin, size, root)


# --- cosignatures -------------------------------------------------------------------


def test_what_a_witness_signs_is_the_example_of_the_specification() -> None:
    expected = f"cosignature/v1\ntime 1679315147\n{EXAMPLE}"
    assert format_cosigned(EXAMPLE, 1_679_315_147) == expected.encode()


@given(CHECKPOINTS.map(format_checkpoint), st.integers(0, 2**63 - 1))
def test_a_cosignature_is_verified_with_its_time(text: str, time: int) -> None:
    note = Note(text, (SIGNER.sign(text), WITNESS.sign(text, time)))
    assert check_cosignatures(note, [WITNESS.key]) == {WITNESS.key: time}
    assert check_note(note, [SIGNER.key, WITNESS.key]) == [SIGNER.key]


def test_a_cosignature_of_another_text_or_time_does_not_fit() -> None:
    signature = WITNESS.sign(EXAMPLE, 1_679_315_147)
    other = EXAMPLE.replace("20852163", "20852164")
    with pytest.raises(NoteError, match="does not fit"):
        check_cosignatures(Note(other, (signature,)), [WITNESS.key])
    later = (1_679_315_148).to_bytes(8, "big") + signature.signature[8:]
    moved = type(signature)(signature.name, signature.key_id, later)
    with pytest.raises(NoteError, match="does not fit"):
        check_cosignatures(Note(EXAMPLE, (moved,)), [WITNESS.key])


def test_a_cosignature_that_is_too_short_does_not_fit() -> None:
    signature = WITNESS.sign(EXAMPLE, 5)
    short = type(signature)(signature.name, signature.key_id, signature.signature[:7])
    with pytest.raises(NoteError):
        check_cosignatures(Note(EXAMPLE, (short,)), [WITNESS.key])


def test_a_witness_whose_key_is_unknown_says_nothing() -> None:
    stranger = Cosigner(WITNESS.key.name, private_key("stranger"))
    note = Note(EXAMPLE, (stranger.sign(EXAMPLE, 5),))
    assert check_cosignatures(note, [WITNESS.key]) == {}


@pytest.mark.parametrize("time", [-1, 2**63])
def test_a_time_that_no_witness_can_say_is_refused(time: int) -> None:
    with pytest.raises(NoteError):
        WITNESS.sign(EXAMPLE, time)


# --- another log --------------------------------------------------------------------


def tessera() -> list[Path]:
    paths = sorted(TESSERA.glob("checkpoint*")) if TESSERA.exists() else []
    return paths or [Path("absent")]


@NO_VECTORS
@pytest.mark.parametrize("path", tessera(), ids=lambda path: path.name)
def test_the_signed_checkpoints_of_another_log_are_verified(path: Path) -> None:
    key = parse_verifier_key(json.loads((VECTORS / "notes.json").read_text())["tessera_log_vkey"])
    data = path.read_bytes()
    note = parse_note(data)
    assert check_note(note, [key]) == [key]
    assert format_note(note) == data
    checkpoint = parse_checkpoint(note.text)
    assert format_checkpoint(checkpoint) == note.text
    tile = TESSERA / f"tile/0/000.p/{checkpoint.size}"
    if tile.exists():
        assert root_of(parse_tile(tile.read_bytes(), checkpoint.size)) == checkpoint.root


@NO_VECTORS
def test_there_are_16_signed_checkpoints() -> None:
    assert len([path for path in tessera() if path.suffix]) == 16
