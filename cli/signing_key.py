"""`parley signing-key`: what the log signs its checkpoints with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli import options
from cli.output import choose_form, write
from cli.session import open_log

if TYPE_CHECKING:
    from rich.console import RenderableType

    from app.signing_key import LogKeys

app = typer.Typer(
    help="Say what the log signs its checkpoints with, and change it.", no_args_is_help=True
)


@app.command()
def show(ctx: typer.Context, json: options.AsJson = False, table: options.AsTable = False) -> None:
    """Show every key that the log has signed with: the public half, as auditors need it.

    They should get it from you by another way than from this log.
    """
    from app.signing_key import log_keys_of

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        found = log_keys_of(parley)
    write(found, form, lambda: keys_view(found))


@app.command()
def rotate(
    ctx: typer.Context,
    *,
    subject: options.Subject = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Sign with a new key from now on, and announce it in the log.

    One checkpoint is signed by both, so that whoever trusts the old key finds the new one;
    then the old one is destroyed.
    """
    from app.rotate_key import rotate_key

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        found = rotate_key(parley, subject)
    write(found, form, lambda: keys_view(found), done="the log signs with a new key")


def keys_view(found: LogKeys) -> RenderableType:
    """The keys, each on lines of its own, whole, so that it can be copied."""
    from rich.text import Text

    if not found.keys:
        return Text("The log has not signed yet: `parley checkpoint` makes its key, and signs.")
    lines = []
    for key in found.keys:
        until = "" if key.retired_at is None else f", until position {key.retired_at}"
        lines += [key.vkey, f"    signs from position {key.since}{until}"]
    return Text("\n".join(lines), no_wrap=True, overflow="ignore")
