"""From the command line to an open log: which database or copy, and which negotiation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from domain.errors import InvalidInput, NotFound, ParleyError, Problem

if TYPE_CHECKING:
    from app.parley import Parley
    from app.settings import Settings
    from audit.source import Source
    from cli.output import Advance

FAR_BEHIND = 2_000
"""Entries that take long enough to take in for a bar to be of use; some fractions of a second."""
SAMPLE = "ukraine-security-guarantees"
"""The case that comes with Parley and that the demo shows."""


@contextmanager
def open_log(ctx: typer.Context) -> Iterator[Parley]:
    """Parley on the database that `--database` or the settings name; its tables must be there."""
    from app.parley import open_parley

    with _CatchingUp() as bar, open_parley(settings_of(ctx), progress=bar) as parley:
        yield parley


class _CatchingUp(ExitStack):
    """A progress bar for a read model that is far behind; there only while it catches up."""

    advance: Advance | None = None

    def __call__(self, done: int, total: int) -> None:
        """Say that `done` of `total` entries are taken in."""
        from cli.output import progress

        if self.advance is None and total >= FAR_BEHIND:
            self.advance = self.enter_context(progress("Bringing the read model along"))
        if self.advance is not None:
            self.advance(done, total)
            if done >= total:
                self.advance = None
                self.close()


@contextmanager
def opened_log(where: str, field: str, api_key: str | None) -> Iterator[Source]:
    """The files of a log that somebody names: an export, or where a log is served.

    Raises InvalidInput on `field` where there can be none. `api_key` is shown to a server.
    """
    from audit.served import UrlError, is_url, opened

    if not is_url(where) and not Path(where).is_dir():
        raise InvalidInput.of(field, f"{where} is no folder", "name an export, or a URL")
    try:
        with opened(where, api_key) as source:
            yield source
    except UrlError as fault:
        way_out = "name a folder, or a URL such as https://parley.example.org/v1/log"
        raise InvalidInput.of(field, str(fault), way_out) from None


def settings_of(ctx: typer.Context) -> Settings:
    """The settings, with what the command line says before what the environment says."""
    from app.settings import read_settings

    given: str | None = ctx.find_root().params.get("database")
    return read_settings(database_url=None if given is None else as_url(given))


def upgrade_tables(url: str, field: str) -> str:
    """Make the tables of a database, and a SQLite file with its folder; give the revision.

    Raises InvalidInput on `field` for a folder that cannot be made.
    """
    from ledger.database import path_of
    from ledger.schema import upgrade

    path = path_of(url)
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        rule = f"{error.filename} cannot be made: {error.strerror}"
        raise InvalidInput(Problem(field, rule, "name a folder that you may write to")) from None
    return upgrade(url)


def as_url(database: str) -> str:
    """A database as a URL; what has no scheme is the path of a SQLite file."""
    if "://" in database or not database:
        return database
    return f"sqlite:///{absolute(Path(database), '--database')}"


def absolute(path: Path, option: str) -> Path:
    """The path from the root on; raises InvalidInput for one that can lead nowhere."""
    try:
        found = path.expanduser().absolute()
        with suppress(PermissionError):
            found.exists()
    except (OSError, RuntimeError) as error:
        # A name is too long, or `~` names a user whom nobody knows.
        rule = f"{path} cannot be looked up: {getattr(error, 'strerror', None) or error}"
        raise InvalidInput(Problem(option, rule, "name another path")) from None
    return found


def negotiation_of(parley: Parley, given: str | None) -> str:
    """The negotiation that is meant; the only one of the log, if none is named.

    Raises NotFound if there is none to choose, and InvalidInput if there are several.
    """
    if given is not None:
        return given
    from app.read import negotiation_names

    names = negotiation_names(parley)
    if len(names) == 1:
        return names[0]
    raise _no_choice() if not names else _choice(names)


def _no_choice() -> ParleyError:
    return NotFound(
        Problem(
            "NEGOTIATION",
            "the log holds no negotiation yet",
            f"record negotiation.opened for one, or load the sample: `parley import case {SAMPLE}`",
        )
    )


def _choice(names: list[str]) -> ParleyError:
    return InvalidInput(
        Problem(
            "NEGOTIATION",
            f"the log holds {len(names)} negotiations and none is named",
            f"name one of {', '.join(names)}",
        )
    )
