"""`parley checkpoint`: sign the log as it stands, now."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options
from cli.output import choose_form, remarks, write
from cli.session import open_log


def checkpoint(
    ctx: typer.Context,
    *,
    new_guard: Annotated[
        bool,
        typer.Option(
            "--new-guard",
            help="Make the guard anew, where it is lost and you are sure that this database is the "
            "newest.",
        ),
    ] = False,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Sign a checkpoint of the log, if there is something new, and print the newest.

    A server does this by itself. The witnesses of PARLEY_WITNESSES are asked to cosign. Whoever
    keeps a checkpoint elsewhere can prove later that nothing under it was changed.
    """
    from rich.text import Text

    from app.cosigning import sign_and_ask
    from app.read_checkpoints import shown

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        signed, failed = sign_and_ask(parley, new_guard=new_guard)
    for each in failed:
        remarks().print(each)
    newest = shown(signed)
    done = f"the checkpoint of size {newest.size} was signed"
    text = newest.note.rstrip("\n")
    write(newest, form, lambda: Text(text, no_wrap=True, overflow="ignore"), done=done)
