"""A log for the hub to hand out."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.entry import Entry
from feed.frames import Frame, frame_of
from feed.limits import PAGE, RECENT
from ledger.log import Ledger
from tests.ledger.drafts import pledge, statement

MANY = 3 * PAGE


@pytest.fixture(scope="module")
def log(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Frame]:
    """Frames of a log, every third of which is a pledge."""
    path = tmp_path_factory.mktemp("hub") / "log.db"
    path.write_bytes(migrated_file.read_bytes())
    drafts = [pledge() if number % 3 == 0 else statement() for number in range(RECENT + MANY)]
    with Ledger(f"sqlite:///{path}") as ledger:
        ledger.append_bulk(drafts)
        leaves = ledger.leaves_at(range(1, len(drafts) + 1))
        entries: list[Entry] = list(ledger.entries())
    return [frame_of(e, leaves[e.position].data, f"1.{e.position}") for e in entries]
