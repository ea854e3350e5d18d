"""Pages from elsewhere: none may ask, unless it is named; and then it may read refusals as well."""

from __future__ import annotations

from typing import cast

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.application import make_application
from api.limits import MAX_REQUEST_BODY
from api.problems import MEDIA_TYPE
from app.parley import Parley
from app.settings import read_settings
from domain.errors import InvalidInput

PAGE = "https://board.example.org"
OTHER = "https://elsewhere.example.org"
ALLOWED = "Access-Control-Allow-Origin"


def client_of(*origins: str) -> TestClient:
    # None of what is asked here comes to the log.
    app = make_application(cast("Parley", None), local=True, origins=origins)
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


@pytest.fixture
def open_to_one() -> TestClient:
    return client_of(PAGE)


def preflight(
    client: TestClient, origin: str, method: str = "POST", header: str = "If-Match"
) -> Response:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": header}
    return client.options("/v1/events", headers={"Origin": origin, **asked})


def test_no_page_may_ask_unless_one_is_named() -> None:
    client = client_of()
    assert ALLOWED not in client.get("/healthz", headers={"Origin": PAGE}).headers
    assert preflight(client, PAGE).status_code == 405


def test_a_page_that_is_named_may_read_what_it_needs(open_to_one: TestClient) -> None:
    answer = open_to_one.get("/healthz", headers={"Origin": PAGE})
    assert answer.headers[ALLOWED] == PAGE
    assert "Origin" in answer.headers["Vary"]
    shown = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert shown >= {
        *("ETag", "Location", "Link", "Parley-Position", "Idempotent-Replayed"),
        *("X-Request-ID", "Retry-After", "Memento-Datetime"),
    }


def test_a_page_that_is_named_may_send_what_it_needs(open_to_one: TestClient) -> None:
    for header in ("Authorization", "Content-Type", "Idempotency-Key", "If-Match"):
        answer = preflight(open_to_one, PAGE, header=header)
        assert (answer.status_code, answer.headers[ALLOWED]) == (200, PAGE)
        assert "X-Request-ID" in answer.headers


@pytest.mark.parametrize(
    ("origin", "method", "header"),
    [(OTHER, "POST", "If-Match"), (PAGE, "PATCH", "If-Match"), (PAGE, "POST", "Cookie")],
)
def test_what_is_not_allowed_is_answered_as_other_requests_are(
    open_to_one: TestClient, origin: str, method: str, header: str
) -> None:
    answer = preflight(open_to_one, origin, method, header)
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, MEDIA_TYPE)
    assert "Access-Control-Allow-Methods" not in answer.headers


def test_a_page_that_is_not_named_may_read_nothing(open_to_one: TestClient) -> None:
    assert ALLOWED not in open_to_one.get("/healthz", headers={"Origin": OTHER}).headers


def test_a_page_can_read_why_it_was_refused_wherever_that_was(open_to_one: TestClient) -> None:
    asked = {"Origin": PAGE}
    length = {"Content-Length": str(MAX_REQUEST_BODY + 1), "Content-Type": "application/json"}
    refused = [
        (404, open_to_one.get("/nowhere", headers=asked)),
        (421, open_to_one.get("/healthz", headers={**asked, "Host": "example.org"})),
        (413, open_to_one.post("/v1/events", headers={**asked, **length})),
        # Without a log every question is a defect.
        (500, open_to_one.get("/v1/version", headers=asked)),
    ]
    for status, answer in refused:
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, MEDIA_TYPE)
        assert answer.headers[ALLOWED] == PAGE


def test_origins_are_set_with_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_CORS_ORIGINS", f"{PAGE}, http://localhost:3000")
    assert read_settings().cors_origins == (PAGE, "http://localhost:3000")
    monkeypatch.setenv("PARLEY_CORS_ORIGINS", "")
    assert read_settings().cors_origins == ()


@pytest.mark.parametrize(
    "given", ["*", "null", "board.example.org", f"{PAGE}/", "https://Board.example.org", "ftp://a"]
)
def test_what_no_browser_sends_as_an_origin_is_refused(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_CORS_ORIGINS", given)
    with pytest.raises(InvalidInput, match="PARLEY_CORS_ORIGINS"):
        read_settings()
