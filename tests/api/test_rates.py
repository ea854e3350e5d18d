"""Who asks too often is told when to ask again, and holds up nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from api.application import make_application
from api.limits import FAILURE_RATE, Rate
from api.problems import MEDIA_TYPE, Refused
from api.rates import Meter, Rates, address_of
from app.keys import Role, make_key
from app.parley import open_parley
from app.settings import read_settings
from domain.errors import InvalidInput
from tests.api.conftest import bearer, served
from tests.app.bodies import NEGOTIATION, SETTING

SLOW = Rate(a_second=0.001, at_once=2)
"""Two at once, and then a long time nothing."""


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def may(meter: Meter, who: str) -> bool:
    try:
        meter.take(who)
    except Refused:
        return False
    return True


def test_a_caller_may_do_so_many_at_once_and_then_so_many_a_second() -> None:
    clock = Clock()
    meter = Meter(Rate(a_second=2, at_once=5), clock)
    assert [may(meter, "ada") for _ in range(7)] == [True] * 5 + [False] * 2
    clock.now += 1
    assert [may(meter, "ada") for _ in range(4)] == [True] * 2 + [False] * 2
    clock.now += 1_000
    assert [may(meter, "ada") for _ in range(7)] == [True] * 5 + [False] * 2


def test_what_was_refused_does_not_count() -> None:
    clock = Clock()
    meter = Meter(Rate(a_second=1, at_once=1), clock)
    assert [may(meter, "ada") for _ in range(100)] == [True] + [False] * 99
    clock.now += 1
    assert may(meter, "ada")


def test_one_caller_is_not_another() -> None:
    meter = Meter(SLOW, Clock())
    assert [may(meter, "ada") for _ in range(3)] == [True, True, False]
    assert may(meter, "ben")


def test_it_is_said_how_many_seconds_to_wait() -> None:
    clock = Clock()
    meter = Meter(Rate(a_second=0.1, at_once=1), clock)
    meter.take("ada")
    clock.now += 2.5
    with pytest.raises(Refused) as refused:
        meter.take("ada")
    assert refused.value.headers == {"Retry-After": "8"}
    clock.now += 8
    assert may(meter, "ada")


def test_no_more_callers_are_remembered_than_that() -> None:
    meter = Meter(Rate(a_second=0.001, at_once=1), Clock(), most=3)
    assert all(may(meter, who) for who in "abcd")
    assert not may(meter, "d")
    assert may(meter, "a")


@pytest.mark.parametrize(
    ("client", "known_as"),
    [
        (("192.0.2.7", 5), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 5), "2001:db8:1:2::/64"),
        (("2001:db8:1:2::7", 5), "2001:db8:1:2::/64"),
        (("::ffff:192.0.2.7", 5), "192.0.2.7"),
        (("a name", 0), "a name"),
        (None, ""),
    ],
)
def test_an_address_is_that_of_a_subscriber(client: tuple[str, int] | None, known_as: str) -> None:
    assert address_of(Request({"type": "http", "headers": [], "client": client})) == known_as


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def asked(sqlite_database: str, clock: Clock) -> Iterator[tuple[TestClient, str]]:
    """A client of an application with narrow rates, and a key to record with."""
    with open_parley(read_settings(database_url=sqlite_database)) as parley:
        rates = Rates(reads=SLOW, writes=SLOW, failures=SLOW, clock=clock)
        app = make_application(parley, local=True, rates=rates)
        with TestClient(app, base_url="http://localhost") as client:
            yield client, make_key(parley, "ada", Role.RECORDER).secret


def test_who_asks_too_often_is_refused_by_problem_details(asked: tuple[TestClient, str]) -> None:
    client, _ = asked
    answers = [client.get("/v1/version") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["Content-Type"] == MEDIA_TYPE
    assert answers[-1].json()["code"] == "rate-limited"
    assert int(answers[-1].headers["Retry-After"]) == 1_000
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200


@pytest.mark.parametrize(("proxies", "codes"), [("", {401, 429}), ("127.0.0.0/8", {401})])
def test_a_client_does_not_choose_its_address_unless_its_proxy_is_named(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch, proxies: str, codes: set[int]
) -> None:
    monkeypatch.setenv("PARLEY_TRUSTED_PROXIES", proxies)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with served(sqlite_database) as running:

        def ask(number: int) -> int:
            headers = {**bearer("no-key"), "X-Forwarded-For": f"192.0.2.{number}"}
            return running.client.get("/v1/version", headers=headers).status_code

        assert {ask(number) for number in range(int(FAILURE_RATE.at_once) + 60)} == codes


@pytest.mark.parametrize("given", ["*", "10.0.0", "10.0.0.1/24", "proxy.example.org"])
def test_what_is_no_address_of_a_proxy_is_refused(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_TRUSTED_PROXIES", given)
    with pytest.raises(InvalidInput, match="PARLEY_TRUSTED_PROXIES"):
        read_settings()


def test_questions_and_records_are_counted_apart_and_keys_apart_from_addresses(
    asked: tuple[TestClient, str],
) -> None:
    client, key = asked
    events = f"/v1/negotiations/{NEGOTIATION}/events"

    def post() -> int:
        return client.post(events, json=SETTING, headers=bearer(key)).status_code

    assert [client.get("/v1/version").status_code for _ in range(3)] == [200, 200, 429]
    keyed = [client.get("/v1/version", headers=bearer(key)).status_code for _ in range(3)]
    assert keyed == [200, 200, 429]
    recorded, again, too_soon = post(), post(), post()
    assert (recorded, too_soon) == (201, 429)
    assert again != 429


def test_bad_keys_are_counted_by_address_and_hold_up_no_good_one(
    asked: tuple[TestClient, str], clock: Clock
) -> None:
    client, key = asked
    bad, good = bearer("parley_" + "x" * 43), bearer(key)
    assert client.get("/v1/version", headers=good).status_code == 200
    tries = [client.get("/v1/version", headers=bad) for _ in range(3)]
    assert [answer.status_code for answer in tries] == [401, 401, 429]
    assert client.get("/v1/version", headers=good).status_code == 200
    clock.now += 1_000
    assert client.get("/v1/version", headers=bad).status_code == 401
