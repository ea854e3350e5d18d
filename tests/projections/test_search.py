"""Where is it said: words in summaries, quotes and names, as a reader would look for them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.text import check_text
from projections.search import MAX_EXCERPT, Hit, fold, search_in
from tests.projections.bodies import Body, cited, made, registered, said
from tests.projections.telling import Telling

DAY = "2025-09-04"


def search(talks: Telling, query: str) -> tuple[Hit, ...]:
    entries = sorted(talks.record().entries.values(), key=lambda e: e.position)
    return search_in(entries, query)


def telling(*bodies: Body) -> Telling:
    talks = Telling()
    talks.tell_all(*bodies)
    return talks


def found(talks: Telling, query: str) -> list[str]:
    return [hit.stream.rpartition("/")[2] for hit in search(talks, query)]


@pytest.mark.parametrize(
    "query", ["reassurance", "REASSURANCE", "Réassurance", "assur", "force reassurance", "  force "]
)
def test_words_are_found_whatever_their_case_accents_and_order(query: str) -> None:
    talks = telling(made("guarantee", DAY, summary="A reassurance force"), made("other", DAY))

    assert found(talks, query) == ["guarantee"]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Élysée", "elysee"),
        ("Володимир Зеленський", "ЗЕЛЕНСЬКИЙ"),
        ("Київ", "київ"),
        ("Straße", "STRASSE"),
        ("Ερμής", "ερμησ"),
    ],
)
def test_names_are_found_in_every_script(name: str, query: str) -> None:
    talks = telling(registered("somebody", "person", name=name))

    assert found(talks, query) == ["somebody"]


def test_every_word_has_to_be_there() -> None:
    talks = telling(made("a", DAY, summary="ground troops"), made("b", DAY, summary="air troops"))

    assert found(talks, "troops") == ["a", "b"]
    assert found(talks, "troops ground") == ["a"]
    assert found(talks, "troops naval") == []


@pytest.mark.parametrize("query", ["", "   "])
def test_nothing_asked_for_is_nothing_found(query: str) -> None:
    assert found(telling(made("a", DAY)), query) == []


def test_quotes_and_aliases_are_searched_and_the_hit_says_where() -> None:
    talks = telling(
        registered("the-26", "umbrella", names=[{"text": "двадцять шість", "lang": "uk"}]),
        said("speech", DAY, cite=cited("report", exact="legitimate targets for destruction")),
    )

    quote, alias = search(talks, "legitimate")[0], search(talks, "двадцять")[0]

    assert (quote.field, quote.excerpt) == (
        "cite.0.locator.exact",
        "legitimate targets for destruction",
    )
    assert (quote.kind, quote.summary) == ("statement.made", "the statement speech")
    assert alias.field == "names.0.text"


def test_what_is_retracted_is_not_found_and_what_is_corrected_is_found_as_corrected() -> None:
    talks = Telling()
    wrong, gone = talks.tell_all(
        made("wrong", DAY, summary="ground troops"), made("gone", DAY, summary="ground forces")
    )
    talks.correct(wrong, set={"summary": "naval troops"})
    talks.retract(gone)

    assert found(talks, "ground") == []
    assert found(talks, "naval") == ["wrong"]


def test_hits_are_in_the_order_of_recording() -> None:
    talks = telling(made("z", DAY, summary="troops"), made("a", DAY, summary="troops"))

    assert found(talks, "troops") == ["z", "a"]


@pytest.mark.parametrize("place", [0, 40, 150, 400, 800])
def test_the_excerpt_of_a_long_text_is_the_part_that_holds_the_word(place: int) -> None:
    text = f"{'é' * place} BACKSTOP {'é' * (800 - place)}".strip()
    talks = telling(made("long", DAY, summary=text))

    excerpt = search(talks, "backstop")[0].excerpt

    assert "BACKSTOP" in excerpt
    assert len(excerpt) <= MAX_EXCERPT
    assert excerpt.strip("…") in text
    assert excerpt.startswith("…") is not text.startswith(excerpt[:10])
    assert excerpt.endswith("…") is not text.endswith(excerpt[-10:])


def test_a_short_text_is_shown_whole() -> None:
    talks = telling(made("short", DAY, summary="a backstop"))

    assert search(talks, "backstop")[0].excerpt == "a backstop"


def _is_text(text: str) -> bool:
    try:
        check_text(text)
    except ValueError:
        return False
    return True


TEXTS = st.text(min_size=1, max_size=400).filter(_is_text)


@settings(max_examples=60)
@given(TEXTS, st.data())
def test_every_word_of_any_text_finds_it(text: str, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(text.split()))
    talks = telling(made("any", DAY, summary=text))

    hits = search(talks, word)

    # A word of nothing but accents folds to nothing, and nothing is not looked for.
    assert bool(hits) is bool(fold(word).split())
    assert all(len(hit.excerpt) <= MAX_EXCERPT for hit in hits)
