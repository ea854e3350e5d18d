"""The `parley` command: what belongs to all commands, and how each of them ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from cli import (
    access_log,
    backup,
    checkpoint,
    correct,
    database,
    demo,
    diff,
    endorse,
    exporting,
    follow,
    importing,
    keys,
    kinds,
    link,
    log,
    record,
    recorders,
    recover,
    retract,
    scenario,
    search,
    serve,
    show,
    signing_key,
    timeline,
    totals,
    verify,
    webhooks,
    witness,
)
from cli.exits import ExitCode, report_defect, report_refusal
from cli.output import UnwrittenError, leave_quietly, make_streams_safe, unwritten
from domain.errors import ParleyError

NAME = "parley"
EPILOG = (
    "Settings come from PARLEY_* in the environment. Exit codes: 0 done, 1 a defect of Parley, "
    "2 bad input or usage, 3 not found, 4 conflict, 5 database, clock or unwritable answer."
)

app = typer.Typer(
    name=NAME,
    help="Keep the record of a negotiation, and replay it as of any date, as known at any date.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_READ: tuple[Callable[..., Any], ...] = (
    show.show,
    diff.diff,
    timeline.timeline,
    totals.totals,
    scenario.scenario,
    search.search,
    log.log,
    follow.follow,
    recorders.recorders,
    kinds.kinds,
)
_WRITE: tuple[Callable[..., Any], ...] = (
    record.record,
    correct.correct,
    retract.retract,
    endorse.endorse,
    link.link,
)

app.command(rich_help_panel="Begin")(demo.demo)
app.command(rich_help_panel="Begin")(serve.serve)
for _command in _READ:
    app.command(rich_help_panel="Ask")(_command)
for _command in _WRITE:
    app.command(rich_help_panel="Record")(_command)
app.add_typer(exporting.app, name="export", rich_help_panel="Prove")
app.command(rich_help_panel="Prove")(verify.verify)
app.add_typer(importing.app, name="import", rich_help_panel="Record")
app.command(rich_help_panel="Look after")(backup.backup)
app.command(rich_help_panel="Look after")(backup.restore)
app.command(rich_help_panel="Look after")(recover.recover)
app.add_typer(database.app, name="db", rich_help_panel="Look after")
app.add_typer(keys.app, name="keys", rich_help_panel="Look after")
app.add_typer(webhooks.app, name="webhooks", rich_help_panel="Look after")
app.command(rich_help_panel="Prove")(checkpoint.checkpoint)
app.add_typer(signing_key.app, name="signing-key", rich_help_panel="Prove")
app.command("access-log", rich_help_panel="Prove")(access_log.access_log)
app.add_typer(witness.app, name="witness", rich_help_panel="Prove")


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"{NAME} {version(NAME)}")
        raise typer.Exit


@app.callback()
def parley(
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL|FILE",
            help="The log to use: a SQLite file, sqlite:////absolute/path.db or "
            "postgresql://user@host/name. Goes before PARLEY_DATABASE_URL.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and stop.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Take what belongs to every command; each finds `database` in the context."""
    del database, version


def main() -> None:
    """Run the command line; the process ends with one of the documented exit codes."""
    make_streams_safe()
    sys.exit(run())


def run(args: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name (the process's own, if none are given).

    Gives its exit code; what went wrong is on stderr by then.
    """
    try:
        typer.main.get_command(app)(args, prog_name=NAME)
    except ParleyError as error:
        return report_refusal(error)
    except BrokenPipeError:
        leave_quietly()
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except SystemExit as end:
        return _flushed(end)
    except UnwrittenError as error:
        return report_refusal(unwritten(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends in one line and a code.
        return report_defect(error)
    return ExitCode.DONE


def _flushed(end: SystemExit) -> int:
    """The code a command ended with, after what it printed has left the process."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        leave_quietly()
    except OSError as error:
        return report_refusal(unwritten(error))
    return end.code if isinstance(end.code, int) else ExitCode.DONE


if __name__ == "__main__":
    main()
