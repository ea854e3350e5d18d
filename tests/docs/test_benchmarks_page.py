"""The page of the benchmarks holds every part, and one part is put anew beside the others."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.bench.report import PARTS, format_page, parse_sections

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


@pytest.mark.parametrize(("part", "title"), PARTS.items())
def test_each_part_is_there_with_its_run_and_its_table(part: str, title: str) -> None:
    section = parse_sections(PAGE.read_text("utf-8"))[title]
    assert callable(import_module(f"tests.bench.{part}").measure)
    assert re.search(r"^20\d\d-\d\d-\d\d, ", section, re.MULTILINE)
    assert section.count("\n| ") >= 2


def test_a_part_is_put_anew_in_its_place_and_the_others_stay() -> None:
    before = {title: f"## {title}\n\nas it was\n" for title in PARTS.values()}
    one = list(before)[1]
    after = parse_sections(format_page({**before, one: f"## {one}\n\nanew\n"}))
    assert list(after) == list(before)
    assert after == {**before, one: f"## {one}\n\nanew\n"}
