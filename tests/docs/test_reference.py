"""The reference pages speak of every kind, field, status and word, and say what is so."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from pydantic import BaseModel

from domain import vocabularies
from domain.dates import Bounds, format_minute, parse_moment, parse_occurred
from domain.errors import InvalidInput
from domain.event import Event
from domain.meanings import FIELDS
from domain.registry import KINDS, THINGS
from tests.docs.build_reference import (
    FOLDER,
    ROOT,
    TextMissing,
    build_kinds,
    build_vocabularies,
    example_of,
    meaning_of,
    next_kinds,
    texts,
)
from tests.docs.say_types import anchor_of, lists, parts_within
from tests.domain.samples.lives import STATUSES

KINDS_PAGE = (FOLDER / "kinds.md").read_text("utf-8")
WORDS_PAGE = (FOLDER / "vocabularies.md").read_text("utf-8")
DATES_PAGE = (FOLDER / "dates.md").read_text("utf-8")
REMAKE = "run `python -m tests.docs.build_reference`"


def section(page: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    found = re.search(rf"(?ms)^{re.escape(heading)}$\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", page)
    assert found is not None, heading
    return found[1]


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    lines = re.findall(r"(?m)^\| (.+) \|$", section(page, heading))
    return [line.split(" | ") for line in lines[1:]]


# --- kinds and words ------------------------------------------------------------------


def test_the_page_of_kinds_is_what_the_code_and_the_texts_make_of_it() -> None:
    assert build_kinds() == KINDS_PAGE, REMAKE


def test_the_page_of_vocabularies_is_what_the_code_and_the_texts_make_of_it() -> None:
    assert build_vocabularies() == WORDS_PAGE, REMAKE


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_section_with_every_field_and_an_example(kind: str) -> None:
    own = section(KINDS_PAGE, f"### {kind}")
    for name, field in KINDS[kind].model_fields.items():
        row = rf"\| `{field.alias or name}` \| (required)? *\|"
        found = re.search(row, own) or re.search(row, KINDS_PAGE)
        assert found is not None, name
        if found.string is own:
            assert bool(found[1]) == field.is_required(), name
    assert f"```yaml\n{example_of(kind)}\n```" in own
    assert f"kind: {kind}\n" in f"{example_of(kind)}\n"


@pytest.mark.parametrize("part", parts_within(KINDS.values()), ids=lambda part: part.__name__)
def test_a_part_has_one_section_with_every_field(part: type[BaseModel]) -> None:
    assert KINDS_PAGE.count(f"#### {part.__name__}\n") == 1
    own = section(KINDS_PAGE, f"#### {part.__name__}")
    assert all(f"| `{name}` |" in own for name in part.model_fields)


@pytest.mark.parametrize("thing", THINGS)
def test_every_status_a_thing_can_have_is_told_and_no_other(thing: str) -> None:
    statuses = texts("kinds")["things"][thing]["statuses"]
    assert set(statuses) == STATUSES[thing]
    own = section(KINDS_PAGE, f"## {texts('kinds')['things'][thing]['title']}")
    assert all(f"| `{status}` | {meaning} |" in own for status, meaning in statuses.items())


def test_what_may_come_next_is_what_the_things_themselves_accept() -> None:
    assert next_kinds("measure")["adopted"] == ["lifted"]
    assert next_kinds("pledge")["withdrawn"] == []
    assert next_kinds("issue")["settled"] == ["reopened"]
    assert next_kinds("condition")["not_reported_met"] == ["met", "failed", "waived"]


@pytest.mark.parametrize(("words", "name"), lists().items(), ids=lists().values())
def test_every_word_of_a_list_has_a_meaning_in_one_line(words: tuple[str, ...], name: str) -> None:
    own = texts("vocabularies")["lists"][name]
    rows = table(WORDS_PAGE, f"## {own['title']}")
    assert tuple(word.strip("`") for word, _ in rows) == words
    assert all(meaning and "\n" not in meaning for _, meaning in rows)
    assert get_args(getattr(vocabularies, name)) == words


def test_the_texts_speak_of_nothing_that_there_is_not() -> None:
    page = texts("kinds")
    classes = {c for kind in KINDS.values() for c in kind.__mro__ if issubclass(c, Event)}
    declared: dict[str, type[BaseModel]] = {each.__name__: each for each in classes}
    declared |= {part.__name__: part for part in parts_within(KINDS.values())}
    for owner, fields in FIELDS.items():
        known = {f.alias or n for n, f in declared[owner].model_fields.items()}
        assert set(fields) <= known, owner
    assert set(page["kinds"]) <= set(KINDS)
    assert set(page["things"]) == {*THINGS, "entry", "log"}
    assert set(texts("vocabularies")["lists"]) == set(lists().values())


def test_a_field_without_a_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(FIELDS["PledgeMade"], "level")
    with pytest.raises(TextMissing, match="PledgeMade: level"):
        meaning_of(KINDS["pledge.made"], "level")


def test_a_word_without_a_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(texts("vocabularies")["lists"]["Stance"]["words"], "hopes")
    with pytest.raises(TextMissing, match="Stance"):
        build_vocabularies()


# --- dates ------------------------------------------------------------------------------


def written(bounds: Bounds) -> tuple[str, str]:
    """Bounds as the page writes them."""
    ends = (bounds.start_lo, bounds.start_hi, bounds.end_lo, bounds.end_hi)
    lo, hi, end_lo, end_hi = ("–" if e is None else format_minute(e) for e in ends)
    return f"{lo} … {hi}", f"{end_lo} … {end_hi}"


@pytest.mark.parametrize("row", table(DATES_PAGE, "## What is read"), ids=lambda row: row[0])
def test_a_date_reads_as_the_page_says(row: list[str]) -> None:
    text, _, began, ended = row
    read = parse_occurred(text.strip("`"))
    assert written(read.bounds) == (began, ended)
    assert read.marked == bool(set("?~%") & set(text))


@pytest.mark.parametrize("row", table(DATES_PAGE, "## What is refused"), ids=lambda row: row[0])
def test_a_date_is_refused_as_the_page_says_and_its_way_out_reads(row: list[str]) -> None:
    text, rule, instead = row
    with pytest.raises(InvalidInput) as caught:
        parse_occurred(text.strip("`"))
    assert caught.value.problems[0].rule == rule
    parse_occurred(instead.strip("`"))


def test_every_form_of_date_stands_on_the_page() -> None:
    texts_ = [row[0].strip("`") for row in table(DATES_PAGE, "## What is read")]
    forms = (
        r"\d{4}",
        r".*T.*",
        r"\d.*/\d.*",
        r".*/\.\.",
        r".*/",
        r"\.\./.*",
        r"/.*",
        r"\[\d.*\.\..*\]",
    )
    for form in (*forms, r"\[.*,.*\]", r"\[\.\..*\]", r".*\?", r".*~", r".*%"):
        assert any(re.fullmatch(form, text) for text in texts_), form


def test_asking_as_of_a_date_means_its_last_minute() -> None:
    for text, minute in re.findall(r"`([0-9-]+)` is\s+(\S+Z)", section(DATES_PAGE, "## Asking")):
        assert format_minute(parse_moment(text, "as_of")) == minute


# --- links ------------------------------------------------------------------------------

PAGES = ["kinds.md", "vocabularies.md", "dates.md", "../adr/0001-names-and-the-leaf.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    path = FOLDER / page
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
        file, _, anchor = target.partition("#")
        other = (path.parent / file) if file else path
        assert other.resolve().is_relative_to(ROOT)
        assert other.exists(), target
        if anchor:
            headings = re.findall(r"(?m)^#+ (.+)$", other.read_text("utf-8"))
            assert anchor in {anchor_of(heading) for heading in headings}, target
