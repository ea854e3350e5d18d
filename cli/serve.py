"""`parley serve`: the HTTP API on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.session import open_log


def serve(
    ctx: typer.Context,
    *,
    host: Annotated[
        str | None,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Where to listen: 127.0.0.1, ::1 or localhost. Goes before PARLEY_HOST.",
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

    Everybody on this machine may read. The log of requests goes to stderr.
    """
    from api import serving

    def say(address: str) -> None:
        typer.echo(f"Parley answers at {address}; what can be asked is at {address}/docs")

    with open_log(ctx) as parley:
        settings = parley.settings
        serving.serve(
            parley,
            settings.host if host is None else host,
            settings.port if port is None else port,
            say,
        )
