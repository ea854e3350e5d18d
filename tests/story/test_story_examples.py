"""The clauses of the story rule, one example each: take, amend, order, fold twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.bounds import Span
from domain.dates import parse_moment, parse_occurred
from domain.things.pledge import PledgeMade
from tests.story.book import Book, status

FORCE = "pledge/force"


@pytest.fixture
def book() -> Book:
    return Book()


# --- take -------------------------------------------------------------------------------------


def test_what_was_recorded_later_is_not_known(book: Book) -> None:
    book.record("pledge.made", "2025-01-01")
    stalled = book.record("pledge.stalled", "2025-02-01")
    assert status(book.stand(FORCE, "2025-03-01", stalled.position - 1)) == ("pledged", "pledged")
    assert status(book.stand(FORCE, "2025-03-01", stalled.position)) == ("stalled", "stalled")


def test_nothing_known_is_no_state(book: Book) -> None:
    book.record("pledge.made", "2025-01-01")
    assert status(book.stand(FORCE, "2025-03-01", 0)) == (None, None)


# --- amend ------------------------------------------------------------------------------------


def test_a_retracted_entry_is_dropped_from_the_position_of_its_retraction_on(book: Book) -> None:
    book.record("pledge.made", "2025-01-01")
    retraction = book.retract(book.record("pledge.stalled", "2025-02-01"))
    assert status(book.stand(FORCE, "2025-03-01", retraction.position - 1))[0] == "stalled"
    assert status(book.stand(FORCE, "2025-03-01"))[0] == "pledged"


def test_retractions_of_retractions_take_turns_at_any_depth(book: Book) -> None:
    book.record("pledge.made", "2025-01-01")
    named = book.record("pledge.stalled", "2025-02-01")
    for expected in ("pledged", "stalled", "pledged", "stalled", "pledged"):
        named = book.retract(named)
        assert status(book.stand(FORCE, "2025-03-01"))[0] == expected


def test_a_correction_sets_and_unsets_whole_attributes(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01", pledgors=["france", "spain"], due="2026")
    book.correct(made, pledgors=["italy"], unset=("due",))
    state = book.stand(FORCE, "2025-03-01").state
    assert state is not None
    assert isinstance(state.content, PledgeMade)
    assert (state.content.pledgors, state.content.due) == (("italy",), None)


def test_the_last_correction_of_an_attribute_counts(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    book.correct(made, level="committed")
    book.correct(made, level="floated")
    assert status(book.stand(FORCE, "2025-03-01"))[0] == "floated"


def test_a_correction_counts_until_it_is_retracted_and_again_after_that_is(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    correction = book.correct(made, level="committed")
    assert status(book.stand(FORCE, "2025-03-01", made.position))[0] == "pledged"
    assert status(book.stand(FORCE, "2025-03-01"))[0] == "committed"
    retraction = book.retract(correction)
    assert status(book.stand(FORCE, "2025-03-01"))[0] == "pledged"
    book.retract(retraction)
    assert status(book.stand(FORCE, "2025-03-01"))[0] == "committed"


def test_a_correction_of_what_is_retracted_revives_nothing(book: Book) -> None:
    book.record("pledge.made", "2025-01-01")
    stalled = book.record("pledge.stalled", "2025-02-01")
    book.retract(stalled)
    book.correct(stalled, note="no movement")
    assert status(book.stand(FORCE, "2025-03-01"))[0] == "pledged"


def test_a_correction_that_no_longer_fits_is_left_out_and_told(book: Book) -> None:
    stated = book.record("condition.stated", "2025-01-01", slug="truce", any_of=["a", "b"])
    first = book.correct(stated, unset=("any_of",))
    second = book.correct(stated, all_of=["c"])
    assert book.stand("condition/truce", "2025-03-01").anomalies == ()
    book.retract(first)
    standing = book.stand("condition/truce", "2025-03-01")
    assert standing.state is not None
    assert standing.state.content == stated.event
    (anomaly,) = standing.anomalies
    assert (anomaly.code, anomaly.entry, anomaly.clashes_with) == (
        "correction_impossible",
        second.id,
        stated.id,
    )


def test_a_corrected_date_moves_the_event(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    book.correct(made, occurred="2025-06-01")
    assert status(book.stand(FORCE, "2025-05-31")) == (None, None)
    assert status(book.stand(FORCE, "2025-06-01")) == ("pledged", "pledged")


def test_a_corrected_date_leaves_no_trace_of_the_old_narrowed_start(book: Book) -> None:
    bounds = parse_occurred("2025").bounds
    narrowed = Span(bounds, narrowed_lo=parse_moment("2025-06-01T00:00Z", "narrowed"))
    made = book.record("pledge.made", "2025", span=narrowed)
    assert status(book.stand(FORCE, "2025-05-31")) == (None, None)
    book.correct(made, occurred="2025-03")
    assert status(book.stand(FORCE, "2025-02-28")) == (None, None)
    assert status(book.stand(FORCE, "2025-03-01")) == ("pledged", None)


def test_a_correction_of_another_attribute_keeps_the_narrowed_start(book: Book) -> None:
    bounds = parse_occurred("2025").bounds
    narrowed = Span(bounds, narrowed_lo=parse_moment("2025-06-01T00:00Z", "narrowed"))
    made = book.record("pledge.made", "2025", span=narrowed)
    book.correct(made, level="committed")
    assert status(book.stand(FORCE, "2025-05-31")) == (None, None)
    assert status(book.stand(FORCE, "2025-06-01")) == ("committed", None)


def test_a_narrowed_start_that_no_date_is_left_for_is_given_up(book: Book) -> None:
    made = book.record("pledge.made", "2025-03")
    dated = book.correct(made, occurred="2025-07")
    narrowed_lo = parse_moment("2025-07-10T00:00Z", "narrowed")
    narrowed = Span(parse_occurred("2025-07").bounds, narrowed_lo=narrowed_lo)
    book.correct(made, span=narrowed, level="committed")
    assert status(book.stand(FORCE, "2025-07-10")) == ("committed", None)
    book.retract(dated)
    assert status(book.stand(FORCE, "2025-02-28")) == (None, None)
    assert status(book.stand(FORCE, "2025-03-01")) == ("committed", None)
    assert status(book.stand(FORCE, "2025-03-31")) == ("committed", "committed")


# --- order ------------------------------------------------------------------------------------


def test_a_late_record_takes_its_place_in_the_world(book: Book) -> None:
    book.record("issue.settled", "2025-03-01", slug="size")
    book.record("issue.raised", "2025-01-01", slug="size")
    standing = book.stand("issue/size", "2025-04-01")
    assert status(standing)[0] == "settled"
    assert standing.anomalies == ()


def test_on_one_day_what_was_recorded_first_comes_first(book: Book) -> None:
    for kind in ("issue.raised", "issue.settled", "issue.reopened"):
        book.record(kind, "2025-01-01", slug="size")
    standing = book.stand("issue/size", "2025-01-01")
    assert (status(standing)[0], standing.anomalies) == ("open", ())


def test_of_two_that_may_begin_together_the_one_that_must_begin_sooner_comes_first(
    book: Book,
) -> None:
    month = book.record("condition.met", "2025-01", slug="truce")
    day = book.record("condition.stated", "2025-01-01", slug="truce")
    assert [p.entry.id for p in book.tell("condition/truce").placed] == [day.id, month.id]


def test_an_unknown_start_sorts_at_its_last_minute(book: Book) -> None:
    undated = book.record("condition.met", "[..2025-02-01]", slug="truce")
    later = book.record("condition.waived", "2025-03-01", slug="truce")
    first = book.record("condition.stated", "2025-01-01", slug="truce")
    assert [p.entry.id for p in book.tell("condition/truce").placed] == [
        first.id,
        undated.id,
        later.id,
    ]


def test_after_orders_what_the_dates_leave_open(book: Book) -> None:
    book.record("issue.raised", "2025-01-01", slug="size")
    lapsed = book.record("issue.lapsed", "2025-02-01", slug="size")
    reopened = book.record("issue.reopened", "2025-02-01", slug="size", after=[str(lapsed.id)])
    book.record("issue.settled", "2025-02-01", slug="size", before=[str(lapsed.id)])
    placed = [p.entry.event.kind for p in book.tell("issue/size").placed]
    assert placed == ["issue.raised", "issue.settled", "issue.lapsed", "issue.reopened"]
    assert reopened.position == 3


def test_a_successor_is_told_no_earlier_than_its_predecessor_and_no_more_certainly(
    book: Book,
) -> None:
    made = book.record("pledge.made", "[2025-03-01..2025-03-31]")
    book.record("pledge.stalled", "2025", after=[str(made.id)])
    book.record("pledge.resumed", "2025-01-15", after=[str(made.id)])
    assert status(book.stand(FORCE, "2025-02-28")) == (None, None)
    assert status(book.stand(FORCE, "2025-03-01")) == ("stalled", None)
    assert status(book.stand(FORCE, "2025-03-31")) == ("stalled", "pledged")


def test_an_unknown_start_raises_the_last_minute_of_its_successor_alone(book: Book) -> None:
    made = book.record("pledge.made", "[..2025-03-31]")
    stalled = book.record("pledge.stalled", "2025-01-01", after=[str(made.id)])
    _, placed = book.tell(FORCE).placed
    assert (placed.entry.id, placed.lo) == (stalled.id, stalled.span and stalled.span.start_lo)
    assert placed.hi == parse_moment("2025-03-31", "occurred")


def test_an_unknown_start_after_a_known_one_is_known(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-10")
    stalled = book.record("pledge.stalled", "[..2025-03-31]", after=[str(made.id)])
    assert book.stand(FORCE, "2025-01-09").undated == ()
    assert status(book.stand(FORCE, "2025-01-10")) == ("stalled", "pledged")
    book.correct(stalled, unset=("after",))
    assert book.stand(FORCE, "2025-01-10").undated == (stalled.id,)


def test_a_circle_is_opened_at_its_earliest_entry_and_told(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    stalled = book.record("pledge.stalled", "2025-02-01", after=[str(made.id)])
    book.correct(made, after=[str(stalled.id)])
    standing = book.stand(FORCE, "2025-03-01")
    assert status(standing)[0] == "stalled"
    assert [(a.code, a.entry, a.clashes_with) for a in standing.anomalies] == [
        ("order_cycle", made.id, stalled.id)
    ]


def test_a_circle_holds_up_nothing_outside_it_and_is_told_in_its_own_time(book: Book) -> None:
    book.record("pledge.made", "2025-01-01")
    one = book.record("pledge.stalled", "2025-02-01")
    two = book.record("pledge.resumed", "2025-02-02", after=[str(one.id)])
    book.correct(one, after=[str(two.id)])
    hangs_on_it = book.record("pledge.strengthened", "2025-01-15", level="committed")
    book.correct(hangs_on_it, after=[str(two.id)])
    book.record("pledge.withdrawn", "2025-06-01")
    placed = [p.entry.event.kind for p in book.tell(FORCE).placed]
    assert placed == [
        "pledge.made",
        "pledge.stalled",
        "pledge.resumed",
        "pledge.strengthened",
        "pledge.withdrawn",
    ]
    assert [a.entry for a in book.stand(FORCE, "2025-07-01").anomalies] == [one.id]


def test_registrations_stand_before_all_dates_and_are_certain(book: Book) -> None:
    book.record("actor.office_taken", "0001-01-01", slug="macron", office="minister", of="france")
    book.record("actor.registered", slug="macron", name="E. Macron", type="person")
    book.record("actor.renamed", slug="macron", name="Emmanuel Macron")
    placed = [p.entry.event.kind for p in book.tell("commons/actor/macron").placed]
    assert placed == ["actor.registered", "actor.renamed", "actor.office_taken"]
    assert status(book.stand("commons/actor/macron", "0001-01-01"))[1] == "registered"


def test_no_constraint_moves_what_has_no_date(book: Book) -> None:
    book.record("actor.registered", slug="macron", name="E. Macron", type="person")
    renamed = book.record("actor.renamed", slug="macron", name="Emmanuel Macron")
    book.record(
        "actor.office_taken",
        "2017-05-14",
        slug="macron",
        office="president",
        of="france",
        before=[str(renamed.id)],
    )
    standing = book.stand("commons/actor/macron", "2000-01-01")
    assert standing.certain is not None
    assert len(standing.certain.recent) == 2


def test_a_negotiation_may_get_its_date_by_a_correction(book: Book) -> None:
    opened = book.record("negotiation.opened", slug="talks", title="The talks")
    assert status(book.stand("negotiation/talks", "2000-01-01")) == ("open", "open")
    correction = book.correct(opened, occurred="2025-01-01")
    assert status(book.stand("negotiation/talks", "2024-12-31")) == (None, None)
    assert status(book.stand("negotiation/talks", "2025-01-01")) == ("open", "open")
    book.retract(correction)
    assert status(book.stand("negotiation/talks", "2000-01-01")) == ("open", "open")


# --- fold twice -------------------------------------------------------------------------------


def test_what_may_have_begun_counts_from_its_first_minute_certainly_from_its_last(
    book: Book,
) -> None:
    book.record("pledge.made", "[2025-01-10..2025-01-20]")
    assert status(book.stand(FORCE, "2025-01-09T23:59Z")) == (None, None)
    assert status(book.stand(FORCE, "2025-01-10T00:00Z")) == ("pledged", None)
    assert status(book.stand(FORCE, "2025-01-20T23:58Z")) == ("pledged", None)
    assert status(book.stand(FORCE, "2025-01-20T23:59Z")) == ("pledged", "pledged")


@pytest.mark.parametrize(
    "occurred",
    ["2025-01-01?", "2025-01-01~", "2025-01-01%", "2025-01-01/2025-02?", "[2024?..2025]"],
)
def test_a_marked_date_is_never_certain(book: Book, occurred: str) -> None:
    book.record("pledge.made", occurred)
    assert status(book.stand(FORCE, "5999-12-31")) == ("pledged", None)


def test_an_unknown_start_is_listed_until_it_folds(book: Book) -> None:
    made = book.record("pledge.made", "[..2025-09-11]")
    before, on_the_day = book.stand(FORCE, "1990-01-01"), book.stand(FORCE, "2025-09-11")
    assert (status(before), before.undated) == ((None, None), (made.id,))
    assert (status(on_the_day), on_the_day.undated) == (("pledged", "pledged"), ())


def test_what_contradicts_its_own_story_is_shown_and_not_folded(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    denied = book.record("pledge.made", "2025-02-01", level="floated", contradicts=[str(made.id)])
    standing = book.stand(FORCE, "2025-03-01")
    assert (status(standing)[0], standing.disputing) == ("pledged", (denied.id,))
    assert book.stand(FORCE, "2025-01-31").disputing == ()
    book.retract(made)
    standing = book.stand(FORCE, "2025-03-01")
    assert (status(standing)[0], standing.disputing) == ("floated", ())


def test_what_contradicts_another_thing_is_folded(book: Book) -> None:
    other = book.record("pledge.made", "2025-01-01", slug="backstop")
    book.record("pledge.made", "2025-02-01", contradicts=[str(other.id)])
    assert status(book.stand(FORCE, "2025-03-01"))[0] == "pledged"


@pytest.mark.parametrize("relation", ["same_event_as", "restates", "contradicts", "duplicate_of"])
def test_linked_entries_stay_in_their_own_stories(book: Book, relation: str) -> None:
    made = book.record("pledge.made", "2025-01-01")
    other = book.record("pledge.made", "2025-01-01", slug="backstop", level="floated")
    book.link(other, made, relation)
    assert status(book.stand(FORCE, "2025-03-01"))[0] == "pledged"
    assert status(book.stand("pledge/backstop", "2025-03-01"))[0] == "floated"


def test_what_the_story_cannot_take_is_told_and_the_story_goes_on(book: Book) -> None:
    book.record("issue.raised", "2025-01-01", slug="size")
    settled = book.record("issue.settled", "2025-02-01", slug="size")
    narrowed = book.record("issue.narrowed", "2025-03-01", slug="size")
    assert book.stand("issue/size", "2025-02-28").anomalies == ()
    (anomaly,) = book.stand("issue/size", "2025-03-01").anomalies
    assert (anomaly.entry, anomaly.clashes_with) == (narrowed.id, settled.id)
    assert status(book.stand("issue/size", "2025-03-01"))[0] == "narrowed"


# The second case holds minute 0 of 1970, which is not "no minute".
@pytest.mark.parametrize("year", ["2025", "1970"])
def test_overlapping_changes_of_status_without_a_constraint_are_of_unknown_order(
    book: Book, year: str
) -> None:
    made = book.record("pledge.made", str(int(year) - 1))
    stalled = book.record("pledge.stalled", f"{year}-01-01")
    withdrawn = book.record("pledge.withdrawn", year)
    book.record("pledge.amended", year)
    standing = book.stand(FORCE, f"{year}-12-31")
    assert standing.order_unknown == (stalled.id, withdrawn.id)
    book.correct(withdrawn, after=[str(stalled.id)])
    assert book.stand(FORCE, f"{year}-12-31").order_unknown == ()
    assert made.id not in standing.order_unknown


def test_what_does_not_overlap_is_of_known_order(book: Book) -> None:
    book.record("pledge.made", "1969")
    book.record("pledge.withdrawn", "1970")
    assert book.stand(FORCE, "1971").order_unknown == ()


def test_the_rule_does_not_mind_the_order_in_which_it_is_handed_the_log(book: Book) -> None:
    made = book.record("pledge.made", "2025-01-01")
    book.retract(book.correct(made, level="committed"))
    book.record("pledge.stalled", "2025-01-01")
    told = book.tell(FORCE)
    book.entries.reverse()
    assert replace(book.tell(FORCE)) == told
