"""A server over an older copy of the database answers, takes nothing, and says why."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.checkpointer import Checkpointer
from app.parley import open_parley
from app.record import record
from app.settings import read_settings
from app.sign_checkpoint import sign_checkpoint
from tests.api.conftest import CASE, Served, load_sample, served

REMARK = {"kind": "actor.registered", "name": "A Visitor", "slug": "visitor", "type": "person"}


@pytest.fixture
def restored(sqlite_database: str, tmp_path: Path) -> Iterator[Served]:
    """The sample out of a backup that was made before more was recorded and signed."""
    load_sample(sqlite_database)
    shutil.copy(tmp_path / "log.db", tmp_path / "backup.db")
    with open_parley(read_settings(database_url=sqlite_database)) as parley:
        record(parley, CASE, REMARK)
        sign_checkpoint(parley)
    shutil.copy(tmp_path / "backup.db", tmp_path / "log.db")
    with served(sqlite_database) as running:
        yield running


def test_it_is_read_only_and_every_place_that_is_asked_says_so(restored: Served) -> None:
    events = f"/v1/negotiations/{CASE}/events"
    refused = restored.writer.post(events, json=REMARK)
    assert (refused.status_code, refused.json()["code"]) == (503, "behind-guard")
    (problem,) = refused.json()["problems"]
    assert problem["field"] == "PARLEY_GUARD_FILE"
    assert "older copy" in problem["rule"]
    assert "whoever looks after the server" in problem["way_out"]
    # Asking again a moment later is of no use.
    assert "Retry-After" not in refused.headers

    Checkpointer(restored.parley).look()
    assert restored.writer.post(events, json=REMARK).status_code == 503
    ready = restored.client.get("/readyz")
    assert (ready.status_code, ready.json()["signing_refused"]) == (200, "behind-guard")
    assert "parley_signing_refused 1.0" in restored.client.get("/metrics").text
    assert restored.client.get("/v1/log/checkpoint").status_code == 200
    assert restored.client.get(f"/v1/negotiations/{CASE}/framework").status_code == 200
    assert restored.parley.ledger.head().size == 87


def test_a_dry_run_is_answered_all_the_same(restored: Served) -> None:
    events = f"/v1/negotiations/{CASE}/events?dry_run=true"
    assert restored.writer.post(events, json=REMARK).status_code == 200
