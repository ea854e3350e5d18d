"""What is drawn out is given up at its deadline, and what is in time is given as it is."""

from __future__ import annotations

from threading import Event

import pytest

from audit.deadline import within


def test_what_is_in_time_is_given_or_raised() -> None:
    assert within(30, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(30, lambda: 1 // 0)


def test_what_is_late_is_left_to_itself() -> None:
    never = Event()
    with pytest.raises(TimeoutError):
        within(0.01, never.wait)
    never.set()
