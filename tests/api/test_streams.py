"""The stream over HTTP: from any point, filtered, resumed, ended; each entry once, in order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Client

from api import streams
from api.frame import REQUEST_ID
from api.limits import CROWD_RETRY, RETRY
from app.keys import Role, make_key, revoke_key
from feed.hub import Hub
from ledger.log import Ledger
from tests.api.conftest import PATIENCE, Served, bearer, served
from tests.api.sse import MEDIA_TYPE, STREAM, Parser, messages_of, opened, positions, until
from tests.api.test_log import FILTERS, walked
from tests.api.test_metrics import measured, value
from tests.api.test_room import asking, ends, wait_for_the_end_of
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.test_cursors import reopening
from tests.ledger.drafts import pledge as ledger_pledge

EVENTS = f"/v1/negotiations/{NEGOTIATION}/events"


@pytest.fixture(scope="module", autouse=True)
def setting(each: Served) -> None:
    assert each.writer.post(EVENTS, json=SETTING).status_code == 201
    # Who is told that all was sent is told up to where, and that is as far as the server knows.
    while value(measured(each.client), "parley_feed_position") < size(each):
        time.sleep(0.01)


def size(served: Served) -> int:
    return served.parley.ledger.head().size


def record(served: Served, *slugs: str) -> list[int]:
    done = served.writer.post(EVENTS, json=[pledge(slug) for slug in slugs])
    assert done.status_code == 201, done.text
    return [entry["position"] for entry in done.json()["recorded"]]


def test_everything_there_is_comes_first_and_then_what_is_recorded(each: Served) -> None:
    before = size(each)
    with opened(each.client, after=0) as answer:
        messages = messages_of(answer.iter_lines())
        found = until(messages, "caught-up")
        assert positions(found) == list(range(1, before + 1))
        assert found[-1].data == {"position": before}
        new = record(each, "first-1", "first-2")
        assert positions(islice(messages, 2)) == new


def test_an_entry_comes_as_the_cloud_event_that_it_is_by_itself(each: Served) -> None:
    with opened(each.client, after=29) as answer:
        message = next(messages_of(answer.iter_lines()))
    alone = each.client.get("/v1/events/30", headers={"Accept": "application/cloudevents+json"})
    assert message.data == alone.json()
    assert (message.name, message.id) == ("", "1.30")


def test_without_a_cursor_only_what_is_new_comes(each: Served) -> None:
    with opened(each.client) as answer:
        messages = messages_of(answer.iter_lines())
        (told,) = until(messages, "caught-up")
        assert told.position == size(each) == int(answer.headers["Parley-Position"])
        new = record(each, "second")
        assert positions(islice(messages, 1)) == new


@pytest.mark.parametrize("asked", [f for f in FILTERS if not {"reviewed", "known_at"} & set(f)])
def test_what_is_filtered_is_what_the_log_itself_would_give(
    each: Served, asked: dict[str, Any]
) -> None:
    with opened(each.client, **{"after": 0, **asked}) as answer:
        found = until(messages_of(answer.iter_lines()), "caught-up")
    assert positions(found) == walked(each.client, 1_000, asked)
    assert found[-1].position == size(each)


def test_who_comes_back_goes_on_where_they_were(each: Served) -> None:
    with opened(each.client, after=10) as answer:
        last = list(islice(messages_of(answer.iter_lines()), 3))[-1].id
    assert last == "1.13"
    # A browser asks at the address it knows, and says what came last.
    with opened(each.client, after=10, last=last) as answer:
        assert next(messages_of(answer.iter_lines())).position == 14
    with opened(each.client, after=last) as answer:
        assert next(messages_of(answer.iter_lines())).position == 14


def test_a_date_is_a_place_to_begin(each: Served) -> None:
    with opened(each.client, since="2020-01-01") as answer:
        assert next(messages_of(answer.iter_lines())).position == 1
    with opened(each.client, since="2999-01-01") as answer:
        assert [m.name for m in islice(messages_of(answer.iter_lines()), 1)] == ["caught-up"]


def test_the_first_thing_said_is_when_to_come_back(each: Served) -> None:
    parser = Parser()
    with opened(each.client) as answer:
        next(messages_of(answer.iter_lines(), parser))
    assert parser.retry == 2_000


@pytest.mark.parametrize(
    ("asked", "headers", "status", "code", "field"),
    [
        ({"after": "1.2.3"}, {}, 422, "invalid-input", "after"),
        ({"after": "-1"}, {}, 422, "invalid-input", "after"),
        ({"after": "2.1"}, {}, 404, "not-found", "after"),
        ({"after": "900000000"}, {}, 404, "not-found", "after"),
        ({}, {"Last-Event-ID": "x"}, 422, "invalid-input", "Last-Event-ID"),
        ({}, {"Last-Event-ID": "7.1"}, 404, "not-found", "Last-Event-ID"),
        ({"since": "yesterday"}, {}, 422, "invalid-input", "since"),
        ({"kind": "pledge.broken"}, {}, 422, "invalid-input", "kind"),
        ({"slug": "force-26"}, {}, 422, "invalid-input", "slug"),
        ({"reviewed": "true"}, {}, 422, "invalid-input", "reviewed"),
        ({}, {"Accept": "application/json"}, 406, "not-acceptable", "Accept"),
    ],
)
def test_what_cannot_be_streamed_is_refused_before_it_begins(
    one: Served,
    asked: dict[str, str],
    headers: dict[str, str],
    status: int,
    code: str,
    field: str,
) -> None:
    answer = one.client.get(STREAM, params=asked, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["problems"][0]["field"] == field


def test_one_address_leaves_places_to_the_others(sqlite_database: str) -> None:
    with served(sqlite_database, local=False, max_streams=3) as running, ExitStack() as stack:
        answers = [stack.enter_context(opened(running.writer)) for _ in range(2)]
        reading = [messages_of(answer.iter_lines()) for answer in answers]
        assert [next(messages).name for messages in reading] == ["caught-up"] * 2
        refused = running.writer.get(STREAM)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-streams")
        assert refused.json()["problems"][0]["rule"] == "your address has 2 streams open"


def test_many_who_come_at_one_time_are_no_more_than_are_served(sqlite_database: str) -> None:
    most, many = 3, 12
    with (
        served(sqlite_database, max_streams=most) as running,
        ThreadPoolExecutor(many) as pool,
        ExitStack() as stack,
    ):

        def come(_: int) -> int:
            return stack.enter_context(running.client.stream("GET", STREAM)).status_code

        statuses = sorted(pool.map(come, range(many)))
        assert statuses == most * [200] + (many - most) * [429]


def test_whoever_is_refused_or_asks_for_the_head_keeps_no_place(sqlite_database: str) -> None:
    with served(sqlite_database, max_streams=1) as running:
        for asked in ({"after": "x"}, {"after": "900000000"}, {"kind": "odd"}):
            assert running.client.get(STREAM, params=asked).status_code in {404, 422}
        assert running.client.head(STREAM).status_code == 200
        with opened(running.client) as answer:
            assert next(messages_of(answer.iter_lines())).name == "caught-up"


def test_a_stream_ends_soon_after_its_key_is_revoked(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "heartbeat", 0.05)
    with served(sqlite_database, local=False) as running, ExitStack() as stack:
        made = make_key(running.parley, "leaver", Role.READER)
        base = running.client.base_url
        leaver = stack.enter_context(
            Client(base_url=base, timeout=PATIENCE, headers=bearer(made.secret))
        )
        left, stays = (
            messages_of(stack.enter_context(opened(each)).iter_lines())
            for each in (leaver, running.writer)
        )
        until(left, "caught-up")
        until(stays, "caught-up")
        revoke_key(running.parley, made.key.id)
        (told,) = list(left)
        assert (told.name, told.data) == ("bye", {"reason": "revoked"})
        assert leaver.get(STREAM).status_code == 401
        assert value(measured(running.writer), "parley_feed_streams") == 1


def test_a_place_that_was_lost_is_gone_and_one_before_it_is_not(database: str) -> None:
    with served(database) as running:
        running.parley.ledger.append([reopening(lost=(2, 9))])
        answer = running.client.get(STREAM, headers={"Last-Event-ID": "1.7"})
        assert (answer.status_code, answer.json()["code"]) == (410, "other-epoch")
        told = answer.json()["problems"][0]
        assert told["rule"].endswith("entries 2 to 9 of epoch 1 were lost")
        assert told["way_out"] == "forget what came after 1, and read on from there"
        with opened(running.client, last="1.1") as stream:
            entry = next(each for each in messages_of(stream.iter_lines()) if not each.name)
        assert entry.id == "2.2"


def test_the_head_alone_has_the_headers_and_no_stream(client: Client) -> None:
    answer = client.head(STREAM)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(MEDIA_TYPE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert REQUEST_ID in answer.headers
    assert client.get("/healthz").status_code == 200


def test_a_stream_is_not_compressed_even_where_all_else_would_be(client: Client) -> None:
    with opened(client, after=0) as answer:
        assert "Content-Encoding" not in answer.headers
        assert next(messages_of(answer.iter_lines())).position == 1


def test_a_stream_is_no_request_in_work(client: Client) -> None:
    with ExitStack() as stack:
        answers = [stack.enter_context(opened(client)) for _ in range(5)]
        # Whoever forgets what they read from has left.
        reading = [messages_of(answer.iter_lines()) for answer in answers]
        for messages in reading:
            until(messages, "caught-up")
        told = measured(client)
        assert value(told, "parley_http_requests_in_progress") == 1
        assert value(told, "parley_feed_streams") == 5
        assert value(told, "parley_feed_lagging_streams") == 0
    while value(measured(client), "parley_feed_streams"):
        time.sleep(0.01)


def test_what_is_delivered_is_counted_for_each_stream(one: Served) -> None:
    before = value(measured(one.client), "parley_feed_deliveries_total")
    with opened(one.client, after=size(one) - 3) as answer:
        until(messages_of(answer.iter_lines()), "caught-up")
    told = measured(one.client)
    assert value(told, "parley_feed_deliveries_total") - before == 3
    assert value(told, "parley_feed_position") == size(one)


def test_a_life_ends_with_a_word_and_a_place_to_go_on(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "life", 0.2)
    parser = Parser()
    with opened(one.client, after=1) as answer:
        *before, last = messages_of(answer.iter_lines(), parser)
        assert answer.headers["Connection"] == "close"
    # How far it comes in its time is the machine's business.
    come_to = before[-1].position if before else 1
    assert (last.name, last.data, last.position) == ("bye", {"reason": "life"}, come_to)
    assert parser.retry is not None


def test_a_silent_stream_is_kept_open_by_comments(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "heartbeat", 0.05)
    monkeypatch.setattr(Hub, "life", 1.0)
    parser = Parser()
    with served(sqlite_database) as running, opened(running.client) as answer:
        list(messages_of(answer.iter_lines(), parser))
    assert parser.comments > 1


def test_who_comes_beyond_the_number_that_is_served_is_sent_away(sqlite_database: str) -> None:
    with served(sqlite_database, max_streams=1) as running:
        with opened(running.client) as answer:
            messages = messages_of(answer.iter_lines())
            next(messages)
            refused = running.client.get(STREAM)
            assert (refused.status_code, refused.json()["code"]) == (429, "too-many-streams")
            assert int(refused.headers["Retry-After"]) > 0
        while value(measured(running.client), "parley_feed_streams"):
            time.sleep(0.01)
        with opened(running.client) as answer:
            assert next(messages_of(answer.iter_lines())).name == "caught-up"


def test_all_who_are_there_are_told_to_come_back_at_different_times(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CROWD", 1)
    parsers = [Parser() for _ in range(20)]
    with served(sqlite_database) as running, ExitStack() as stack:
        # A stream whose lines nobody holds is closed.
        held = [messages_of(_lines(running, stack), parser) for parser in parsers]
        assert [next(messages).name for messages in held] == ["caught-up"] * 20
    told = {parser.retry for parser in parsers}
    assert told <= set(range(RETRY, RETRY + 20 * CROWD_RETRY + 1))
    assert len(told) > 1


def _lines(running: Served, stack: ExitStack) -> Iterator[str]:
    return stack.enter_context(opened(running.client)).iter_lines()


def test_newest_entries_that_cannot_be_read_do_not_keep_a_server_from_starting(
    sqlite_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Ledger(sqlite_database) as ledger:
        # Before the log has a name.
        ledger.append([ledger_pledge()])
    with served(sqlite_database) as running:
        assert running.client.get("/healthz").status_code == 200
    assert "the newest entries cannot be read" in caplog.text


def test_whoever_does_not_read_even_the_last_word_is_cut_off(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "FAREWELL", 0.05)
    monkeypatch.setattr(Hub, "heartbeat", 0.05)
    ended = ends(monkeypatch)
    with served(sqlite_database, local=False) as running:
        assert running.writer.post(EVENTS, json=SETTING).status_code == 201
        made = make_key(running.parley, "leaver", Role.READER)
        asked = f"GET {STREAM}?after=0 HTTP/1.1\r\nHost: localhost\r\n"
        asked += f"Authorization: {bearer(made.secret)['Authorization']}\r\n\r\n"
        with asking(running, asked.encode()) as raw:
            for _ in range(12):
                bodies = [pledge(f"steel-{uuid4().hex}") for _ in range(50)]
                assert running.writer.post(EVENTS, json=bodies).status_code == 201
            while value(measured(running.writer), "parley_feed_position") < size(running):
                time.sleep(0.01)
            assert value(measured(running.writer), "parley_feed_lagging_streams") == 1
            revoke_key(running.parley, made.key.id)
            wait_for_the_end_of(raw, ended)
            got = b""
            while part := raw.recv(65_536):
                got += part
    # The last chunk, with the last word, is not there.
    assert b"event: bye" not in got
    assert not got.endswith(b"0\r\n\r\n")
