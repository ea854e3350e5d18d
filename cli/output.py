"""Where answers go: tables for people, JSON for programs, remarks and progress to stderr.

Standard output holds the answer and nothing else, so that it can be piped. A
terminal gets tables; a pipe or a file gets JSON, unless a flag says otherwise.
`NO_COLOR`, `COLUMNS` and `TERM` are respected, because rich respects them.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TextIO

from rich.console import Console, Group, RenderableType

from domain.errors import InvalidInput, Problem, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

NARROWEST = 40
"""Columns below which tables would lose words; a narrower terminal breaks the lines itself."""
HELP_WIDTH = 80
"""Columns below which the help would cut its words off."""
TOO_WIDE = 10_000
"""Columns that no terminal has; help that is drawn for billions of them fills the memory."""
WIDEST = 140
"""Columns; a longer line of text is hard to read, however wide the terminal is."""
INDENT = 2
"""Spaces for each level of JSON."""


class Form(Enum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"


class _Console(Console):
    """A console that goes quietly when the reader of a pipe has had enough."""

    def on_broken_pipe(self) -> NoReturn:
        """End the process as done: `parley log | head -1` is no error."""
        leave_quietly()


def leave_quietly() -> NoReturn:
    """End with success after the reader of standard output has gone."""
    _let_go()
    raise SystemExit(0)


def _let_go() -> None:
    """Send what is still buffered nowhere: it would fail again when the interpreter flushes it."""
    # A stream without a descriptor holds nothing back.
    with suppress(OSError):
        descriptor = sys.stdout.fileno()
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, descriptor)
        os.close(sink)


def unwritten(error: OSError, done: str = "") -> Unavailable:
    """What to say where standard output takes no answer; `done` is what holds all the same."""
    _let_go()
    answer = f"the answer could not be written: {error.strerror or error}"
    if not done:
        return Unavailable(Problem("stdout", answer, "ask again where there is room for it"))
    way_out = "do not send it again; `parley log` shows what was recorded"
    return Unavailable(Problem("stdout", f"{done}, but {answer}", way_out))


class UnwrittenError(OSError):
    """Standard output does not take what is written to it."""


class _Telling(io.FileIO):
    """Standard output whose failures can be told from those of any other file."""

    def write(self, answer: Any, /) -> int:  # noqa: ANN401 - any buffer, as the library has it.
        """Write it; raises UnwrittenError, or BrokenPipeError where nobody reads on."""
        try:
            return super().write(answer) or 0
        except BrokenPipeError:
            raise
        except OSError as error:
            raise UnwrittenError(error.errno, error.strerror) from None


class _Forgiving(io.FileIO):
    """Standard error that loses what nobody can take, so that the exit code still tells."""

    def write(self, remark: Any, /) -> int:  # noqa: ANN401 - any buffer, as the library has it.
        """Write it, or say so of what cannot be written."""
        try:
            return super().write(remark) or 0
        except OSError:
            return len(remark)


def make_streams_safe() -> None:
    """Give this process streams that can be written to, and widths that are numbers.

    Whoever closes a stream does not want what would be written there. Standard
    input stays None where it is closed, for whoever reads it to refuse.
    """
    if sys.stdin is None:
        # Its descriptor is taken, or the database would be opened under it.
        os.open(os.devnull, os.O_RDONLY)
    sys.stdout = _over(sys.stdout, _Telling)
    sys.stderr = _over(sys.stderr, _Forgiving)
    for name in ("COLUMNS", "LINES"):
        if not _is_size(os.environ.get(name, "1")):
            del os.environ[name]
    # The variable that Typer has for the width of its help.
    os.environ["TERMINAL_WIDTH"] = str(max(shutil.get_terminal_size().columns, HELP_WIDTH))


def _over(stream: TextIO | None, kind: type[io.FileIO]) -> TextIO:
    """A text stream of the same descriptor, or of one that leads nowhere."""
    descriptor = os.open(os.devnull, os.O_WRONLY) if stream is None else stream.fileno()
    raw = kind(descriptor, "w", closefd=False)
    encoding = "utf-8" if stream is None else stream.encoding
    # A terminal that cannot show a character gets a stand-in, not a defect.
    lines = kind is _Forgiving or raw.isatty()
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, errors="replace", line_buffering=lines
    )


def _is_size(text: str) -> bool:
    """Whether rich, which asks `isdigit`, can take a text for a number of columns or lines."""
    try:
        return 0 < int(text) < TOO_WIDE
    except ValueError:
        return False


def choose_form(*, json: bool, table: bool) -> Form:
    """What the flags ask for; without one a terminal gets tables and anything else JSON.

    Raises InvalidInput for both at once.
    """
    if json and table:
        raise InvalidInput.of("--json", "excludes --table", "leave one of the two out")
    if json or (not table and not sys.stdout.isatty()):
        return Form.JSON
    return Form.TABLE


def screen() -> Console:
    """The console that tables are printed on."""
    console = _Console(highlight=False, markup=False, emoji=False)
    console.width = min(max(console.width, NARROWEST), WIDEST)
    return console


def remarks() -> Console:
    """The console for everything that is not the answer: stderr."""
    return _Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def write(
    answer: object, form: Form, render: Callable[[], RenderableType], *, done: str = ""
) -> None:
    """Write an answer in the form that was chosen; `render` is asked only for a table.

    Raises Unavailable if it cannot be written, with what was `done` and holds all
    the same, so that nobody sends it again.
    """
    shown = None if form is Form.JSON else render()
    try:
        if shown is None:
            _write_json(answer)
        else:
            # What is made to be copied has lines longer than the screen, and is left whole: not
            # cut off here, nor broken, since in a group a text keeps what it says of its lines.
            screen().print(Group(shown), crop=False)
    except BrokenPipeError:
        leave_quietly()
    except OSError as error:
        raise unwritten(error, done) from None


def whole_lines(said: str) -> RenderableType:
    """A text whose lines are left whole on any screen: what is in them is made to be copied."""
    from rich.console import Group
    from rich.text import Text

    # In a group, since a console makes another text of a bare one, which is wrapped.
    return Group(Text(said, no_wrap=True, overflow="ignore"))


def _write_json(answer: object) -> None:
    """Write an answer as JSON: UTF-8, two spaces, fields in the order of its model."""
    from pydantic_core import to_json

    sys.stdout.flush()
    sys.stdout.buffer.write(to_json(answer, indent=INDENT) + b"\n")
    sys.stdout.buffer.flush()


class Advance(Protocol):
    """Tells a progress bar how much is done."""

    def __call__(self, done: int, total: int, /) -> None:
        """Say that `done` of `total` is behind us."""


@contextmanager
def progress(label: str, *, show: bool = True) -> Iterator[Advance]:
    """A progress bar on stderr for work that may be long; nothing unless stderr is a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = remarks()
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    quiet = not (show and console.is_terminal)
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task(label, total=None)

        def advance(done: int, total: int, /) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
