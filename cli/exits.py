"""What a command leaves behind when it cannot do what it was asked: a message and a code.

    0  done
    1  a defect of Parley: something nobody foresaw
    2  bad input, or a command that was not understood
    3  it names something that is not there
    4  a conflict: with the story, the expected version, the key or an id
    5  the database or the clock cannot be used now
    130  interrupted from the keyboard

Every refusal names the field, the rule and the way out; none shows a traceback.
"""

from __future__ import annotations

import os
import traceback
from enum import IntEnum

from rich.text import Text

from audit.printable import printable
from cli.output import remarks
from domain.errors import Conflict, InvalidInput, NotFound, ParleyError, Problem, Unavailable

DEBUG = "PARLEY_DEBUG"
"""The variable that makes a defect show its traceback."""


class ExitCode(IntEnum):
    """The exit codes of `parley`."""

    DONE = 0
    DEFECT = 1
    BAD_INPUT = 2
    NOT_FOUND = 3
    CONFLICT = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130


_CODES: tuple[tuple[type[ParleyError], ExitCode], ...] = (
    (InvalidInput, ExitCode.BAD_INPUT),
    (NotFound, ExitCode.NOT_FOUND),
    (Conflict, ExitCode.CONFLICT),
    (Unavailable, ExitCode.UNAVAILABLE),
)


def exit_code(error: ParleyError) -> ExitCode:
    """The exit code of a refusal."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.DEFECT)


def report_refusal(error: ParleyError) -> ExitCode:
    """Say on stderr what is wrong and what to do about it; return the exit code."""
    console = remarks()
    for problem in error.problems:
        console.print(_said(problem))
    _debug()
    return exit_code(error)


def report_defect(error: BaseException) -> ExitCode:
    """Say on stderr, in one line, that this is our fault and what to send us."""
    what = printable(f"{type(error).__name__}: {error}".partition("\n")[0])
    remarks().print(
        Text.assemble(
            ("parley: ", "bold red"),
            f"sorry, this is a defect of Parley ({what}). Please report it to its maintainers "
            f"(CONTRIBUTING.md), with the command and what {DEBUG}=1 shows.",
        )
    )
    _debug()
    return ExitCode.DEFECT


def _said(problem: Problem) -> Text:
    where = problem.field if problem.index is None else f"[{problem.index}].{problem.field}"
    return Text.assemble(
        ("parley: ", "bold red"),
        (printable(where), "bold"),
        f": {printable(problem.rule)}\n",
        ("        → ", "dim"),
        printable(problem.way_out),
    )


def _debug() -> None:
    """Show the traceback, for those who asked for it."""
    if os.environ.get(DEBUG):
        remarks().print(Text(traceback.format_exc()))
