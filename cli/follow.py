"""`parley follow`: every entry as it is recorded, for a screen or for a script."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from cli import options
from cli.log import Actor, From, Kind, Owner, Thing, To, thing_of
from cli.output import Form, choose_form, leave_quietly, remarks, screen, unwritten
from cli.session import absolute, open_log
from domain.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.parley import Parley
    from app.subscriptions import Subscription
    from ledger.filter import Page

LONGEST_STATE = 100
"""Bytes of a state file that are read; a cursor has a fifth of it."""

After: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--after",
        metavar="CURSOR",
        help="Begin after this position, or cursor such as 1.57; 0 for everything. Without it "
        "and --since, with what is recorded next.",
        show_default=False,
    ),
]
Since: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Begin with what was recorded on this date or later.",
        show_default=False,
    ),
]
State: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="FILE",
        help="Keep in this file how far everything was printed, and go on from there the next "
        "time. Goes before --after.",
        show_default=False,
    ),
]
Wait: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait",
        help="Wait for what is recorded; with --no-wait, end where the log ends now.",
    ),
]


def follow(
    ctx: typer.Context,
    *,
    negotiation: Owner = None,
    after: After = None,
    since: Since = None,
    kind: Kind = None,
    thing: Thing = None,
    actor: Actor = None,
    occurred_from: From = None,
    occurred_to: To = None,
    state: State = None,
    wait: Wait = True,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Print every entry as it is recorded, until Ctrl-C; as JSON, an object a line.

    Where the database goes away it is waited for, and nothing is missed or printed twice.
    It ends where the log has lost some of what was printed.
    """
    from app.entry_filter import EntryFilter
    from app.subscriptions import subscription

    form = choose_form(json=json, table=table)
    kept = None if state is None else _State(absolute(state, "--state"))
    with open_log(ctx) as parley:
        cursor = None if kept is None else kept.read()
        field = "--after" if cursor is None else "--state"
        owner, sort, slug = thing_of(parley, negotiation, thing)
        asked = EntryFilter(
            negotiation=owner,
            kind=kind,
            thing=sort,
            slug=slug,
            actor=actor,
            happened_from=occurred_from,
            happened_to=occurred_to,
            recorded_since=since,
        )
        wanted = subscription(parley, asked, after if cursor is None else cursor, field)
        if kept is not None and cursor is None:
            kept.begin(parley, wanted.after)
        try:
            for page, reached in _pages(parley, wanted, wait=wait):
                _print(page, form)
                if kept is not None:
                    kept.write(reached)
        except BrokenPipeError:
            leave_quietly()


def _pages(parley: Parley, wanted: Subscription, *, wait: bool) -> Iterator[tuple[Page, str]]:
    from threading import Event

    from app.follow import catch_up, follow

    def trouble(error: Unavailable) -> None:
        remarks().print(f"{error.problems[0].rule}; trying again")

    return follow(parley, wanted, Event(), trouble) if wait else catch_up(parley, wanted)


def _print(page: Page, form: Form) -> None:
    """Print a page and see that it has left the process, so that it counts as printed."""
    from pydantic_core import to_json

    from cli.log_view import as_json, followed_view

    if not page.entries:
        return
    try:
        if form is Form.TABLE:
            screen().print(followed_view(page), crop=False)
        else:
            lines = b"".join(to_json(as_json(entry)) + b"\n" for entry in page.entries)
            sys.stdout.buffer.write(lines)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritten(error) from None


class _State:
    """A file that holds a cursor; what it says was printed, though the next may have been as well.

    Whoever kills the command between the two is printed the last page again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        """The cursor in it; None if there is no such file yet. One without a cursor is refused."""
        try:
            with self._path.open("rb") as file:
                text = file.read(LONGEST_STATE).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._refusal(f"cannot be read: {error.strerror}") from None
        if not text:
            # To begin somewhere else than where the last run ended would be to skip or repeat.
            way_out = "remove it to begin anew, or write the last cursor in it"
            raise InvalidInput.of("--state", f"{self._path} is empty", way_out)
        return text

    def begin(self, parley: Parley, position: int) -> None:
        """Put in it where the first run begins, which may have nothing to print."""
        from app.follow import cursor_at

        self.write(cursor_at(parley, position))

    def write(self, cursor: str) -> None:
        """Put a cursor in it, or leave it as it was: it is on the disk, and never half written."""
        from app.owned_files import write_over

        try:
            write_over(self._path, f"{cursor}\n")
        except OSError as error:
            raise self._refusal(f"cannot be written: {error.strerror}") from None

    def _refusal(self, rule: str) -> InvalidInput:
        return InvalidInput.of("--state", f"{self._path} {rule}", "name a file you may write")
