"""What was public by a date: the third clock, which keeps citations and not positions."""

from __future__ import annotations

import pytest

from tests.projections.bodies import (
    Body,
    cited,
    defined,
    made,
    registered,
    said,
    source,
    struck,
)
from tests.projections.telling import Telling, one, slugs

DAY = "2025-09-04"
LATER = "2025-09-30"


def telling(**sources: str) -> Telling:
    """A telling with these sources and the dates they were published."""
    talks = Telling()
    talks.tell_all(*(source(name, published) for name, published in sources.items()))
    return talks


def pledged(*sources: str, slug: str = "force") -> Body:
    return made(slug, DAY, cite=cited(*sources))


def pledges(talks: Telling, published_by: str | None, as_of: str = LATER) -> list[str]:
    return slugs(talks.framework(as_of, published_by=published_by).pledges)


def test_what_a_later_source_says_was_not_public_yet() -> None:
    talks = telling(memoir="2026-01-15")
    talks.tell(pledged("memoir"))

    assert pledges(talks, None) == ["force"]
    assert pledges(talks, "2026-01-15") == ["force"]
    assert pledges(talks, "2026-01-14") == []


def test_the_citations_published_by_then_are_kept_and_the_later_ones_dropped() -> None:
    talks = telling(speech="2025-09-04", memoir="2026-01-15")
    talks.tell(pledged("speech", "memoir"))

    def sources(published_by: str | None) -> list[str]:
        found = one(talks.framework(LATER, published_by=published_by).pledges, "force")
        return [who.source for who in found.according_to]

    assert sources(None) == ["speech", "memoir"]
    assert sources("2025-12-31") == ["speech"]
    assert pledges(talks, "2025-09-03") == []


@pytest.mark.parametrize(
    ("published", "by", "public"),
    [
        ("2025-09", "2025-09-29", False),
        ("2025-09", "2025-09-30", True),
        ("2025-09-04T12:00+03:00", "2025-09-04T08:59Z", False),
        ("2025-09-04T12:00+03:00", "2025-09-04T09:00Z", True),
        ("[2025-09-01..2025-09-11]", "2025-09-10", False),
        ("[2025-09-01..2025-09-11]", "2025-09-11", True),
        ("[..2025-09-11]", "2025-09-10", False),
        ("2025-09-04~", "2025-09-04", True),
    ],
)
def test_an_imprecise_date_of_publication_counts_from_its_last_minute(
    published: str,
    by: str,
    public: bool,  # noqa: FBT001 - a row of the table.
) -> None:
    talks = telling(paper=published)

    talks.tell(pledged("paper"))

    assert bool(pledges(talks, by)) is public


def test_registrations_and_definitions_without_a_citation_stay() -> None:
    talks = telling(memoir="2026-01-15")
    talks.tell(defined("force"))
    talks.tell(registered("the-26", "umbrella", cardinality_reported=26))

    answer = talks.framework(LATER, published_by="2001-12-31")

    assert slugs(answer.elements) == ["force"]
    assert answer.title == "The talks"
    assert talks.record(published_by="1999-12-31").stories.keys() >= {"commons/actor/the-26"}


def test_a_definition_that_cites_a_later_source_is_not_public_yet() -> None:
    talks = telling(memoir="2026-01-15")

    talks.tell(defined("force", cite=cited("memoir")))

    assert talks.framework(LATER, published_by="2025-12-31").elements == ()


def test_the_third_clock_leaves_the_first_alone() -> None:
    talks = telling(leak="2025-08-01")
    talks.tell(pledged("leak"))

    assert pledges(talks, "2025-08-31", as_of="2025-09-03") == []
    assert pledges(talks, "2025-08-31", as_of="2025-09-04") == ["force"]


def test_the_third_clock_leaves_the_second_alone() -> None:
    talks = telling(leak="2025-08-01")
    talks.tell(pledged("leak"))

    known_before = talks.framework(LATER, known=talks.now - 1, published_by="2025-12-31")

    assert known_before.pledges == ()


def test_a_corrected_date_of_publication_is_the_one_that_counts() -> None:
    talks = Telling()
    paper = talks.tell(source("paper", "2025-10-01"))
    pledge = talks.tell(pledged("paper"))

    fix = talks.correct(paper, set={"published": "2025-09-05"})

    assert pledges(talks, "2025-09-05") == ["force"]
    then = talks.framework(LATER, known=pledge.position, published_by="2025-09-05")
    assert then.pledges == ()
    talks.retract(fix)
    assert pledges(talks, "2025-09-05") == []


def test_a_corrected_citation_is_the_one_that_counts() -> None:
    talks = telling(speech="2025-09-04", memoir="2026-01-15")
    pledge = talks.tell(pledged("memoir"))

    talks.correct(pledge, set={"cite": cited("speech")})

    assert pledges(talks, "2025-09-04") == ["force"]


def test_what_cites_a_retracted_source_was_never_public() -> None:
    talks = telling()
    paper = talks.tell(source("paper", "2025-09-04"))
    talks.tell(pledged("paper"))

    talks.retract(paper)

    assert pledges(talks, "2026-01-01") == []
    assert pledges(talks, None) == ["force"]


def test_an_earlier_stance_comes_back_when_the_later_one_was_not_public() -> None:
    talks = telling(speech="2025-09-04", memoir="2026-01-15")
    size = {"issues": ["size"]}
    talks.tell(said("public", "2025-09-01", "opposes", cite=cited("speech"), **size))
    talks.tell(said("private", "2025-09-03", "supports", cite=cited("memoir"), **size))

    def stance(published_by: str | None) -> str:
        answer = talks.framework(LATER, published_by=published_by)
        return one(answer.positions, "france/issue/size").status

    assert (stance(None), stance("2025-12-31")) == ("supports", "opposes")


def test_attacks_that_were_not_public_are_not_counted() -> None:
    talks = telling(speech="2025-09-10", memoir="2026-01-15")
    talks.tell(struck("open", "2025-09-06", 100, cite=cited("speech")))
    talks.tell(struck("secret", "2025-09-07", 900, cite=cited("memoir")))

    attacks = talks.framework(LATER, published_by="2025-12-31").attacks

    assert attacks.windows[-1].certain == 1
    assert attacks.largest is not None
    assert attacks.largest.slug == "open"


def test_a_link_between_entries_of_which_one_was_not_public_is_not_shown() -> None:
    talks = telling(speech="2025-09-04", memoir="2026-01-15")
    open_, secret = talks.tell(pledged("speech")), talks.tell(pledged("memoir", slug="side-letter"))
    talks.link(open_, "restates", secret)

    answer = talks.framework(LATER, published_by="2025-12-31")

    assert one(answer.pledges, "force").related == ()


def test_the_question_is_repeated_in_the_answer() -> None:
    talks = telling()

    question = talks.framework(LATER, published_by="2025-12-31").question

    assert question.published_by == "2025-12-31"
    assert question.as_of == "2025-09-30T23:59Z"
