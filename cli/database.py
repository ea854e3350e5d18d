"""`parley db`: bring the tables up to date, ask whether they are, and make the read model anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli import options
from cli.output import choose_form, progress, write
from cli.session import open_log, settings_of, upgrade_tables

if TYPE_CHECKING:
    from projections.read_model import Lag
    from projections.rebuilding import Rebuilt

app = typer.Typer(help="Look after the database of the log.", no_args_is_help=True)


@app.command()
def upgrade(
    ctx: typer.Context, json: options.AsJson = False, table: options.AsTable = False
) -> None:
    """Make the tables, or bring them up to this program; events are never touched.

    A SQLite file is made where there is none. Safe to run twice.
    """
    from rich.text import Text

    form = choose_form(json=json, table=table)
    revision = upgrade_tables(settings_of(ctx).database_url, "database_url")
    said = f"The database is up to date, at revision {revision}."
    write({"revision": revision}, form, lambda: Text(said))


@app.command()
def check(ctx: typer.Context, json: options.AsJson = False, table: options.AsTable = False) -> None:
    """Say whether the database can be used: reachable, safe, up to date and whole.

    Whole: no entry is missing, the last is as recorded, the tables refuse changes.
    Tells as well how far the read model is behind the log.
    """
    from rich.text import Text

    from cli import words
    from ledger import schema
    from ledger.database import connect
    from ledger.wholeness import verify
    from projections.read_model import lag_of

    form = choose_form(json=json, table=table)
    engine = connect(settings_of(ctx).database_url)
    try:
        schema.check(engine)
        size = verify(engine).size
        lag = lag_of(engine)
    finally:
        engine.dispose()
    answer = {"revision": schema.HEAD, "entries": size, "read_model": lag}
    held = words.count(size, "entry", "entries")
    said = (
        f"The database is as it should be, at revision {schema.HEAD}; the log holds {held}.\n"
        f"{_read_model(lag)}"
    )
    write(answer, form, lambda: Text(said))


@app.command()
def rebuild(
    ctx: typer.Context, json: options.AsJson = False, table: options.AsTable = False
) -> None:
    """Make the read model anew from the log, while the old one goes on serving.

    Goes on where an earlier rebuild was stopped. Says whether the old one was right.
    """
    from rich.text import Text

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley, progress("Making the read model anew") as advance:
        rebuilt = parley.read_model.rebuild(advance)
    said = f"The read model is made anew from {rebuilt.position} entries. {_compared(rebuilt)}"
    write(rebuilt, form, lambda: Text(said))


def _read_model(lag: Lag) -> str:
    from cli import words

    if not lag.is_current:
        return "The read model is another program's: make it anew with `parley db rebuild`."
    if lag.behind:
        entries = words.count(lag.behind, "entry", "entries")
        return f"The read model is {entries} behind; it catches up when something is asked."
    return "The read model is up to date."


def _compared(rebuilt: Rebuilt) -> str:
    from cli import words

    if rebuilt.differing is None:
        return "The old one was another program's and was not compared."
    if rebuilt.differing:
        return f"The old one was wrong in {words.several(rebuilt.differing)}."
    return "The old one said the same, row by row."
