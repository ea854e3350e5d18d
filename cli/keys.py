"""`parley keys`: who may use the HTTP API, and as what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.output import choose_form, write
from cli.session import open_log

if TYPE_CHECKING:
    from rich.console import RenderableType

    from app.keys import ApiKey

ROLES = "reader, recorder, reviewer, auditor or admin"

app = typer.Typer(help="Say who may use the HTTP API, and as what.", no_args_is_help=True)


@app.command()
def add(
    ctx: typer.Context,
    *,
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="Who will use it, as the log keeps it with every entry: an opaque name.",
            show_default=False,
        ),
    ],
    role: Annotated[
        str, typer.Option("--role", metavar="ROLE", help=f"What it is for: {ROLES}.")
    ] = "recorder",
    note: Annotated[
        str | None,
        typer.Option(
            "--note", metavar="TEXT", help="What you will know it by.", show_default=False
        ),
    ] = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Make a key and show it, this once: only its SHA-256 is kept.

    A reviewer may record as well, and endorse what others recorded; an admin may do everything.
    """
    from rich.text import Text

    from app.keys import make_key

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        new = make_key(parley, subject, role, note)
    said = f"{new.secret}\n\nThat is the key of {new.key.subject} ({new.key.role}); it is not kept."
    answer = {"secret": new.secret, "key": new.key}
    write(answer, form, lambda: Text(said), done=f"the key {new.key.id} was made")


@app.command("list")
def list_(ctx: typer.Context, json: options.AsJson = False, table: options.AsTable = False) -> None:
    """List every key that was ever made, without the keys themselves."""
    from app.keys import keys

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        found = keys(parley)
    write(found, form, lambda: keys_view(found))


@app.command()
def revoke(
    ctx: typer.Context,
    *,
    key: Annotated[
        str,
        typer.Argument(metavar="ID", help="The id that `parley keys list` shows."),
    ],
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """End a key, at once and for ever. What was recorded by it stays.

    A stream that is open by it ends within 15 seconds.
    """
    from rich.text import Text

    from app.keys import revoke_key

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        revoke_key(parley, key)
    said = f"The key {key} is good no more."
    write({"revoked": key}, form, lambda: Text(said), done=said)


def keys_view(found: Sequence[ApiKey]) -> RenderableType:
    """The keys, oldest first."""
    from cli import words
    from cli.rows import Row, Section

    rows = (
        Row(
            status=each.role.value,
            what=each.note or "",
            lead=each.subject,
            name=each.id,
            since=each.created_at[:10],
            notes=() if each.revoked_at is None else (f"revoked on {each.revoked_at[:10]}",),
        )
        for each in found
    )
    remark = "" if found else "Nobody has a key yet: make one with `parley keys add`."
    return Section(words.count(len(found), "key", "keys"), tuple(rows), remark)
