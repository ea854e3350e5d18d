"""A note is signed as signed-note says, and a signature that does not fit is never overlooked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.note import (
    ED25519,
    MAX_SIGNATURES,
    Note,
    NoteError,
    Signature,
    Signer,
    VerifierKey,
    check_note,
    format_base64,
    format_note,
    format_verifier_key,
    parse_base64,
    parse_note,
    parse_verifier_key,
)
from tests.audit.material import SIGNER, private_key

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "vectors" / "notes.json"

NAMES = st.from_regex(r"[a-z0-9./\-é]{1,30}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=0x20), max_size=200).map(
    lambda text: text.replace("#", "\n") + "\n"
)
KEYS = st.builds(VerifierKey, NAMES, st.sampled_from([1, 4]), st.binary(min_size=32, max_size=32))
NOTES = st.builds(
    Note,
    TEXTS,
    st.lists(
        st.builds(
            Signature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)
        ),
        min_size=1,
        max_size=5,
    ).map(tuple),
)


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((HERE / "vectors" / "notes.json").read_text("utf-8"))
    return kept


# --- the examples of others ---------------------------------------------------------


def test_the_example_of_the_specification_is_verified_by_its_key(facts: dict[str, Any]) -> None:
    key = parse_verifier_key(facts["c2sp"]["key"])
    data = facts["c2sp"]["note"].encode()
    note = parse_note(data)
    assert note.text == "This is an example message.\n"
    assert check_note(note, [key]) == [key]
    assert format_note(note) == data


def test_the_note_of_go_is_verified_and_signed_again_byte_for_byte(facts: dict[str, Any]) -> None:
    go = facts["go"]
    key = parse_verifier_key(go["key"])
    data = f"{go['text']}\n{go['signature_line']}\n".encode()
    assert check_note(parse_note(data), [key]) == [key]
    seed = parse_base64(go["private"])
    assert seed[0] == ED25519
    signer = Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(seed[1:]))
    assert signer.key == key
    assert format_note(Note(go["text"], (signer.sign(go["text"]),))) == data


def test_a_signature_may_stand_there_more_than_once(facts: dict[str, Any]) -> None:
    go = facts["go"]
    key = parse_verifier_key(go["key"])
    data = f"{go['text']}\n{(go['signature_line'] + chr(10)) * 3}".encode()
    assert check_note(parse_note(data), [key]) == [key]


def test_the_keys_that_go_refuses_are_refused(facts: dict[str, Any]) -> None:
    for text in facts["go"]["bad_keys"]:
        with pytest.raises(NoteError):
            parse_verifier_key(text)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared vectors are not beside us")
def test_what_is_kept_here_is_what_the_shared_vectors_say(facts: dict[str, Any]) -> None:
    shared = json.loads(SHARED.read_text("utf-8"))
    go, c2sp = shared["sumdb"], shared["c2sp_signed_note"]
    assert facts["c2sp"] == {"key": c2sp["vkey"], "note": c2sp["note"]}
    assert facts["go"] == {
        "text": go["note_text"],
        "key": go["vkey"],
        "private": go["skey_test_only"].split("+", 4)[4],
        "signature_line": go["signature_lines"][0],
        "bad_keys": go["bad_vkeys"],
    }
    assert set(go["signature_lines"]) == {facts["go"]["signature_line"]}


# --- the pairs ----------------------------------------------------------------------


@given(KEYS)
def test_a_key_reads_back(key: VerifierKey) -> None:
    assert parse_verifier_key(format_verifier_key(key)) == key


@given(NOTES)
def test_a_note_reads_back(note: Note) -> None:
    assert parse_note(format_note(note)) == note


@given(st.binary(max_size=60))
def test_base_64_reads_back(data: bytes) -> None:
    assert parse_base64(format_base64(data)) == data


def test_base_64_has_one_spelling() -> None:
    assert parse_base64("AA==") == b"\x00"
    for other in ("AB==", "AA=", "AA", "AA==\n", "A A==", "AA-_"):
        with pytest.raises(NoteError):
            parse_base64(other)


# --- refusals -----------------------------------------------------------------------


def test_any_flipped_bit_of_a_signed_note_is_noticed() -> None:
    data = format_note(Note("one\ntwo\n", (SIGNER.sign("one\ntwo\n"),)))
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            signed = check_note(parse_note(bytes(changed)), [SIGNER.key])
        except NoteError:
            signed = []
        assert signed == []


@pytest.mark.parametrize(
    "data",
    [
        b"", b"text\n", b"text\n\n", b"text\n\nno signature\n", b"text\n\n\xe2\x80\x94 a AAAAAAA=",
        b"text\r\n\n\xe2\x80\x94 a AAAAAAA=\n", b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a+b AAAAAAA=\n", b"text\n\n\xe2\x80\x94  AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a AAAAAA==\n", b"text\n\n- a AAAAAAA=\n",
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(NoteError):
        parse_note(data)


def test_a_note_with_too_many_signatures_is_refused() -> None:
    line = "— a AAAAAAA=\n"
    assert len(parse_note(f"text\n\n{line * MAX_SIGNATURES}".encode()).signatures) == MAX_SIGNATURES
    with pytest.raises(NoteError, match="at most"):
        parse_note(f"text\n\n{line * (MAX_SIGNATURES + 1)}".encode())


def test_a_text_that_would_not_read_back_is_not_formatted() -> None:
    for text in ("no newline", "a\rb\n"):
        with pytest.raises(NoteError):
            format_note(Note(text, (SIGNER.sign(text),)))


def test_a_signature_of_an_unknown_key_says_nothing() -> None:
    stranger = Signer(SIGNER.key.name, private_key("stranger"))
    note = Note("text\n", (stranger.sign("text\n"),))
    assert check_note(note, [SIGNER.key]) == []


def test_one_signature_that_does_not_fit_spoils_the_note_even_beside_one_that_does() -> None:
    note = Note("text\n", (SIGNER.sign("text\n"), SIGNER.sign("other\n")))
    with pytest.raises(NoteError, match="does not fit"):
        check_note(note, [SIGNER.key])
