"""A cursor leads to where it was given, or is refused with what became of that place."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from app.cursors import Cursors, read_cursor
from app.feed import frames_of
from app.parley import Parley, open_parley
from app.record import record
from app.settings import read_settings
from domain.entry import LOG_STREAM, Draft
from domain.errors import InvalidInput, NotFound, OtherEpoch
from domain.log import LogReopened
from tests.app.bodies import NEGOTIATION, SETTING, pledge

FORK = 7
"""Where the log was opened anew: after its own opening and the setting."""


def reopening(lost: tuple[int, int]) -> Draft:
    event = LogReopened(
        origin="example.org/after",
        predecessor="example.org/before",
        lost=lost,
        reason="The disk was lost, and the copy was two entries older.",
        approvers=("anna", "bohdan"),
    )
    return Draft(event, LOG_STREAM, uuid4(), "anna")


@pytest.fixture
def parley(database: str) -> Iterator[Parley]:
    """Parley on a log that has lost two entries and was opened anew."""
    with open_parley(read_settings(database_url=database)) as opened:
        record(opened, NEGOTIATION, SETTING)
        opened.ledger.append([reopening(lost=(FORK, FORK + 1))])
        record(opened, NEGOTIATION, pledge())
        yield opened


@pytest.mark.parametrize(
    ("text", "position"), [("0", 0), ("8", 8), ("1.0", 0), ("1.6", 6), ("2.6", 6)]
)
def test_a_cursor_from_before_the_fork_is_good(parley: Parley, text: str, position: int) -> None:
    assert read_cursor(parley, text, "after") == position


def test_one_from_after_it_is_good_in_its_own_epoch_alone(parley: Parley) -> None:
    assert read_cursor(parley, "2.8", "after") == 8
    with pytest.raises(OtherEpoch, match="entries 7 to 8 of epoch 1 were lost") as refused:
        read_cursor(parley, "1.8", "Last-Event-ID")
    assert refused.value.problems[0].field == "Last-Event-ID"
    with pytest.raises(OtherEpoch, match="entries 7 to 9 of epoch 1 were lost"):
        # Whoever read it knows of more than the log does.
        read_cursor(parley, "1.9", "after")


def test_one_of_an_epoch_that_never_was_is_refused_by_its_name(parley: Parley) -> None:
    with pytest.raises(NotFound, match="is in its epoch 2") as refused:
        read_cursor(parley, "3.6", "Last-Event-ID")
    assert refused.value.problems[0].field == "Last-Event-ID"


def test_one_beyond_the_end_is_not_waited_for(parley: Parley) -> None:
    with pytest.raises(NotFound, match="has not come to 9"):
        read_cursor(parley, "2.9", "after")


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "1.", ".1", "01", "1.01", "0.1", "1e3", "१", "9" * 16]
)
def test_what_is_no_cursor_is_refused(parley: Parley, text: str) -> None:
    with pytest.raises(InvalidInput, match="is no cursor"):
        read_cursor(parley, text, "after")


def test_every_entry_carries_the_cursor_that_leads_to_it(parley: Parley) -> None:
    entries = list(parley.ledger.entries())
    cursors = Cursors(parley.ledger)
    told = [frame.text.partition(b"\n")[0] for frame in frames_of(parley, cursors, entries)]
    assert told[5:] == [b"id: 1.6", b"id: 2.7", b"id: 2.8"]
    for frame, entry in zip(told, entries, strict=True):
        cursor = frame.removeprefix(b"id: ").decode()
        assert read_cursor(parley, cursor, "after") == entry.position


def test_an_epoch_that_begins_meanwhile_is_learnt_of(database: str) -> None:
    with open_parley(read_settings(database_url=database)) as opened:
        cursors = Cursors(opened.ledger)
        assert cursors.of(1) == "1.1"
        opened.ledger.append([reopening(lost=(2, 3))])
        entries = list(opened.ledger.entries())
        cursors.take_in(entries[:1])
        assert cursors.of(2) == "1.2"
        cursors.take_in(entries[1:])
        assert [cursors.of(position) for position in (1, 2)] == ["1.1", "2.2"]
