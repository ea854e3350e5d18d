"""`parley demo`: from nothing to the sample negotiation, shown and served, in one command."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.session import SAMPLE, absolute, upgrade_tables

if TYPE_CHECKING:
    from rich.console import Console

    from app.imports import ImportSummary
    from app.parley import Parley

NAME = "parley"
BEFORE, SUMMER, PUBLISHED = "2025-01-01", "2025-08-31", "2025-09-11"
"""The dates shown: the talks alone; before the announcement; when the source came out."""
DATABASE = "parley.db"
NEXT = (
    ("One pledge: its parts, its gate, who says so, and its story.", "show pledge/force-26"),
    ("Everything that is said of the American backstop.", "search backstop"),
    ("Every day on which something changed.", "timeline"),
)
"""What a newcomer would try next, and the command for it."""


def demo(
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory",
            metavar="FOLDER",
            help="Where to keep the demo's log. By default a folder of its own in the user's "
            "data folder.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Load the sample negotiation, show it on three dates, and serve it; nothing else is touched.

    It answers over HTTP to this machine alone until Ctrl-C or SIGTERM; where standard input is
    no terminal, until that is at its end. Run it as often as you like: the second time it records
    nothing.
    """
    from app.imports import import_case
    from app.parley import open_parley
    from app.settings import read_settings
    from cli.demo_server import serve_demo
    from cli.output import progress, screen

    folder = absolute(_default_folder() if directory is None else directory, "--directory")
    path = folder / DATABASE
    url = f"sqlite:///{path}"
    upgrade_tables(url, "--directory")
    console = screen()
    with open_parley(read_settings(database_url=url)) as parley:
        with progress("Loading the sample case") as advance:
            summary = import_case(parley, _sample(), progress=advance)
        _print_loaded(console, summary, path)
        _print_dates(console, parley)
        _print_next(console, path)
        serve_demo(console, parley)


def _default_folder() -> Path:
    from app.settings import default_database_path

    return default_database_path().parent / "demo"


def _sample() -> Path:
    """The folder of the sample case, so that a folder of that name elsewhere is not meant."""
    from importlib import resources

    return Path(str(resources.files("exchange").joinpath("cases", SAMPLE)))


def _print_loaded(console: Console, summary: ImportSummary, path: Path) -> None:
    from rich.text import Text

    from cli import words

    recorded = len(summary.recorded) + len(summary.corrected) + len(summary.replaced)
    entries = words.count(recorded, "entry", "entries")
    done = f"Recorded {entries} of the sample case" if recorded else "The sample case is loaded"
    console.print(Text(f"{done} in\n{path}\n"), soft_wrap=True)


def _print_dates(console: Console, parley: Parley) -> None:
    from rich.text import Text

    from app import read
    from app.clocks import Asked
    from cli.changes_view import Statuses, change_sections
    from cli.framework_view import framework_view
    from cli.rows import stack

    asked = [Asked(as_of=date) for date in (BEFORE, SUMMER, PUBLISHED)]
    answers = [read.framework(parley, SAMPLE, each) for each in asked]
    console.print(Text(answers[-1].title or SAMPLE, style="bold"))
    for each, answer in zip(asked, answers, strict=True):
        console.rule(f"As of {each.as_of}", align="left")
        console.print(framework_view(answer, brief=True))
    console.rule(f"What changed from {SUMMER} to {PUBLISHED}", align="left")
    changes = read.diff(parley, SAMPLE, asked[1], asked[2]).world
    statuses = Statuses.between(answers[1], answers[2])
    console.print(stack(change_sections(changes, statuses, brief=True)))


def _print_next(console: Console, path: Path) -> None:
    from rich.text import Text

    console.rule("Try next", align="left")
    for what, command in NEXT:
        line = f"{_program()} --database {shlex.quote(str(path))} {command}"
        # A command must come out in one line, or it would not work as pasted.
        console.print(Text.assemble(what, "\n  ", (line, "bold")), soft_wrap=True)


def _program() -> str:
    """How to call this program again, so that a printed command works as it is pasted."""
    called = Path(sys.argv[0])
    if called.name != NAME or not called.exists():
        return f"{shlex.quote(sys.executable)} -m cli.main"
    on_path = shutil.which(NAME)
    if on_path is not None and Path(on_path).resolve() == called.resolve():
        return NAME
    return shlex.quote(sys.argv[0])
