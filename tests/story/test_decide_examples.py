"""What may not be recorded: the refusals of the story rule, each with its way out."""

from __future__ import annotations

from typing import Any

import pytest

from domain.bounds import Span
from domain.dates import parse_moment
from domain.decide import decide, decide_correction, decide_endorsement, narrow, span_of
from domain.entries import EntryCorrected, EntryEndorsed
from domain.entry import Draft, Entry
from domain.errors import InvalidInput, StoryConflict
from domain.registry import read_event
from tests.story.book import Book, status


@pytest.fixture
def book() -> Book:
    return Book()


# --- constraints of other things: resolved when recorded --------------------------------------


def narrowed(draft: Draft, *named: Entry) -> Span:
    span = narrow(draft.event, draft.stream, {entry.id: entry for entry in named})
    assert span is not None
    return span


def minute(text: str) -> int:
    return parse_moment(text, "occurred")


def test_after_another_thing_means_not_before_its_first_minute(book: Book) -> None:
    reached = book.record("attack.carried_out", "2025-06-01", slug="raid")
    draft = book.draft("pledge.made", "2025", after=[str(reached.id)])
    span = narrowed(draft, reached)
    assert span.narrowed_lo == minute("2025-06-01T00:00Z")
    assert span.narrowed_hi is None
    own = span_of(draft.event)
    assert own is not None
    assert span.bounds == own.bounds


def test_before_another_thing_means_not_after_its_last_minute(book: Book) -> None:
    struck = book.record("attack.carried_out", "2025-06", slug="raid")
    span = narrowed(book.draft("pledge.made", "2025", before=[str(struck.id)]), struck)
    assert (span.narrowed_lo, span.narrowed_hi) == (None, minute("2025-06-30"))


def test_a_start_that_is_narrow_enough_stays(book: Book) -> None:
    struck = book.record("attack.carried_out", "2024", slug="raid")
    span = narrowed(book.draft("pledge.made", "2025", after=[str(struck.id)]), struck)
    assert (span.narrowed_lo, span.narrowed_hi) == (None, None)


def test_an_unknown_start_begins_with_what_it_comes_after(book: Book) -> None:
    struck = book.record("attack.carried_out", "2025-06-01", slug="raid")
    span = narrowed(book.draft("pledge.made", "[..2025-09-11]", after=[str(struck.id)]), struck)
    assert span.start_lo == minute("2025-06-01T00:00Z")


def test_the_latest_of_several_others_counts(book: Book) -> None:
    one = book.record("attack.carried_out", "2025-06-01", slug="raid")
    two = book.record("attack.carried_out", "2025-07-01", slug="strike")
    draft = book.draft("pledge.made", "2025", after=[str(one.id), str(two.id)])
    assert narrowed(draft, one, two).narrowed_lo == minute("2025-07-01T00:00Z")


def test_what_has_no_date_narrows_nothing(book: Book) -> None:
    known = book.record("actor.registered", slug="france", name="France", type="state")
    draft = book.draft("pledge.made", "2025", after=[str(known.id)], before=[str(known.id)])
    span = narrowed(draft, known)
    assert (span.narrowed_lo, span.narrowed_hi) == (None, None)


def test_within_one_thing_nothing_is_narrowed(book: Book) -> None:
    made = book.record("pledge.made", "2025-06-01")
    span = narrowed(book.draft("pledge.stalled", "2025", after=[str(made.id)]), made)
    assert (span.narrowed_lo, span.narrowed_hi) == (None, None)


@pytest.mark.parametrize(
    ("names", "when", "occurred"),
    [("after", "2025-06-01", "2025-05-31"), ("before", "2025-06-01", "2025-06-02")],
)
def test_a_start_that_nothing_is_left_of_is_refused(
    book: Book, names: str, when: str, occurred: str
) -> None:
    struck = book.record("attack.carried_out", when, slug="raid")
    constraint: dict[str, Any] = {names: [str(struck.id)]}
    draft = book.draft("pledge.made", occurred, **constraint)
    with pytest.raises(InvalidInput) as refused:
        narrowed(draft, struck)
    (problem,) = refused.value.problems
    assert problem.field == names
    assert "correct `occurred`" in problem.way_out


# --- records ----------------------------------------------------------------------------------


def test_a_record_that_its_story_can_hold_is_accepted(book: Book) -> None:
    book.record("pledge.made", "2025-01-01")
    decide(book.draft("pledge.stalled", "2025-02-01"), book.entries)


def test_a_record_that_adds_an_anomaly_is_refused_with_the_clash_and_the_ways_out(
    book: Book,
) -> None:
    book.record("issue.raised", "2025-01-01", slug="size")
    settled = book.record("issue.settled", "2025-02-01", slug="size")
    with pytest.raises(StoryConflict) as refused:
        decide(book.draft("issue.narrowed", "2025-03-01", slug="size"), book.entries)
    (problem,) = refused.value.problems
    assert str(settled.id) in problem.rule
    for way_out in ("correct", "retract", f"`contradicts: [{settled.id}]`"):
        assert way_out in problem.way_out


def test_a_record_that_nothing_opened_is_refused(book: Book) -> None:
    with pytest.raises(StoryConflict) as refused:
        decide(book.draft("pledge.stalled", "2025-02-01"), book.entries)
    assert "record the event that opens it first" in refused.value.problems[0].way_out


def test_it_is_the_order_of_the_world_that_decides(book: Book) -> None:
    book.record("issue.raised", "2025-01-01", slug="size")
    book.record("issue.settled", "2025-03-01", slug="size")
    decide(book.draft("issue.narrowed", "2025-02-01", slug="size"), book.entries)


def test_a_late_record_that_makes_a_later_one_impossible_is_refused_naming_it(book: Book) -> None:
    book.record("pledge.made", "2025-01-01")
    stalled = book.record("pledge.stalled", "2025-03-01")
    with pytest.raises(StoryConflict) as refused:
        decide(book.draft("pledge.withdrawn", "2025-02-01"), book.entries)
    assert str(stalled.id) in refused.value.problems[0].way_out


def test_a_record_with_contradicts_is_accepted_and_not_folded(book: Book) -> None:
    book.record("issue.raised", "2025-01-01", slug="size")
    settled = book.record("issue.settled", "2025-02-01", slug="size")
    names = [str(settled.id)]
    decide(book.draft("issue.narrowed", "2025-03-01", slug="size", contradicts=names), book.entries)


def test_retracting_the_clash_is_a_way_out(book: Book) -> None:
    book.record("issue.raised", "2025-01-01", slug="size")
    book.retract(book.record("issue.settled", "2025-02-01", slug="size"))
    decide(book.draft("issue.narrowed", "2025-03-01", slug="size"), book.entries)


def test_an_anomaly_that_was_there_before_is_no_reason_to_refuse(book: Book) -> None:
    book.record("pledge.made", "2025-01-01")
    stronger = book.record("pledge.strengthened", "2025-03-01", level="committed")
    book.correct(stronger, level="pledged")
    (anomaly,) = book.stand("pledge/force", "2025-04-01").anomalies
    assert anomaly.code == "not_stronger"
    # In between, it changes what the old anomaly clashes with, and adds none.
    decide(book.draft("pledge.stalled", "2025-02-01"), book.entries)


def test_a_circle_of_constraints_is_refused(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    stalled = book.record("pledge.stalled", "2025-01-01", after=[str(made.id)])
    draft = book.draft(
        "pledge.resumed", "2025-01-01", after=[str(stalled.id)], before=[str(made.id)]
    )
    with pytest.raises(InvalidInput) as refused:
        decide(draft, book.entries)
    assert "circle" in refused.value.problems[0].rule


# --- corrections, retractions, endorsements ---------------------------------------------------


def corrected(book: Book, entry: Entry, **values: object) -> object:
    correction = read_event({**book.correction_of(entry), "set": values})
    assert isinstance(correction, EntryCorrected)
    return decide_correction(correction, entry, book.entries)


def test_a_correction_is_never_refused_for_a_lifecycle(book: Book) -> None:
    book.record("issue.raised", "2025-01-01", slug="size")
    settled = book.record("issue.settled", "2025-02-01", slug="size")
    corrected(book, settled, occurred="2024-01-01")
    book.correct(settled, occurred="2024-01-01")
    assert [a.code for a in book.stand("issue/size", "2025-03-01").anomalies] == ["not_opened"]


def test_a_retraction_is_never_refused_for_a_lifecycle_but_told(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    book.record("pledge.stalled", "2025-02-01")
    book.retract(made)
    standing = book.stand("pledge/force", "2025-03-01")
    assert (status(standing)[0], [a.code for a in standing.anomalies]) == (
        "stalled",
        ["not_opened"],
    )


@pytest.mark.parametrize("name", ["kind", "slug", "id"])
def test_a_correction_that_would_move_the_entry_is_refused(book: Book, name: str) -> None:
    made = book.record("pledge.made", "2025-01-01")
    with pytest.raises(InvalidInput) as refused:
        corrected(book, made, **{name: "backstop"})
    (problem,) = refused.value.problems
    assert problem.field == f"set.{name}"
    assert "replaced_by" in problem.way_out


def test_a_correction_to_what_the_kind_cannot_be_is_refused(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    with pytest.raises(InvalidInput):
        corrected(book, made, level="delivered")


def test_a_correction_of_a_correction_is_refused(book: Book) -> None:
    correction = book.correct(book.record("pledge.made", "2025-01-01"), level="committed")
    with pytest.raises(InvalidInput) as refused:
        corrected(book, correction, reason="misheard")
    assert refused.value.problems[0].field == "entry"


def test_a_link_may_be_corrected(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    link = book.link(made, book.record("pledge.made", "2025-01-01", slug="backstop"), "restates")
    corrected(book, link, relation="duplicate_of")


def test_a_correction_is_decided_on_what_earlier_corrections_made_of_the_entry(book: Book) -> None:
    stated = book.record("condition.stated", "2025-01-01", slug="truce", any_of=["a", "b"])
    with pytest.raises(InvalidInput):
        corrected(book, stated, all_of=["c"])
    book.correct(stated, unset=("any_of",))
    corrected(book, stated, all_of=["c"])


def test_a_correction_that_closes_a_circle_is_refused(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    stalled = book.record("pledge.stalled", "2025-02-01", after=[str(made.id)])
    with pytest.raises(InvalidInput) as refused:
        corrected(book, made, after=[str(stalled.id)])
    assert "circle" in refused.value.problems[0].rule


def test_nobody_endorses_what_they_recorded(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    endorsement = read_event({"kind": "entry.endorsed", "entry": str(made.id)})
    assert isinstance(endorsement, EntryEndorsed)
    with pytest.raises(InvalidInput) as refused:
        decide_endorsement(endorsement, made, [made], made.recorded_by)
    assert "second person" in refused.value.problems[0].way_out
    decide_endorsement(endorsement, made, [made], "editor")
