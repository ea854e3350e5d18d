"""`parley serve`: it listens where only this machine is, and stops when it is told to."""

from __future__ import annotations

import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx2 import Client
from sqlalchemy.engine import make_url

from app.parley import open_parley
from app.record import record
from app.settings import read_settings
from tests.api.sse import Message, messages_of, opened
from tests.app.bodies import NEGOTIATION, OPENED
from tests.cli.conftest import LONGEST_RUN, SAMPLE, Shell
from tests.cli.servers import serving
from tests.databases import Server


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_stop_ends_as_done(shell: Shell, stop: signal.Signals) -> None:
    with serving(shell) as (process, address), Client(base_url=address) as client:
        assert client.get("/v1/version", headers={"X-Request-ID": "mine"}).status_code == 200
        process.send_signal(stop)
        _, remarks = process.communicate(timeout=LONGEST_RUN)
        assert process.returncode == 0
    lines = [json.loads(line) for line in remarks.splitlines()]
    (answered,) = [line for line in lines if line["logger"] == "parley.http"]
    assert (answered["request"], answered["status"]) == ("mine", 200)


def test_what_is_in_work_is_answered_before_it_stops(empty: Shell) -> None:
    with (
        serving(empty) as (process, address),
        Client(base_url=address, timeout=LONGEST_RUN) as client,
        ThreadPoolExecutor(1) as asking,
    ):
        size = client.get("/v1/version").json()["position"]
        waiting = asking.submit(client.get, "/v1/version", params={"wait_for": size + 1})
        # The question that waits, and this one.
        while "in_progress 2.0" not in client.get("/metrics").text:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        with open_parley(read_settings(database_url=empty.url)) as parley:
            record(parley, NEGOTIATION, OPENED)
        assert waiting.result().json()["position"] == size + 1
        process.communicate(timeout=LONGEST_RUN)
        assert process.returncode == 0


def test_whoever_is_sent_a_stream_is_told_before_it_stops(shell: Shell) -> None:
    with (
        serving(shell) as (process, address),
        Client(base_url=address, timeout=LONGEST_RUN) as client,
        opened(client, after=80) as answer,
    ):
        found: list[Message] = []
        for message in messages_of(answer.iter_lines()):
            found.append(message)
            if message.name == "caught-up":
                process.send_signal(signal.SIGTERM)
        assert (found[-1].name, found[-1].data) == ("bye", {"reason": "shutdown"})
        assert found[-1].id == found[-2].id == "1.87"
        _, remarks = process.communicate(timeout=LONGEST_RUN)
        assert process.returncode == 0
    assert [line for line in remarks.splitlines() if json.loads(line)["level"] != "info"] == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])  # noqa: S104
def test_an_address_that_others_can_reach_is_refused_where_nobody_has_a_key(
    shell: Shell, host: str
) -> None:
    done = shell.inside("serve", "--host", host)
    assert done.code == 2
    assert "PARLEY_HOST" in done.err
    assert "parley keys add" in done.err


def test_the_first_start_shows_a_key_to_record_with_and_the_second_does_not(shell: Shell) -> None:
    body = {"kind": "actor.registered", "slug": "newcomer", "name": "Newcomer", "type": "state"}
    events = f"/v1/negotiations/{SAMPLE}/events"
    with serving(shell) as (process, address), Client(base_url=address) as client:
        assert process.stdout is not None
        key = process.stdout.readline().split()[-1]
        assert client.post(events, json=body).status_code == 401
        headers = {"Authorization": f"Bearer {key}"}
        assert client.post(events, json=body, headers=headers).status_code == 201
    assert [each["role"] for each in shell.inside("keys", "list", "--json").json] == ["recorder"]
    with serving(shell) as (process, address), Client(base_url=address) as client:
        assert client.post(events, json=body, headers=headers).status_code == 409
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=LONGEST_RUN)
        assert "parley_" not in said


def test_a_port_that_is_taken_is_refused_with_the_way_out(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = shell.inside("serve", "--port", str(taken.getsockname()[1]))
    assert done.code == 5
    assert "PARLEY_PORT" in done.err


def test_a_database_without_tables_is_refused_before_it_listens(shell: Shell) -> None:
    assert shell.on(f"sqlite:///{shell.home / 'none.db'}").inside("serve").code == 5


@pytest.mark.postgres
def test_a_database_that_goes_away_and_comes_back_is_told_of_and_asked_again(
    server: Server, postgres_database: str, shell: Shell
) -> None:
    name = make_url(postgres_database).database
    with (
        serving(shell.on(postgres_database)) as (_, address),
        Client(base_url=address, timeout=LONGEST_RUN) as client,
        server.connect() as admin,
    ):
        assert client.get("/readyz").status_code == 200
        allow = f"ALTER DATABASE {name} ALLOW_CONNECTIONS"
        admin.execute(f"{allow} false".encode())
        admin.execute(
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        for path in ("/readyz", "/v1/events", "/v1/negotiations"):
            gone = client.get(path)
            assert gone.status_code == 503, gone.text
            assert gone.json()["code"].startswith("database-")
            assert "Retry-After" in gone.headers
        assert client.get("/healthz").status_code == 200
        admin.execute(f"{allow} true".encode())
        assert client.get("/readyz").status_code == 200
        assert client.get("/v1/events").status_code == 200
