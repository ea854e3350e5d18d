"""Where is it said: words in summaries, quotes and names, as a reader would look for them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.text import check_text
from projections.search import (
    MAX_EXCERPT,
    MAX_WORD,
    MAX_WORDS,
    SearchHit,
    Wanted,
    fold,
    read_query,
    search_in,
)
from tests.projections.bodies import Body, cited, made, registered, said
from tests.projections.telling import Telling

DAY = "2025-09-04"


def search(talks: Telling, query: str, **where: Any) -> tuple[SearchHit, ...]:  # noqa: ANN401 - any field.
    wanted = Wanted(read_query(query), talks.now, **where)
    return search_in(talks.record().entries.values(), wanted)


def telling(*bodies: Body) -> Telling:
    talks = Telling()
    talks.tell_all(*bodies)
    return talks


def found(talks: Telling, query: str) -> list[str]:
    return [hit.stream.rpartition("/")[2] for hit in search(talks, query)]


@pytest.mark.parametrize(
    "query", ["reassurance", "REASSURANCE", "Réassurance", "reas", "force reassurance", "  force "]
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


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("обов'язок", "обов’яз"),
        ("обовʼязок", "ОБОВ'ЯЗОК"),
        ("обов’язок", "обовязок"),
        ("Об’єднаний ґанок", "об'єд ґан"),
        ("їжак і єнот", "їж і єн"),
        ("l'Élysée", "elysee"),
        ("l’Élysée", "L'Élysée"),
        ("Poland's", "poland"),
        ("cease-fire", "cease fire"),
        ("cease fire", "fire-cease"),
        ("ﬁve ½ Ⅷ", "five 1 2 viii"),
        ("re\u00adassurance", "reassurance"),
        ("ضمانات أمنية", "امنية ضمان"),
        ("ביטחון", "ביט"),
        ("हिन्दी", "हिन्दी"),
        ("安全保障", "安全"),
        ("50,000 troops", "50,000"),
        ("a_b", "b a"),
    ],
)
def test_words_are_told_as_a_reader_tells_them(text: str, query: str) -> None:
    assert found(telling(made("a", DAY, summary=text)), query) == ["a"]


@pytest.mark.parametrize("query", ["assurance", "orce", "reassurances", "cefor", "ssurance force"])
def test_a_word_is_found_where_one_begins_with_it_and_nowhere_else(query: str) -> None:
    assert found(telling(made("a", DAY, summary="A reassurance force")), query) == []


def test_a_word_is_known_by_its_beginning() -> None:
    talks = telling(made("a", DAY, summary="x" * (MAX_WORD + 10)))

    assert found(talks, "x" * MAX_WORD) == found(talks, "x" * (MAX_WORD + 20)) == ["a"]
    assert found(talks, "x" * (MAX_WORD - 1) + "y") == []


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("", "is blank"),
        (" \t ", "is blank"),
        ("\N{COMBINING ACUTE ACCENT}", "holds no word"),
        ("🕊️ 🇺🇦", "holds no word"),
        ("\"*^:&|!()'\0", "holds no word"),
        (" ".join(f"w{n}" for n in range(MAX_WORDS + 1)), "more than 50"),
    ],
)
def test_a_query_without_words_or_with_too_many_is_refused(query: str, rule: str) -> None:
    with pytest.raises(InvalidInput, match=rule) as caught:
        read_query(query)

    assert caught.value.problems[0].field == "query"
    assert caught.value.problems[0].way_out.startswith("give the ")


def test_a_page_of_hits_begins_after_a_position_and_ends_at_the_limit() -> None:
    talks = telling(*(made(f"p{number}", DAY, summary="troops") for number in range(5)))

    first = search(talks, "troops", limit=2)
    rest = search(talks, "troops", after=first[-1].event.position, limit=9)

    assert [hit.stream[-2:] for hit in (*first, *rest)] == ["p0", "p1", "p2", "p3", "p4"]


def test_an_entry_is_found_from_the_minute_it_can_have_begun_in() -> None:
    talks = telling(
        made("dated", "1970-01-02", summary="troops"),
        made("open", "../1970-01-03", summary="troops"),
    )

    def by(minute: int) -> list[str]:
        return [hit.stream[-4:] for hit in search(talks, "troops", minute=minute)]

    day = 24 * 60
    assert by(day - 1) == []
    assert by(day) == ["ated"]
    assert by(3 * day) == ["ated", "open"]
    # Who takes part has no date.
    assert search(talks, "coalition", minute=-(10**6))


def test_another_negotiation_is_not_looked_in_and_the_commons_always_are() -> None:
    talks = telling(made("a", DAY, summary="coalition"))

    assert {h.stream for h in search(talks, "coalition", negotiation="elsewhere")} == {
        "commons/actor/coalition"
    }


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

    try:
        hits = search(talks, word)
    except InvalidInput:
        # A word of nothing but accents or signs folds to nothing, and nothing is not looked for.
        assert not any(character.isalnum() for character in fold(word))
        return

    assert "talks/pledge/any" in {hit.stream for hit in hits}
    assert all(len(hit.excerpt) <= MAX_EXCERPT for hit in hits)
