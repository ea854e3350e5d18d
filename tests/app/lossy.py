"""A log that lost what was recorded after its backup."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.backup import back_up, restore
from app.exporting import export_audit
from app.parley import Parley, open_parley
from app.record import record
from app.settings import Settings
from app.sign_checkpoint import sign_checkpoint
from ledger.database import connect
from ledger.tables import APPEND_ONLY, metadata
from tests.app.bodies import NEGOTIATION, SETTING, pledge

if TYPE_CHECKING:
    from tests.app.conftest import House

ORIGIN = "example.org/bridge"
KEPT, SIGNED, LAST = 9, 12, 13
"""Sizes: of the backup, of the newest checkpoint, and of the log before it was lost."""
BY_ENTRIES = sorted({*APPEND_ONLY} - {"log_tiles", "log_keys", "accesses"})


def nothing(*_: int) -> None:
    """Take no notice of how far it has come."""


class Lossy:
    """A log that went on after its backup, a copy that is older, and files that outlive both."""

    def __init__(self, house: House, restored: Settings, folder: Path) -> None:
        self.house, self.folder = house, folder
        self.guard = folder / "guard" / "log.guard"
        key = folder / "key" / "log.key"
        kept = {"guard_file": self.guard, "signing_key_file": key}
        self.lost = house.settings.model_copy(update=kept)
        self.restored = restored.model_copy(update={**kept, "subject": "ann"})
        with self.opened(self.lost) as parley:
            record(parley, NEGOTIATION, SETTING)
            for number in range(KEPT - 6):
                record(parley, NEGOTIATION, pledge(slug=f"pledge-{number}"))
            sign_checkpoint(parley)
            back_up(self.lost, self.backup(KEPT), nothing)
            for number in range(KEPT, SIGNED):
                record(parley, NEGOTIATION, pledge(slug=f"pledge-{number}"), key=f"{number}")
            sign_checkpoint(parley)
            self.export(parley)
            back_up(self.lost, self.backup(SIGNED), nothing)
            record(parley, NEGOTIATION, pledge(slug="unsigned"), key="unsigned")
            back_up(self.lost, self.backup(LAST), nothing)
            assert parley.ledger.head().size == LAST
        restore(self.restored, self.backup(KEPT), nothing, nothing)

    def backup(self, size: int) -> Path:
        return self.folder / f"{size}.gz"

    def opened(self, settings: Settings) -> AbstractContextManager[Parley]:
        return open_parley(settings, clock=self.house.clock)

    def export(self, parley: Parley) -> None:
        export_audit(parley, self.folder / "export")


def rows_of(settings: Settings, upto: int) -> dict[str, list[tuple[object, ...]]]:
    """Every row that follows from entries up to a position, by table."""
    engine = connect(settings.database_url)
    found = {}
    try:
        with engine.connect() as connection:
            for name in BY_ENTRIES:
                table = metadata.tables[name]
                column = next(
                    table.c[each] for each in ("position", "first", "size") if each in table.c
                )
                asked = select(table).where(column <= upto).order_by(*table.primary_key)
                found[name] = [tuple(row) for row in connection.execute(asked)]
    finally:
        engine.dispose()
    return found
