"""CSV: whatever people save, a row has its line or the file is refused with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import NotFound, ParleyError
from exchange.table_file import Table, read_table_file


def read(folder: Path, data: str | bytes, delimiter: str = ",") -> Table:
    path = folder / "t.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_table_file(path, delimiter)


def test_cells_are_known_by_column_and_lose_the_blanks_around_them(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "a, b \n 1 ,\n").rows
    assert (row.line, row.cells) == (2, {"a": "1", "b": ""})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_row_is_named_by_the_line_it_begins_on(tmp_path: Path, end: str) -> None:
    text = end.join(["a,b", '1,"two', 'lines"', "", "  ,", "2,x", ""])
    assert [row.line for row in read(tmp_path, text).rows] == [2, 6]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n").columns == ("a", "b")


def test_another_delimiter_is_taken_where_it_is_named(tmp_path: Path) -> None:
    (row,) = read(tmp_path, 'a;b\n1,5;"x;y"\n', ";").rows
    assert row.cells == {"a": "1,5", "b": "x;y"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "t.csv:1: holds no header"),
        (b"\n\n", "t.csv:1: holds no header"),
        (b"a,b\n", "t.csv:1: holds a header and no row"),
        (b"a;b\n1;2\n", 'semicolons seem to stand between cells — write `delimiter: ";"`'),
        (b"a\tb\n1\t2\n", "tabs seem to stand between cells"),
        (b"a,b,a\n1,2,3\n", "t.csv:1: names the column 'a' twice"),
        (b"a,b\n1,2\n1,2,3\n1\n", "t.csv:3: has 3 cells, and the header names 2"),
        (b"a,b\n1,2\n1\n", "t.csv:3: has 1 cells"),
        (b'a,b\n1,2\n1,"x\n2,y\n', "t.csv:3: is no CSV: unexpected end of data"),
        (b'a,b\n1,"x"y\n', "t.csv:2: is no CSV"),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", "t.csv:2: is no CSV: field larger"),
        (b"a,b\n1,\xe9\n", "t.csv:2: is not UTF-8"),
        ("a,b\n1,ї\n".encode("utf-16"), "t.csv:1: is not UTF-8"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(ParleyError) as refused:
        read(tmp_path, data)
    assert said in str(refused.value)


def test_every_row_of_a_wrong_length_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParleyError) as refused:
        read(tmp_path, "a,b\n1\n1,2\n3\n")
    assert [problem.field for problem in refused.value.problems] == ["t.csv:2", "t.csv:4"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cannot be read"):
        read_table_file(tmp_path / "none.csv")


def test_columns_may_have_no_name(tmp_path: Path) -> None:
    assert read(tmp_path, ",,a\n1,2,3\n").rows[0].cells["a"] == "3"


@given(st.binary(max_size=60) | st.text('ab,;"\n\r\t\ufeff\0 ', max_size=40).map(str.encode))
def test_whatever_a_file_holds_it_is_a_table_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    try:
        table = read(tmp_path_factory.mktemp("drawn"), data)
    except ParleyError:
        return
    lines = [row.line for row in table.rows]
    assert lines == sorted(set(lines))
    assert all(row.cells for row in table.rows)
