"""Private keys as Go's note package writes them."""

from __future__ import annotations

import pytest

from audit.note import NoteError, format_verifier_key
from audit.signer_key import format_signer_key, make_signer_key, parse_signer_key
from tests.audit.material import private_key

GO = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
"""The key in the documentation of golang.org/x/mod/sumdb/note, and no secret."""
ITS_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_a_key_of_go_is_read() -> None:
    assert format_verifier_key(parse_signer_key(GO).key) == ITS_VERIFIER


def test_what_is_written_is_read_back() -> None:
    private = private_key("round")
    text = format_signer_key("example.org/log", private)
    signer = parse_signer_key(text)
    assert signer.key.name == "example.org/log"
    signer.key.check(b"hello", signer.sign("hello").signature)


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
