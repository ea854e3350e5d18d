"""Private keys as Go's note package writes them."""

from __future__ import annotations

import pytest

from audit.note import (
    COSIGNATURE,
    ED25519,
    NoteError,
    Signer,
    format_verifier_key,
    public_bytes,
)
from audit.signer_key import format_signer_key, make_signer_key, parse_signer_key
from tests.audit.material import private_key

GO = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
"""The key in the documentation of golang.org/x/mod/sumdb/note, and no secret."""
ITS_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_a_key_of_go_is_read() -> None:
    assert format_verifier_key(Signer(*parse_signer_key(GO)).key) == ITS_VERIFIER


@pytest.mark.parametrize("kind", [ED25519, COSIGNATURE])
def test_what_is_written_is_read_back(kind: int) -> None:
    private = private_key("round")
    text = format_signer_key("example.org/log", private, kind)
    name, read = parse_signer_key(text, kind)
    assert (name, public_bytes(read)) == ("example.org/log", public_bytes(private))
    assert format_signer_key(name, read, kind) == text


@pytest.mark.parametrize(("kind", "other"), [(ED25519, COSIGNATURE), (COSIGNATURE, ED25519)])
def test_the_key_of_a_witness_and_that_of_a_log_do_not_stand_for_each_other(
    kind: int, other: int
) -> None:
    text = make_signer_key("example.org/log", kind)
    with pytest.raises(NoteError, match=f"type 0x0{other}"):
        parse_signer_key(text, other)


def test_every_key_that_is_made_is_another() -> None:
    assert make_signer_key("example.org/log") != make_signer_key("example.org/log")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ITS_VERIFIER,
        GO[:-1],
        GO.replace("c74f20a3", "c74f20a4"),
        GO.replace("PeterNeumann", "Peter Neumann"),
        GO.replace("PeterNeumann", "Peter"),
        GO.replace("AYEK", "AoEK"),
        GO + "=",
        GO + "\n",
        GO.replace("AYEKFALV", "AYEKFAL"),
    ],
)
def test_what_is_no_such_key_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(NoteError) as caught:
        parse_signer_key(text)
    assert "FALVFG" not in str(caught.value)


def test_a_name_that_no_key_can_have_is_refused() -> None:
    with pytest.raises(NoteError, match="no space and no plus"):
        make_signer_key("a log")
