"""`parley backup` and `parley restore`: a whole log in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.output import choose_form, progress, whole_lines, write
from cli.session import absolute, settings_of

if TYPE_CHECKING:
    from app.backup import BackedUp, Restored


def backup(
    ctx: typer.Context,
    *,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Where to write it, such as log.jsonl.gz; it must not be there yet.",
            show_default=False,
        ),
    ],
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Copy the whole log into one file, as it is at one moment, while others record.

    In it is all that does not follow from something else in it: entries, idempotency keys, API
    keys (their digests), signed checkpoints, and who took what away. Not in it: the
    signing key, the guard, and the webhooks: a copy that is opened elsewhere is not to send as
    well, and their secrets would go with it. Add them again with `parley webhooks add --after`.
    """
    from app.backup import back_up

    form = choose_form(json=json, table=table)
    where = absolute(file, "FILE")
    with progress("Copying the log") as advance:
        done = back_up(settings_of(ctx), where, advance)
    write(done, form, lambda: whole_lines(_backed_up(done)), done=f"{where} was written")


def restore(
    ctx: typer.Context,
    *,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="What `parley backup` has written.", show_default=False
        ),
    ],
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Put a backup into an empty database, SQLite or PostgreSQL: whole, or not at all.

    The database has to have its tables (`parley db upgrade`) and nothing in them. A damaged file
    is refused before anything is written.
    """
    from rich.text import Text

    from app.backup import restore as put_back

    form = choose_form(json=json, table=table)
    where = absolute(file, "FILE")
    # One bar, three times: the file is read, then written, then the read model brought along.
    with progress("Restoring the log") as advance:
        done = put_back(settings_of(ctx), where, advance, advance)
    write(done, form, lambda: Text(_restored(done)), done="the log was restored")


def _backed_up(done: BackedUp) -> str:
    from cli import words

    signed = f"signed up to {done.checkpoint}" if done.checkpoint else "never signed"
    return (
        f"{words.count(done.entries, 'entry', 'entries')} of {done.origin}\n"
        f"{signed}\n{done.file}\nSHA-256 {done.sha256}"
    )


def _restored(done: Restored) -> str:
    from cli import words

    said = (
        f"{words.count(done.entries, 'entry', 'entries')} of {done.origin} are restored, "
        f"from a backup of {done.made_at}."
    )
    if done.signs:
        return f"{said}\nNothing that was signed is missing."
    if done.guarded is None:
        return (
            f"{said}\nIt was signed up to {done.checkpoint}, and there is no guard of it here: "
            "nothing is signed until its guard and its key are put in place."
        )
    return (
        f"{said}\nIt was signed up to {done.guarded}, so entries after {done.entries} are lost "
        "and nothing is signed: bring them back with `parley recover`."
    )
