"""Copies of archived sources are what the log says they are, or that is found."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from audit.report import Check, Outcome
from audit.verify import verify
from tests.audit.material import POLICY, Files, rebuilt, with_member


@pytest.fixture
def archive(tmp_path: Path) -> Files:
    """An export whose entries 400 and 401 name the hashes of two sources."""

    def edit(leaves: list[bytes]) -> None:
        for at, text in ((399, b"one"), (400, b"two")):
            data = {"media_type": "text/plain", "sha256": sha256(text).hexdigest(), "size": 3}
            kind = with_member(leaves[at], "kind", "source.archived")
            leaves[at] = with_member(kind, "data", data)

    return rebuilt(tmp_path / "log", edit)


def copy_of(text: bytes, said: bytes | None = None) -> dict[str, bytes]:
    return {f"sources/{sha256(text).hexdigest()}": text if said is None else said}


def test_copies_of_archived_sources_are_compared_with_their_hashes(archive: Files) -> None:
    report = verify(archive, POLICY)
    assert report.outcome is Outcome.PROVEN
    assert "2 archived sources, of which no copy was compared" in report.not_checked
    more = {**archive, **copy_of(b"one"), **copy_of(b"three")}
    report = verify(Files(more), POLICY)
    assert report.outcome is Outcome.PROVEN
    assert "1 archived sources: the bytes have the hash that the log names" in report.checked
    assert "1 archived sources, of which no copy was compared" in report.not_checked
    (unnamed,) = copy_of(b"three")
    assert f"{unnamed}: no check covers this file" in report.not_checked


def test_another_text_in_the_place_of_an_archived_source_is_found(archive: Files) -> None:
    report = verify(Files({**archive, **copy_of(b"two", b"tow")}), POLICY)
    assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 401)
    assert {each.check for each in report.findings} == {Check.ARCHIVE}
