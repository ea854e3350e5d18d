"""`parley db`: bring the tables up to date, or ask whether they are."""

from __future__ import annotations

import typer

from cli import options
from cli.output import choose_form, write
from cli.session import settings_of, upgrade_tables

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
    """
    from rich.text import Text

    from cli import words
    from ledger import schema
    from ledger.database import connect
    from ledger.wholeness import verify

    form = choose_form(json=json, table=table)
    engine = connect(settings_of(ctx).database_url)
    try:
        schema.check(engine)
        size = verify(engine).size
    finally:
        engine.dispose()
    answer = {"revision": schema.HEAD, "entries": size}
    held = words.count(size, "entry", "entries")
    said = f"The database is as it should be, at revision {schema.HEAD}; the log holds {held}."
    write(answer, form, lambda: Text(said))
