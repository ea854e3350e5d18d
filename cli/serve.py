"""`parley serve`: the HTTP API on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.session import open_log

if TYPE_CHECKING:
    from app.keys import NewKey


def serve(
    ctx: typer.Context,
    *,
    host: Annotated[
        str | None,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Where to listen: 127.0.0.1, ::1 and localhost are for this machine alone; for "
            "others somebody has to have a key. Goes before PARLEY_HOST.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="N",
            min=0,
            max=65_535,
            help="The port to listen at; 0 takes any that is free. Goes before PARLEY_PORT.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Answer over HTTP until Ctrl-C or SIGTERM; what is in work then is answered first.

    On an address for this machine alone everybody may read, and the first start makes a key
    to record with and shows it, this once. Elsewhere everything takes a key: `parley keys add`.
    The log of requests goes to stderr.
    """
    from api import serving

    def say(address: str, first: NewKey | None) -> None:
        typer.echo(f"Parley answers at {address}; what can be asked is at {address}/docs")
        if first is not None:
            typer.echo(f"Your key to record with, shown this once: {first.secret}")

    with open_log(ctx) as parley:
        settings = parley.settings
        serving.serve(
            parley,
            settings.host if host is None else host,
            settings.port if port is None else port,
            say,
        )
