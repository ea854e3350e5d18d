"""Whoever takes the log or proofs away is written down, by whichever way."""

from __future__ import annotations

import json
from pathlib import Path

from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.application import make_application
from app.accesses import access_page
from app.backup import back_up
from app.parley import Parley
from app.record import record
from app.sign_checkpoint import sign_checkpoint
from cli.main import app
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House
from tests.app.lossy import nothing

Row = tuple[str, int, int, str | None]


def taken(parley: Parley) -> list[Row]:
    return [(a.what, a.first, a.last, a.subject) for a in access_page(parley).accesses]


def test_the_log_as_lines_is_written_down_and_a_page_of_it_is_not(house_on_each: House) -> None:
    with house_on_each.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        client = TestClient(make_application(parley, local=True), base_url="http://localhost")
        for path in ("/v1/events", "/v1/events/2", "/v1/events.jsonl?after=99"):
            assert client.get(path).status_code == 200
        assert client.head("/v1/events.jsonl").status_code == 200
        assert taken(parley) == []
        assert client.get("/v1/events.jsonl?after=2").status_code == 200
        size = parley.ledger.head().size
        (row,) = taken(parley)
        assert row[:3] == ("entries", 3, size)


def test_a_backup_is_written_down(house_on_each: House, tmp_path: Path) -> None:
    with house_on_each.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        back_up(parley.settings, tmp_path / "log.gz", nothing)
        assert taken(parley) == [("backup", 1, parley.ledger.head().size, "ann")]


def test_a_proof_on_the_command_line_is_written_down(house: House) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, [*SETTING, pledge()])
        sign_checkpoint(parley)
    arguments = ["--database", house.settings.database_url, "show", NEGOTIATION, "--proof"]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    entries = json.loads(shown.stdout)["proof"]["entries"]
    with house.opened() as parley:
        (row,) = taken(parley)
    assert row[:3] == ("proof", entries[0]["position"], entries[-1]["position"])
