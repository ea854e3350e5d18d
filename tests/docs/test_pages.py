"""The pages point to what is there, can all be found, and say things in their own words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.walk import ROOT, named

DOCS = ROOT / "docs"
HOW_TO = DOCS / "how-to" / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
# The source is copyrighted and so no part of the repository; some of us have it beside it.
SOURCE = ROOT.parent / "shared" / "seed" / "source.txt"

LONGEST_RUN = 7
"""Words in a row that a page may share with the source by chance."""
LONGEST_QUOTE = 300
"""Characters of somebody's own words; the same limit as the log's."""

_FENCES = re.compile(r"^(`{3,}).*?^\1 *$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def links_of(page: Path) -> list[str]:
    """Where the links of a page lead, without those to other sites."""
    prose = re.sub(r"`[^`\n]*`", "", _FENCES.sub("", page.read_text(encoding="utf-8")))
    return [to for to in _LINK.findall(prose) if not re.match(r"[a-z]+:", to)]


def anchors_of(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = _HEADING.findall(_FENCES.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def pages_at(page: Path, link: str) -> list[Path]:
    """The pages a link leads to: one, or those of a folder that has no first page of its own."""
    target = (page.parent / link.partition("#")[0]).resolve()
    if target.is_dir():
        first = target / "README.md"
        return [first] if first.exists() else sorted(target.glob("*.md"))
    return [target] if target.suffix == ".md" and target.exists() else []


def words_of(text: str) -> list[str]:
    """The words of a text, without regard to case and marks."""
    return re.findall(r"\w+", text.lower())


def shared_runs(ours: str, theirs: str, length: int) -> set[str]:
    """The runs of so many words that stand in both texts."""
    runs = [
        {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}
        for words in (words_of(ours), words_of(theirs))
    ]
    return {" ".join(run) for run in runs[0] & runs[1]}


@pytest.mark.parametrize("page", named(PAGES))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors_of(target), link


def test_every_page_can_be_reached_from_the_first() -> None:
    reached: set[Path] = set()
    ahead = [DOCS / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            ahead += [p for link in links_of(page) for p in pages_at(page, link)]
    assert [p for p in PAGES if p.is_relative_to(DOCS) and p not in reached] == []


def test_the_first_page_of_the_how_tos_lists_each_of_them() -> None:
    listed = set(links_of(HOW_TO))
    assert {p.name for p in HOW_TO.parent.glob("*.md")} - {HOW_TO.name} <= listed


@pytest.mark.skipif(not SOURCE.exists(), reason="the source text is not at hand")
@pytest.mark.parametrize("page", named(PAGES))
def test_no_page_repeats_a_sentence_of_the_source(page: Path) -> None:
    theirs = SOURCE.read_text(encoding="utf-8")
    assert shared_runs(page.read_text(encoding="utf-8"), theirs, LONGEST_RUN + 1) == set()


def test_a_repeated_sentence_would_be_found() -> None:
    theirs = "The cat sat on the mat, and nobody knew why it did."
    assert shared_runs("They say the CAT sat on\nthe mat and nobody.", theirs, 8) == {
        "the cat sat on the mat and nobody"
    }
    assert shared_runs("The cat sat on a mat, and nobody knew.", theirs, 8) == set()


@pytest.mark.parametrize("page", named(PAGES))
def test_a_quotation_is_short(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    quotes = [*re.findall(r"“([^”]*)”", text), *re.findall(r"exact: *([^\n}]+)", text)]
    assert [quote for quote in quotes if len(quote) > LONGEST_QUOTE] == []
