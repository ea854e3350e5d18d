"""A backup reads back as it was written, and any other bytes are no backup."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from exchange.backup_file import BackupHead, BackupReader, BackupWriter, check_backup

ROOT = "00" * 32
NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(lambda name: name != "end")
VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.binary(max_size=64),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
ROWS = st.lists(st.tuples(NAMES, st.dictionaries(NAMES, VALUES, max_size=5)), max_size=5)
LEAVES = st.lists(
    st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=40)).map(
        lambda value: json.dumps(value, ensure_ascii=False).encode()
    ),
    max_size=5,
)


def head(size: int) -> BackupHead:
    return BackupHead("example.org", size, ROOT, "2025-09-04T12:00:00.000000Z", "1", "0007", None)


def written(rows: list[tuple[str, dict[str, Any]]], leaves: list[bytes]) -> bytes:
    file = io.BytesIO()
    writer = BackupWriter(file, head(len(leaves)))
    for table, row in rows:
        writer.row(table, row)
    for leaf in leaves:
        writer.leaf(leaf)
    writer.close()
    return file.getvalue()


def told(done: int, total: int) -> None:
    assert done <= total


@given(ROWS, LEAVES)
def test_a_backup_reads_back(rows: list[tuple[str, dict[str, Any]]], leaves: list[bytes]) -> None:
    data = written(rows, leaves)
    reader = BackupReader(io.BytesIO(data))
    assert reader.head == head(len(leaves))
    assert list(reader.rows()) == rows
    assert list(reader.leaves()) == leaves
    assert check_backup(io.BytesIO(data), told) == head(len(leaves))
    # Nothing in it depends on when or where it was compressed.
    assert written(rows, leaves) == data


@given(ROWS, LEAVES, st.data())
def test_a_changed_bit_is_found_unless_it_says_nothing(
    rows: list[tuple[str, dict[str, Any]]], leaves: list[bytes], data: st.DataObject
) -> None:
    """The time in the head of gzip says nothing, and DEFLATE has several ways to say the same."""
    whole = bytearray(written(rows, leaves))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        check_backup(io.BytesIO(whole), told)
    except InvalidInput:
        return
    reader = BackupReader(io.BytesIO(whole))
    assert (list(reader.rows()), list(reader.leaves())) == (rows, leaves)


@given(LEAVES, st.data())
def test_a_backup_without_its_end_is_none(leaves: list[bytes], data: st.DataObject) -> None:
    whole = written([], leaves)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(InvalidInput):
        check_backup(io.BytesIO(cut), told)


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "{}\n", "[]\n", '"parley-backup-1"\n', '{"format":"parley-backup-1"}\n',
        '{"format":"parley-backup-1","origin":"a","size":"1","root":"","checkpoint":null}\n',
        "[" * 100_000 + "\n", "x" * 4_000_001,
    ],
)  # fmt: skip
def test_what_is_no_backup_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        check_backup(io.BytesIO(gzip.compress(text.encode())), told)


@pytest.mark.parametrize(
    "row", ["[1]", '["a"]', '["a",1]', '["a",{"b":{"c":1}}]', "[", '["a",{}]x']
)
def test_a_row_that_cannot_be_read_is_refused(row: str) -> None:
    *lines, _ = gzip.decompress(written([], [])).decode().splitlines(keepends=True)
    data = gzip.compress("".join([*lines, row + "\n"]).encode())
    with pytest.raises(InvalidInput):
        check_backup(io.BytesIO(data), told)


@pytest.mark.parametrize("leaf", [b"", b"opaque", b"[1]", b'{"a":\n1}'])
def test_what_is_no_leaf_is_not_written(leaf: bytes) -> None:
    writer = BackupWriter(io.BytesIO(), head(1))
    with pytest.raises(InvalidInput, match="entry 1"):
        writer.leaf(leaf)
