"""A deadline for work that another machine could draw out for ever, such as a byte at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Made = TypeVar("Made")


def within(seconds: float, work: Callable[[], Made]) -> Made:
    """What some work gives; raises what it raises, and TimeoutError after so many seconds.

    What is late then is left to itself, and does not keep the process from ending.
    """
    done: Future[Made] = Future()

    def run() -> None:
        try:
            made = work()
        except BaseException as fault:  # noqa: BLE001 - it is raised where it is waited for.
            done.set_exception(fault)
        else:
            done.set_result(made)

    Thread(target=run, daemon=True, name="deadline").start()
    return done.result(seconds)
