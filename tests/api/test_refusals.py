"""Whatever is sent, the answer says which rule was broken and the way out, and shows no inside."""

from __future__ import annotations

import socket

import pytest
from httpx2 import Client, Response

from api import problems, reading
from api.limits import MAX_BODY, MAX_TOLD
from api.problems import BY_ERROR, CODES, code_of
from domain import errors
from domain.errors import ParleyError
from tests.api.conftest import CASE, INSIDE, Served

BASE = f"/v1/negotiations/{CASE}"
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


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_method_that_is_not_served_is_told_which_are(client: Client, method: str) -> None:
    answer = client.request(method, "/v1/events")
    check(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


def test_a_body_that_is_too_long_is_refused_before_it_is_read(one: Served) -> None:
    head = f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n"
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

    monkeypatch.setattr("app.health.running", fail)
    answer = one.client.get("/v1/version", headers={"X-Request-ID": "mine-1"})
    check(answer, 500, "defect")
    assert answer.json()["request_id"] == "mine-1"


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
