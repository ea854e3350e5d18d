"""Every instant of change: each tick is one, and between two ticks nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings

from domain.dates import format_minute, parse_moment
from domain.entry import Entry
from projections.answers import Answer, Certainty, Framework, Known, Question
from projections.framework import SECTIONS, framework_of
from projections.reference import Record, record_at, world_at
from projections.things import story_of
from projections.timemap import Timemap, timemap_of
from tests.projections.bodies import Body, defined, joined, made, part, said, step, struck
from tests.projections.long_story import long_story
from tests.projections.telling import Telling
from tests.story.histories import NEGOTIATION, History, histories

BOTH: tuple[Certainty, ...] = ("possible", "certain")


def ticks(*bodies: Body) -> list[tuple[str, str, str]]:
    talks = Telling()
    talks.tell_all(*bodies)
    return told(talks.timemap())


def told(timemap: Timemap) -> list[tuple[str, str, str]]:
    return [(tick.at, tick.becomes, tick.stream.rpartition("/")[2]) for tick in timemap.ticks]


# --- What is a tick -------------------------------------------------------------------------


def test_a_minute_is_one_tick() -> None:
    assert ticks(made("force", "2025-09-04T10:00+03:00")) == [
        ("2025-09-04T07:00Z", "certain", "force")
    ]


def test_a_day_is_possible_from_its_first_minute_and_certain_from_its_last() -> None:
    assert ticks(made("force", "2025-09-04")) == [
        ("2025-09-04T00:00Z", "possible", "force"),
        ("2025-09-04T23:59Z", "certain", "force"),
    ]


def test_a_marked_date_never_becomes_certain() -> None:
    assert ticks(made("force", "2025-09-04?")) == [("2025-09-04T00:00Z", "possible", "force")]


def test_a_marked_step_of_a_thing_that_is_certain_never_becomes_certain_either() -> None:
    found = ticks(
        made("force", "2025-03-01T00:00Z"),
        step("pledge.strengthened", "force", "2025-09-04~", level="committed"),
    )

    assert found[1:] == [("2025-09-04T00:00Z", "possible", "force")]


def test_an_unknown_beginning_is_one_tick_where_it_is_known_to_hold() -> None:
    assert ticks(made("force", "[..2025-09-04]")) == [("2025-09-04T23:59Z", "certain", "force")]


def test_what_holds_at_every_date_is_no_tick() -> None:
    assert ticks(defined("force")) == []


def test_ticks_are_in_order_whatever_the_order_of_recording() -> None:
    found = ticks(
        made("b", "2025-09-04T00:00Z"), made("a", "2025-09-04T00:00Z"), made("c", "2025-03-01?")
    )

    assert [slug for _, _, slug in found] == ["c", "b", "a"]


def test_a_tick_of_a_step_without_words_of_its_own_says_what_thing_it_moves() -> None:
    talks = Telling()
    talks.tell(made("force", "2025-09-04T00:00Z"))
    talks.tell(step("pledge.strengthened", "force", "2025-09-06T00:00Z", level="committed"))

    assert [tick.summary for tick in talks.timemap().ticks] == ["the pledge force"] * 2
    assert [tick.kind for tick in talks.timemap().ticks] == ["pledge.made", "pledge.strengthened"]


def test_a_corrected_date_is_a_tick_where_it_was_corrected_to() -> None:
    talks = Telling()
    force = talks.tell(made("force", "2025-09-04T00:00Z"))
    talks.correct(force, set={"occurred": "2025-09-02T00:00Z"})

    assert [at for at, *_ in told(talks.timemap())] == ["2025-09-02T00:00Z"]
    assert [at for at, *_ in told(talks.timemap(known=force.position))] == ["2025-09-04T00:00Z"]


def test_what_is_retracted_is_no_tick() -> None:
    talks = Telling()
    talks.retract(talks.tell(made("force", "2025-09-04")))

    assert told(talks.timemap()) == []


def test_a_pledge_that_falls_overdue_is_a_tick_of_its_own() -> None:
    found = ticks(made("force", "2025-09-04T00:00Z", due="2025-10"))

    assert found[1:] == [("2025-11-01T00:00Z", "overdue", "force")]


def test_a_pledge_delivered_or_put_off_in_time_falls_overdue_only_by_its_last_terms() -> None:
    delivery = {"components": [part("a")], "complete": True}
    found = ticks(
        made("done", "2025-09-04T00:00Z", due="2025-10", components=[part("a")]),
        step("pledge.delivered", "done", "2025-10-05T00:00Z", **delivery),
        made("late", "2025-09-04T00:00Z", due="2025-10"),
        step("pledge.amended", "late", "2025-10-05T00:00Z", set={"due": "2025-12"}),
        made("last-minute", "2025-09-04T00:00Z", due="2025-10", components=[part("a")]),
        step("pledge.delivered", "last-minute", "2025-11-01T00:00Z", **delivery),
    )

    assert [tick for tick in found if tick[1] == "overdue"] == [
        ("2026-01-01T00:00Z", "overdue", "late")
    ]


def test_a_disputing_entry_is_a_tick_though_it_is_not_folded() -> None:
    talks = Telling()
    force = talks.tell(made("force", "2025-09-04T00:00Z"))
    end = step("pledge.withdrawn", "force", "2025-09-06", contradicts=[str(force.id)])
    talks.tell(end)

    assert told(talks.timemap())[1:] == [("2025-09-06T00:00Z", "disputed", "force")]


def test_a_group_behind_a_pledge_that_gains_a_member_is_a_tick() -> None:
    found = ticks(
        made("force", "2025-09-04T00:00Z", pledgors=["coalition"]),
        joined("coalition", "france", "2025-09-06T00:00Z"),
        joined("coalition", "ukraine", "2025-03-01"),
    )

    assert found[1:] == [("2025-09-06T00:00Z", "certain", "coalition")]


def test_a_group_that_stands_behind_nothing_is_none() -> None:
    found = ticks(
        made("force", "2025-09-04T00:00Z"), joined("coalition", "france", "2025-09-06T00:00Z")
    )

    assert len(found) == 1


def test_another_negotiation_is_not_in_it() -> None:
    talks = Telling()
    talks.tell(made("force", "2025-09-04"))
    talks.negotiation = "others"

    assert told(talks.timemap()) == []


def test_a_stance_narrowed_by_a_statement_elsewhere_has_its_own_tick() -> None:
    talks = Telling()
    size = {"issues": ["size"]}
    first = talks.tell(said("first", "[2025-09-01..2025-09-10]", "supports", **size))
    talks.tell(said("second", "[2025-09-02..2025-09-05]", "opposes", after=[str(first.id)], **size))

    assert_each_tick_changes_something(talks.record(), talks.log, talks.question("2025"))
    assert_nothing_changes_between_ticks(talks.record(), talks.question("2025"))


def test_an_attack_is_a_tick_and_the_sliding_of_its_windows_is_not() -> None:
    assert ticks(struck("a", "2025-09-06T12:00Z")) == [("2025-09-06T12:00Z", "certain", "a")]


# --- Properties -----------------------------------------------------------------------------


def frameworks(record: Record, question: Question, minute: int) -> list[Framework]:
    """Both answers at a minute, under the same question so that only the answers can differ."""
    world = world_at(record, minute)
    asked = (question.model_copy(update={"certainty": certainty}) for certainty in BOTH)
    return [framework_of(world, one) for one in asked]


def answers(
    record: Record, log: Sequence[Entry], question: Question, minute: int, stream: str
) -> list[Answer | None]:
    """Both frameworks, and the one thing in both, which for attacks the frameworks only count."""
    world = world_at(record, minute)
    items: list[Answer | None] = []
    for certainty in BOTH:
        asked = question.model_copy(update={"certainty": certainty})
        items.append(story_of(log, record, world, asked, stream).item)
    return [*frameworks(record, question, minute), *items]


def assert_each_tick_changes_something(
    record: Record, log: Sequence[Entry], question: Question
) -> None:
    for tick in timemap_of(record, question).ticks:
        minute = parse_moment(tick.at, "at")
        before = answers(record, log, question, minute - 1, tick.stream)
        assert before != answers(record, log, question, minute, tick.stream), tick


def assert_nothing_changes_between_ticks(record: Record, question: Question) -> None:
    """What happened and holds is the same from each tick to the minute before the next."""
    minutes = sorted({parse_moment(t.at, "at") for t in timemap_of(record, question).ticks})
    far = 400 * 24 * 60
    edges = [minutes[0] - far, *minutes, minutes[-1] + far] if minutes else [0, far]
    for start, end in pairwise(edges):
        assert dated(record, question, start) == dated(record, question, end - 1), (
            format_minute(start),
            format_minute(end - 1),
        )


def dated(record: Record, question: Question, minute: int) -> list[object]:
    """The sections of both answers, and what does not slide with time in the count of attacks."""
    return [
        (
            *(getattr(answer, section) for section in SECTIONS),
            answer.undated,
            answer.anomalies,
            answer.attacks.windows[-1],
            answer.attacks.last,
        )
        for answer in frameworks(record, question, minute)
    ]


def test_each_tick_of_the_long_story_is_a_change() -> None:
    story = long_story()

    assert len(story.timemap().ticks) > 40
    assert_each_tick_changes_something(story.record(), story.log, story.question("2025"))


def test_between_two_ticks_of_the_long_story_nothing_changes() -> None:
    story = long_story()

    for known in (story.now, story.now - 8, story.now // 2):
        assert_nothing_changes_between_ticks(story.record(known), story.question("2025", known))


def asked_of(history: History) -> tuple[Record, Question]:
    position = len(history.log)
    known = Known(position=position, recorded_at=None, closed=True)
    question = Question(
        negotiation=NEGOTIATION,
        as_of="1970-01-03T23:59Z",
        known_at=known,
        published_by=None,
        certainty="possible",
        rules=1,
    )
    return record_at(history.log, NEGOTIATION, position), question


@settings(max_examples=60)
@given(histories())
def test_each_tick_of_any_history_is_a_change(history: History) -> None:
    record, question = asked_of(history)

    assert_each_tick_changes_something(record, history.log, question)


@settings(max_examples=60)
@given(histories())
def test_between_two_ticks_of_any_history_nothing_changes(history: History) -> None:
    record, question = asked_of(history)

    assert_nothing_changes_between_ticks(record, question)
