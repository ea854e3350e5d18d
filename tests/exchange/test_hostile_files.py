"""Files made to hang, to fill the memory or to break the reader are refused before they can."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import InvalidInput, NotFound, Problem, TooLarge
from domain.text import MAX_DIGITS
from exchange import text_files
from exchange.cases import read_case
from exchange.jsonl import MAX_NAMED, parse_json, read_jsonl
from exchange.text_files import read_text
from exchange.yaml_text import parse_yaml

LONG = "9" * MAX_DIGITS


def refused(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as caught:
        parse_json(text)
    return caught.value.problems


@pytest.mark.parametrize(
    "number",
    [
        "1e999999999",
        "-1E+999999999",
        "1e-999999999",
        "0e999999999",
        f"1e{'9' * 5_000}",
        f"{LONG}9",
        f"-{LONG}9",
        "9" * 100_000,
        f"{LONG}9.5",
        f"0.{LONG}9",
        f"{LONG}e1",
        f"0.{LONG}e-1",
    ],
    ids=lambda number: f"{number[:5]} to {number[-5:]}, {len(number)} long",
)
def test_a_number_with_too_many_digits_is_refused_by_its_field(number: str) -> None:
    (problem,) = refused(f'{{"slug": "a", "components": [{{"quantity": {number}}}]}}')
    assert problem.field == "components.0.quantity"
    assert f"more than {MAX_DIGITS} digits" in problem.rule
    assert len(problem.rule) < 100
    assert problem.way_out


@pytest.mark.parametrize(
    "number",
    ["0", "-0.0", "1e2", "1E-2", LONG, f"-{LONG}.{LONG}", f"{LONG}{LONG}e-{MAX_DIGITS}", "1e00001"],
)
def test_a_number_within_the_limit_is_read_exactly(number: str) -> None:
    assert parse_json(number) == Decimal(number)


def test_whole_numbers_stay_whole() -> None:
    assert [type(each) for each in parse_json("[7, -7, 7.0]")] == [int, int, Decimal]


def test_a_number_of_an_array_is_named_by_its_member() -> None:
    (first, second) = refused('[{"a": 1e99}, 7, {"b": 1}, 1e99]')
    assert (first.index, first.field) == (0, "a")
    assert (second.index, second.field) == (3, "body")
    assert refused("1e99")[0].field == "body"


def test_very_many_bad_numbers_are_not_all_named() -> None:
    assert len(refused(f"[{','.join(['1e99'] * 1_000)}]")) == MAX_NAMED


def test_a_bad_number_of_json_lines_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "talks.jsonl"
    path.write_text('{"key":"a","kind":"x"}\n{"kind":"y","cite":[{"row":1e999999999}]}\n', "utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_jsonl(path, "talks")
    assert [each.field for each in caught.value.problems] == ["talks.jsonl:2: cite.0.row"]


def test_a_number_of_yaml_stays_a_text_whatever_it_costs_to_write_out() -> None:
    assert parse_yaml("quantity: 1e999999999", "x.yaml").value == {"quantity": "1e999999999"}


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(InvalidInput) as caught:
            read_text(path)
        (problem,) = caught.value.problems
        assert problem.rule == "is no regular file"
        assert "takes - " in problem.way_out
    with pytest.raises(InvalidInput, match="regular file"):
        read_case(tmp_path)


def test_a_folder_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is a folder"):
        read_text(tmp_path)


@pytest.mark.parametrize("path", ["x" * 5_000, "a\0b", "missing"], ids=["long", "NUL", "missing"])
def test_a_path_that_leads_nowhere_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        read_text(Path(path))
    with pytest.raises(NotFound):
        read_jsonl(Path(path), "talks")


def test_a_file_that_grows_past_what_it_said_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_files, "MAX_BYTES", 10)
    path = tmp_path / "long.txt"
    path.write_bytes(b"x" * 10)
    assert read_text(path) == "x" * 10
    path.write_bytes(b"x" * 11)
    with pytest.raises(TooLarge):
        read_text(path)
    # The system says of such a file that it holds nothing.
    with pytest.raises(TooLarge):
        read_text(Path("/proc/self/status"))
