"""Whatever is sent, the answer says which rule was broken and the way out, and shows no inside."""

from __future__ import annotations

import asyncio
import json
import logging
import socket

import pytest
from httpx2 import Client, Response
from starlette.requests import Request
from starlette.types import Scope

from api import problems, reading
from api.frame import LogLines
from api.limits import MAX_REQUEST_BODY, MAX_TOLD
from api.problems import BY_ERROR, CODES, LOG, code_of, on_parley_error
from app.supposing import MAX_SUPPOSED
from domain import errors
from domain.errors import ParleyError
from tests.api.conftest import CASE, INSIDE, Served

BASE = f"/v1/negotiations/{CASE}"
CITE = [{"source": "brookings-pifer-2025-09-11"}]
REFUSED = [
    ("/v1/nothing", {}, 404, "no-such-address"),
    ("/v1/kinds/", {}, 404, "no-such-address"),
    ("/v1/kinds/pledge.broken", {}, 404, "not-found"),
    ("/v1/negotiations/nowhere/framework", {}, 404, "not-found"),
    ("/v1/negotiations/Not_a_slug/framework", {}, 422, "invalid-input"),
    ("/v1/negotiations/a%00b/framework", {}, 422, "invalid-input"),
    ("/v1/negotiations/%FF%FE/framework", {}, 422, "invalid-input"),
    (f"{BASE}/pledges/none-such", {}, 404, "not-found"),
    (f"{BASE}/positions/none-such", {}, 404, "no-such-address"),
    (f"{BASE}/framework?as_of=yesterday", {}, 422, "invalid-input"),
    (f"{BASE}/framework?as_of=", {}, 422, "invalid-input"),
    (f"{BASE}/framework?as_of=2025-02-30", {}, 422, "invalid-input"),
    (f"{BASE}/framework?as_of=%00", {}, 422, "invalid-input"),
    (f"{BASE}/framework?as_of={'1' * 500}", {}, 422, "invalid-input"),
    (f"{BASE}/framework?known_at=999999", {}, 404, "not-found"),
    (f"{BASE}/framework?known_at=2025-09-04T12:00", {}, 422, "invalid-input"),
    (f"{BASE}/framework?published_by=soon", {}, 422, "invalid-input"),
    (f"{BASE}/framework?certainty=sure", {}, 422, "invalid-input"),
    (f"{BASE}/framework?rules=7", {}, 422, "invalid-input"),
    (f"{BASE}/framework?asof=2025", {}, 422, "invalid-input"),
    (f"{BASE}/framework?as_of=2024&as_of=2025", {}, 422, "invalid-input"),
    (f"{BASE}/framework", {"Accept": "text/html"}, 406, "not-acceptable"),
    (f"{BASE}/framework", {"Accept": "application/json;q=0"}, 406, "not-acceptable"),
    (f"{BASE}/framework", {"Accept-Datetime": "soon"}, 400, "malformed"),
    (
        f"{BASE}/framework",
        {"Accept-Datetime": "Thu, 99 Sep 2025 12:00:00 GMT"},
        400,
        "malformed",
    ),
    (f"{BASE}/framework", {"Host": "evil.example"}, 421, "misdirected"),
    ("/v1/search?q=force&certainty=certain", {}, 422, "invalid-input"),
    (f"{BASE}/diff", {}, 422, "invalid-input"),
    ("/v1/search", {}, 422, "invalid-input"),
    ("/v1/search?q=%00", {}, 422, "invalid-input"),
    ("/v1/search?q=...", {}, 422, "invalid-input"),
    ("/v1/events/0", {}, 422, "invalid-input"),
    ("/v1/events/one", {}, 422, "invalid-input"),
    ("/v1/events/999999", {}, 404, "not-found"),
    ("/v1/events/99999999999999999999", {}, 422, "invalid-input"),
    ("/v1/events?limit=0", {}, 422, "invalid-input"),
    ("/v1/events?limit=1e3", {}, 422, "invalid-input"),
    ("/v1/events?kind=pledge.broken", {}, 422, "invalid-input"),
    ("/v1/events?thing=idea", {}, 422, "invalid-input"),
    ("/v1/events?slug=force-26", {}, 422, "invalid-input"),
    ("/v1/events?thing=pledge&slug=force-26", {}, 422, "invalid-input"),
    ("/v1/events?thing=log&slug=log", {}, 422, "invalid-input"),
    ("/v1/events?actor=%27%3B--", {}, 422, "invalid-input"),
    ("/v1/events?from=never", {}, 422, "invalid-input"),
    ("/v1/events?since=never", {}, 422, "invalid-input"),
    ("/v1/events?before=3", {}, 422, "invalid-input"),
    ("/v1/events?after=-1", {}, 422, "invalid-input"),
    ("/v1/events.jsonl?kind=nothing", {}, 422, "invalid-input"),
    ("/v1/events.jsonl", {"Accept": "application/json"}, 406, "not-acceptable"),
]


def said_to(one: Served, sent: bytes) -> bytes:
    """The first line that the server answers these bytes with."""
    base = one.client.base_url
    with socket.create_connection((base.host, base.port or 80), timeout=30) as raw:
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        return raw.recv(65_536).split(b"\r\n")[0]


def check(answer: Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        problems.MEDIA_TYPE,
    ), answer.text
    details = answer.json()
    assert (details["status"], details["code"]) == (status, code)
    assert details["type"] == f"urn:parley:problem:{code}"
    assert details["request_id"] == answer.headers["X-Request-ID"]
    assert all(each["rule"] and each["way_out"] for each in details["problems"])
    assert not any(word in answer.text for word in INSIDE)


@pytest.mark.parametrize(("path", "headers", "status", "code"), REFUSED)
def test_what_cannot_be_asked_is_refused_by_its_rule(
    each: Served, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    check(each.client.get(path, headers=headers), status, code)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        *((f"/v1/events/{odd}", "position") for odd in ("1_0", "1.0", "+1", "01", "%D9%A1", "1e1")),
        ("/v1/events?limit=1_0", "limit"),
        ("/v1/events?after=%2B1", "after"),
        ("/v1/events?order=newest&before=1.0", "before"),
        (f"{BASE}/framework?rules=01", "rules"),
        (f"{BASE}/pledges?limit=0x1", "limit"),
        ("/v1/events?wait_for=1_0", "wait_for"),
    ],
)
def test_a_number_that_is_written_as_no_answer_writes_it_is_refused(
    client: Client, path: str, field: str
) -> None:
    answer = client.get(path)
    check(answer, 422, "invalid-input")
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]


def test_the_document_says_once_that_it_can_be_asked_by_head(client: Client) -> None:
    assert client.post("/openapi.json").headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_method_that_is_not_served_is_told_which_are(client: Client, method: str) -> None:
    answer = client.request(method, "/v1/events")
    check(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


def test_a_body_that_is_too_long_is_refused_before_it_is_read(one: Served) -> None:
    length = f"Content-Length: {MAX_REQUEST_BODY + 1}"
    head = f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n"
    assert b"413" in said_to(one, head.encode())


def test_every_parameter_that_is_wrong_is_told_of(client: Client) -> None:
    answer = client.get("/v1/events", params={"limit": 0, "after": -1, "order": "odd"})
    assert {p["field"] for p in answer.json()["problems"]} == {"limit", "after", "order"}


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "actor.registered", **{f"x{number}": 1 for number in range(50_000)}},
        [{"kind": "actor.registered", **{f"x{n}": 1 for n in range(400)}} for _ in range(100)],
        {"kind": "actor.registered", "x" * 500_000: 1},
        {"kind": "k" * 500_000},
        {"kind": "actor.registered", "names": [1] * 100_000},
    ],
    ids=["fields", "array", "long name", "long kind", "list"],
)
@pytest.mark.parametrize(
    "path", [f"{BASE}/scenarios", f"{BASE}/events", "/v1/events/2/corrections"]
)
def test_a_refusal_is_short_however_much_was_sent(one: Served, path: str, body: object) -> None:
    answer = one.writer.post(path, json=body, headers={"If-Match": "*"} if "cor" in path else {})
    check(answer, 422, "invalid-input")
    assert len(answer.content) < 200 * MAX_TOLD


def test_a_position_that_does_not_come_is_refused_after_a_while(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_WAIT", 0.1)
    check(client.get("/v1/version", params={"wait_for": 10_000}), 404, "not-found")


def test_a_defect_is_said_to_be_one_and_nothing_more(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("SELECT secret FROM site-packages")

    monkeypatch.setattr("app.version.running", fail)
    answer = one.client.get("/v1/version", headers={"X-Request-ID": "mine-1"})
    check(answer, 500, "defect")
    assert answer.json()["request_id"] == "mine-1"


def answer_to(error: ParleyError) -> Response:
    """What a client gets where the rooms below refuse with an error."""
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/events",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "state": {"request_id": "mine-2"},
    }
    answer = asyncio.run(on_parley_error(Request(scope), error))
    return Response(answer.status_code, headers=dict(answer.headers), content=bytes(answer.body))


@pytest.mark.parametrize("error", BY_ERROR, ids=lambda error: error.__name__)
def test_only_what_passes_by_itself_is_worth_asking_for_again(error: type[ParleyError]) -> None:
    answer = answer_to(error.of("field", "rule", "way out"))
    passes = {errors.DatabaseLocked, errors.DatabaseGone, errors.Unavailable}
    assert ("Retry-After" in answer.headers) == (error in passes)


def test_what_only_the_operator_can_mend_is_told_to_the_operator(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = errors.DatabaseFull.of("PARLEY_DATABASE_URL", "no room is left", "make room")
    with caplog.at_level(logging.WARNING, LOG.name):
        answer = answer_to(error)
    assert answer.json()["problems"][0]["way_out"] == (
        "ask again later, or tell whoever looks after the server"
    )
    assert "make room" not in answer.text
    line = json.loads(LogLines().format(caplog.records[-1]))
    assert (line["level"], line["request"]) == ("warning", "mine-2")
    assert line["message"] == str(error)


@pytest.mark.parametrize(
    ("path", "headers", "field"),
    [
        (f"{BASE}/events", {"If-Match": '"77"'}, "If-Match"),
        (f"{BASE}/events", {"If-None-Match": "*"}, "If-None-Match"),
        ("/v1/events/54/retraction", {"If-Match": '"77"'}, "If-Match"),
    ],
)
def test_a_precondition_that_fails_is_named_as_it_was_sent(
    one: Served, path: str, headers: dict[str, str], field: str
) -> None:
    pledge = {"kind": "pledge.withdrawn", "slug": "force-26", "occurred": "2025-09-10"}
    body = {"reason": "a test"} if "retraction" in path else {**pledge, "cite": CITE}
    answer = one.writer.post(path, json=body, headers=headers)
    check(answer, 412, "version-conflict")
    assert answer.json()["detail"].startswith(f"{field}: ")
    assert [each["field"] for each in answer.json()["problems"]] == [field]


def test_a_key_that_was_used_and_words_that_are_none_are_named_as_they_were_sent(
    one: Served,
) -> None:
    sent = {"Idempotency-Key": "twice"}
    actor = {"kind": "actor.registered", "name": "Twice", "type": "person"}
    first, second = (
        one.writer.post(f"{BASE}/events", json={**actor, "slug": f"twice-{n}"}, headers=sent)
        for n in range(2)
    )
    assert first.status_code == 201, first.text
    check(second, 422, "key-conflict")
    assert second.json()["problems"][0]["field"] == "Idempotency-Key"
    assert one.client.get("/v1/search?q=...").json()["problems"][0]["field"] == "q"


def test_more_supposed_events_than_may_be_are_refused_by_the_body(one: Served) -> None:
    bodies = [{"kind": "actor.registered"}] * (MAX_SUPPOSED + 1)
    answer = one.client.post(f"{BASE}/scenarios", json=bodies)
    check(answer, 422, "invalid-input")
    assert answer.json()["problems"][0]["field"] == "body"


@pytest.mark.parametrize("error", BY_ERROR, ids=lambda error: error.__name__)
def test_every_domain_error_has_a_code_of_its_own(error: type[ParleyError]) -> None:
    code = code_of(error.of("field", "rule", "way out"))
    assert code is BY_ERROR[error]
    assert code.status >= 400
    assert [c for c in CODES.values() if c.name == code.name] == [code]


def test_no_domain_error_is_left_without_a_code() -> None:
    found: set[type[ParleyError]] = set()
    ahead = [errors.ParleyError]
    while ahead:
        subclasses = ahead.pop().__subclasses__()
        ahead += subclasses
        found.update(subclasses)
    assert set(BY_ERROR) == {each for each in found if each.__module__ == errors.__name__}


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /v1/version HTTP/1.1\r\n\r\n",
        b"GET /v1/version HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"GET /v1/version HTTP/1.1\r\nHost: localhost\r\nAccept: \xff\xfe\r\n\r\n",
        b"GET /v1/version HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \xff\r\n\r\n",
        b"GET http://localhost/v1/version HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v1/version?%ff=%fe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET //v1//version HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_bytes_that_no_client_would_send_are_no_defect(one: Served, sent: bytes) -> None:
    status = said_to(one, sent)
    assert b" 5" not in status[8:11], status
