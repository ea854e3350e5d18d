"""The page of mappings speaks of every word of the language, and of no other."""

from __future__ import annotations

import re

import pytest

from domain.text import MAX_TEXT
from exchange.mapping import MAX_KEY
from exchange.mapping_parts import CHECKS, FORMS
from exchange.table_mapping import HEAD, mapping_names
from tests.docs.build_reference import FOLDER

PAGE = (FOLDER / "mappings.md").read_text("utf-8")


def rows_under(heading: str) -> list[str]:
    """The rows of the table under a heading, without its head."""
    found = re.search(rf"(?ms)^## {heading}$(.*?)(?=^##)", PAGE)
    assert found is not None, heading
    return re.findall(r"(?m)^\| (`.+) \|$", found[1])


def test_every_part_of_a_mapping_has_its_row_and_says_whether_it_is_required() -> None:
    rows = [re.match(r"`(\w+)` \| (required)? *\|", row) for row in rows_under("Parts")]
    assert {row[1]: bool(row[2]) for row in rows if row is not None} == HEAD
    assert len(rows) == len(HEAD)


@pytest.mark.parametrize(("heading", "forms"), [("Forms", FORMS), ("Report", CHECKS)])
def test_every_form_has_its_row_with_the_words_that_go_with_it(
    heading: str, forms: dict[str, tuple[str, ...]]
) -> None:
    rows = {row.removeprefix("`{").partition(":")[0]: row for row in rows_under(heading)}
    assert set(rows) == set(forms)
    for word, others in forms.items():
        said = rows[word] if heading == "Forms" else PAGE
        for other in others:
            assert f"`{other}" in said or f"{other}: C" in said, (word, other)


def test_every_mapping_that_comes_with_parley_is_named() -> None:
    for name in mapping_names():
        assert f"[{name}](../../exchange/mappings/{name}.yaml)" in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    assert f"at most {MAX_KEY} characters" in PAGE
    assert f"more than {MAX_TEXT:,} characters" in PAGE
