"""Parley JSON Lines: one body a line, exact numbers, and every bad line named."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import InvalidInput, NotFound
from exchange.cases import case_named, write_case
from exchange.jsonl import FORMAT, parse_json, read_jsonl, write_jsonl
from exchange.mapping import CaseEntry


def read(tmp_path: Path, text: str) -> list[CaseEntry]:
    path = tmp_path / "talks.jsonl"
    path.write_text(text, "utf-8")
    case = read_jsonl(path, "talks")
    assert (case.negotiation, case.format) == ("talks", FORMAT)
    return list(case.entries)


def test_each_line_is_an_entry_and_blank_lines_are_none(tmp_path: Path) -> None:
    entries = read(tmp_path, '{"key":"a","kind":"x"}\n\n  \n{"key":"b","kind":"y"}\r\n')
    assert [(e.key, e.body, e.line) for e in entries] == [
        ("a", {"kind": "x"}, 1),
        ("b", {"kind": "y"}, 4),
    ]


def test_a_line_without_a_key_is_known_by_what_it_says(tmp_path: Path) -> None:
    one, two, other = read(
        tmp_path, '{"kind":"x","slug":"a"}\n{"key":"k"}\n{"kind":"x","slug":"b"}\n'
    )
    (again,) = read(tmp_path, '{"slug": "a", "kind": "x"}\n')
    assert one.key == again.key != other.key
    assert one.key.startswith("sha256-")
    assert two.key == "k"


PLEDGE = (
    '{{"kind":"pledge.made","slug":"a","occurred":"2025","level":"offered","pledgors":["north"],'
    '"beneficiaries":["south"],"summary":"half","cite":[{{"source":"courier"}}]{}}}\n'
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", ',"elements":[]'),
        ("", ',"formality":null'),
        (',"after":["first"]', ', "after" : ["first"], "before": []'),
        (
            ',"components":[{"key":"b","quantity":2.50}]',
            ',"components":[{"quantity":"2.50","gates":[],"key":"b"}]',
        ),
        (',"cardinality_reported":26', ',"cardinality_reported":"26"'),
    ],
)
def test_a_line_without_a_key_is_known_however_it_is_spelled(
    tmp_path: Path, one: str, other: str
) -> None:
    (plain,) = read(tmp_path, PLEDGE.format(one))
    (spelled,) = read(tmp_path, PLEDGE.format(other))
    (another,) = read(tmp_path, PLEDGE.format(',"due":"2026"'))
    assert plain.key == spelled.key != another.key


def test_the_key_of_a_line_without_one_is_the_digest_of_its_canonical_body(tmp_path: Path) -> None:
    line = '{"slug": "a", "title": "Україна", "kind": "element.defined", "element_type": "arms"}\n'
    canonical = '{"element_type":"arms","kind":"element.defined","slug":"a","title":"Україна"}'
    (entry,) = read(tmp_path, line)
    assert entry.key == f"sha256-{hashlib.sha256(canonical.encode()).hexdigest()}"


def test_lines_that_name_different_entries_are_different(tmp_path: Path) -> None:
    one, other = read(
        tmp_path, PLEDGE.format(',"after":["first"]') + PLEDGE.format(',"after":["last"]')
    )
    assert one.key != other.key


def test_a_decimal_keeps_its_digits(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, '{"key":"a","quantity":2.50}')
    assert entry.body["quantity"] == Decimal("2.50")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{", "talks.jsonl:2"),
        ("[]", "talks.jsonl:2"),
        ("3", "talks.jsonl:2"),
        ('{"a":1,"a":2}', "talks.jsonl:2"),
        ('{"a":NaN}', "talks.jsonl:2"),
        ('{"a":1} {"b":2}', "talks.jsonl:2"),
        ("[" * 100_000, "talks.jsonl:2"),
        ('{"id":"x"}', "talks.jsonl:2: id"),
        ('{"key":3}', "talks.jsonl:2: key"),
        ('{"key":""}', "talks.jsonl:2: key"),
        ('{"key":"first"}', "talks.jsonl:2: key"),
    ],
)
def test_a_bad_line_is_refused_by_number(tmp_path: Path, line: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(tmp_path, f'{{"key":"first"}}\n{line}\n')
    (problem,) = refused.value.problems
    assert problem.field == field
    assert len(problem.rule) < 200


def test_every_bad_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(tmp_path, "{\n{}\n3\n")
    assert [p.field for p in refused.value.problems] == ["talks.jsonl:1", "talks.jsonl:3"]


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_jsonl(tmp_path / "nowhere.jsonl", "talks")


def test_what_was_written_is_read_as_it_was(tmp_path: Path) -> None:
    case = case_named("ukraine-security-guarantees")
    again = read(tmp_path, write_jsonl(case.entries))
    assert [(e.key, e.body) for e in again] == [(e.key, e.body) for e in case.entries]


def test_a_decimal_is_written_as_its_text(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, write_jsonl(read(tmp_path, '{"key":"a","quantity":2.50}')))
    assert entry.body["quantity"] == "2.50"
    assert "quantity: '2.50'" in write_case("talks", read(tmp_path, '{"key":"a","quantity":2.50}'))


def test_json_is_read_with_exact_decimals_and_without_surprises() -> None:
    assert parse_json('{"a": [1, 2.10, true, null]}') == {"a": [1, Decimal("2.10"), True, None]}
    with pytest.raises(ValueError, match="stands twice"):
        parse_json('{"a": 1, "a": 1}')
