"""`parley recover`: go on after entries were lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from cli import options
from cli.output import choose_form, progress, whole_lines, write
from cli.session import open_log, settings_of
from domain.errors import InvalidInput

if TYPE_CHECKING:
    from app.new_epoch import Reopened
    from app.recover import Recovered
    from cli.output import Form

Source: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DIR|URL|FILE",
        help="A newer copy of the log: an audit export, where it is served, or a backup.",
        show_default=False,
    ),
]
NewEpoch: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--new-epoch",
        help="Go on without what is lost, under another name and with another key.",
    ),
]
Reason: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="Why the log goes on without them; it is recorded.",
        show_default=False,
    ),
]
Approvers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--approver",
        metavar="NAME",
        help="Who approved of it; at least two, each with an option of their own.",
        show_default=False,
    ),
]
Origin: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--origin",
        metavar="NAME",
        help="The new name of the log. The first one and a number, if not given.",
        show_default=False,
    ),
]


def recover(
    ctx: typer.Context,
    *,
    source: Source = None,
    new_epoch: NewEpoch = False,
    reason: Reason = None,
    approver: Approvers = None,
    origin: Origin = None,
    api_key: options.ApiKey = None,
    subject: options.Subject = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Bring back entries that a restored log lost, or open it again without them.

    Entries come back byte for byte, at their positions and with their times, if the copy is
    signed by this log and continues it. Where there is no such copy, a new epoch keeps what
    survived and says what was lost.
    """
    form = choose_form(json=json, table=table)
    if (source is None) is not new_epoch:
        raise InvalidInput.of(
            "--from",
            "either a copy is named or a new epoch asked for",
            "give --from or --new-epoch",
        )
    if source is not None:
        _from_copy(ctx, source, api_key, form)
        return
    from app.new_epoch import open_epoch

    with open_log(ctx) as parley:
        done = open_epoch(
            parley, reason=reason or "", approvers=approver or (), origin=origin, subject=subject
        )
    write(done, form, lambda: whole_lines(_reopened(done)), done="the log was opened again")


def _from_copy(ctx: typer.Context, source: str, api_key: str | None, form: Form) -> None:
    from app.recover import recover as bring_back

    with progress("Bringing entries back") as advance:
        done = bring_back(settings_of(ctx), source, advance, advance, api_key=api_key)
    write(done, form, lambda: whole_lines(_recovered(done)), done="the entries were brought back")


def _recovered(done: Recovered) -> str:
    from cli import words

    said = (
        f"{words.count(done.recovered, 'entry', 'entries')} came back; "
        f"the log holds {done.entries}."
    )
    if done.signs:
        return f"{said}\nNothing that was signed is missing."
    if done.guarded is None:
        return f"{said}\nThere is no guard here that says whether that is all."
    return f"{said}\nIt was signed up to {done.guarded}, so the rest is missing still."


def _reopened(done: Reopened) -> str:
    return (
        f"{done.predecessor} goes on as {done.origin}, its epoch {done.epoch}.\n"
        f"Of what was signed, {done.lost_first} to {done.lost_last} are lost; "
        f"{done.kept} entries are kept.\n\n{done.checkpoint}"
    )
