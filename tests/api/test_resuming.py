"""Snapshot + events since = fresh snapshot: however often cut, however slow, whoever restarts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app import cursors
from app.imports import import_case
from app.parley import Parley
from tests.api.conftest import CASE, PATIENCE, Served, load_sample, served
from tests.api.folding import Folder, Missed, check, check_whole
from tests.api.sse import Message, Parser, messages_of, opened
from tests.api.test_metrics import measured, value
from tests.app.bodies import NEGOTIATION, SETTING, pledge

OTHER = "every-kind"
EVENTS = f"/v1/negotiations/{NEGOTIATION}/events"


@pytest.fixture
def here(database: str) -> Iterator[Served]:
    """The sample on a server of its own, on each database."""
    load_sample(database)
    with served(database) as running:
        yield running


def size(here: Served) -> int:
    return here.parley.ledger.head().size


def record_much(here: Served) -> None:
    """Every kind that there is, corrections and retractions too, and then one by one."""
    import_case(here.parley, OTHER, keep_good=True)
    assert here.writer.post(EVENTS, json=SETTING).status_code == 201
    for number in range(20):
        assert here.writer.post(EVENTS, json=pledge(f"steel-{number}")).status_code == 201


def negotiation_of(here: Served) -> list[str]:
    found = here.client.get("/v1/negotiations").json()["negotiations"]
    return [each["slug"] for each in found]


def follow_and_compare(here: Served, cut_after: int) -> None:
    """Begin with a snapshot, follow while much is recorded, and compare with a fresh snapshot."""
    folder = Folder()
    folder.begin(here.client, 40)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(record_much, here)
        folder.follow(here.client, 90, cut_after=cut_after)
        writing.result()
    folder.follow(here.client, size(here), cut_after=cut_after)
    check_whole(folder, size(here))
    check(here.client, folder, *negotiation_of(here))


@pytest.mark.parametrize("cut_after", [1, 2, 5, 64])
def test_a_client_cut_after_every_nth_event_has_the_picture_of_a_fresh_one(
    here: Served, cut_after: int
) -> None:
    follow_and_compare(here, cut_after)


def test_two_filtered_streams_hold_together_the_picture_of_the_whole(here: Served) -> None:
    record_much(here)
    own, register = Folder({"negotiation": CASE}), Folder({"negotiation": "commons"})
    for part in (own, register):
        part.begin(here.client, 50)
        part.follow(here.client, size(here), cut_after=7)
    entries = sorted([*own.entries, *register.entries], key=lambda entry: entry.position)
    assert all(entry.negotiation == CASE for entry in own.entries)
    check(here.client, Folder(entries=entries, last=own.last), CASE)


def test_a_client_goes_on_at_the_server_that_comes_after(database: str) -> None:
    load_sample(database)
    folder = Folder()
    with served(database) as first:
        folder.follow(first.client, 30, cut_after=64)
        told = _until_it_stops(first, folder)
    assert (told.name, told.data) == ("bye", {"reason": "shutdown"})
    with served(database) as second:
        record_much(second)
        folder.follow(second.client, size(second), cut_after=9)
        check_whole(folder, size(second))
        check(second.client, folder, *negotiation_of(second))


@pytest.mark.parametrize(
    ("off", "found"), [(1, r"entries, and \d+ came"), (-1, r"\d+ came after \d+")]
)
def test_an_off_by_one_in_the_resume_is_found(
    here: Served, monkeypatch: pytest.MonkeyPatch, off: int, found: str
) -> None:
    read = cursors.read_cursor

    def misread(parley: Parley, text: str, field: str) -> int:
        position = read(parley, text, field)
        return max(0, position + off) if field == "Last-Event-ID" else position

    monkeypatch.setattr("app.subscriptions.read_cursor", misread)
    with pytest.raises(Missed, match=found):
        follow_and_compare(here, 5)


def test_a_client_that_reads_slowly_misses_nothing(here: Served) -> None:
    base = here.client.base_url
    parser, folder = Parser(), Folder()
    with socket.socket() as raw:
        # What the kernel takes for a client is not read by it.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.settimeout(PATIENCE)
        raw.connect((base.host, base.port or 80))
        head = "GET /v1/events/stream?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        raw.sendall(head.encode())
        record_much(here)
        last = size(here)
        _wait_until_it_lags(here, last)
        for line in _lines(raw):
            message = parser.take(line)
            if message is not None:
                folder.take(message)
            if folder.position >= last:
                break
    check_whole(folder, last)
    check(here.client, folder, *negotiation_of(here))


def _wait_until_it_lags(here: Served, last: int) -> None:
    """Wait until all is handed on but to one, who has not been sent all of it."""
    while True:
        told = measured(here.client)
        position, late = value(told, "parley_feed_position"), "parley_feed_lagging_streams"
        if (position, value(told, late)) == (last, 1):
            assert value(told, "parley_feed_deliveries_total") < last
            return


def _lines(raw: socket.socket) -> Iterator[str]:
    """The lines of a chunked answer, read a few bytes at a time."""
    waiting = b""
    while b"\r\n\r\n" not in waiting:
        waiting += raw.recv(256)
    waiting = waiting.partition(b"\r\n\r\n")[2]
    text = b""
    while part := raw.recv(700):
        waiting += part
        while True:
            length, ended, rest = waiting.partition(b"\r\n")
            many = int(length, 16) if ended else 0
            if not ended or len(rest) < many + 2:
                break
            text, waiting = text + rest[:many], rest[many + 2 :]
        *whole, text = text.split(b"\n")
        yield from (line.decode() for line in whole)


def _until_it_stops(here: Served, folder: Folder) -> Message:
    """Have the server stop when a client has caught up; gives the last thing it is told."""
    with opened(here.client, last=folder.last) as answer:
        for message in messages_of(answer.iter_lines()):
            folder.take(message)
            if message.name == "caught-up":
                here.stop()
    return message
