"""What is measured: every request once, under a name that no client can make up."""

from __future__ import annotations

import re
from typing import cast

import pytest
from httpx2 import Client, Response
from prometheus_client.parser import text_string_to_metric_families

from api.application import make_application
from api.metrics import METHODS, OTHER
from app.parley import Parley
from domain.errors import DatabaseGone
from tests.api.conftest import Served
from tests.app.bodies import NEGOTIATION, SETTING, pledge

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
REQUESTS = "parley_http_requests_total"


def measured(client: Client) -> Samples:
    """Every sample, by its name and its labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, tuple(sorted(labels.items()))), 0.0)


def test_it_is_the_text_that_prometheus_reads(client: Client) -> None:
    wanted = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    answer = client.get("/metrics", headers={"Accept": wanted})
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_request_is_counted_once_by_the_template_of_its_address(client: Client) -> None:
    before = measured(client)
    client.get("/v1/events/1")
    client.get("/v1/events/2")
    client.head("/v1/events/2")
    client.get("/v1/events/100000")
    after = measured(client)
    route = "/v1/events/{position}"
    for method, status, more in (("GET", "200", 2), ("HEAD", "200", 1), ("GET", "404", 1)):
        labels = {"method": method, "route": route, "status": status}
        assert value(after, REQUESTS, **labels) - value(before, REQUESTS, **labels) == more
    name = "parley_http_request_duration_seconds_count"
    labels = {"method": "GET", "route": route}
    assert value(after, name, **labels) - value(before, name, **labels) == 3


def test_it_counts_itself_as_in_work(client: Client) -> None:
    assert value(measured(client), "parley_http_requests_in_progress") == 1


def test_nothing_a_client_makes_up_becomes_a_label(client: Client) -> None:
    for number in range(5):
        client.get(f"/nowhere/{number}")
        client.request(f"MADEUP{number}", "/v1/version")
        client.get(f"/v1/negotiations/made-up-{number}/framework")
        client.get(f"/v1/kinds/made.up{number}")
    samples = measured(client)
    app = make_application(cast("Parley", None), local=True)
    templates = {OTHER, "/docs", *app.openapi()["paths"]}
    for name, labels in samples:
        if name == REQUESTS:
            told = dict(labels)
            assert told["method"] in METHODS | {OTHER}
            assert told["route"] in templates
            assert re.fullmatch(r"\d{3}|0", told["status"])


def test_the_log_and_the_read_model_are_told_of(one: Served) -> None:
    samples = measured(one.client)
    position = one.client.get("/v1/version").json()["position"]
    assert value(samples, "parley_ready") == 1
    assert value(samples, "parley_log_position") == position
    assert ("parley_read_model_lag_entries", ()) in samples


def test_what_is_recorded_is_counted_by_its_kind_and_once(one: Served) -> None:
    def counted() -> float:
        return value(measured(one.client), "parley_events_recorded_total", kind="pledge.made")

    events = f"/v1/negotiations/{NEGOTIATION}/events"
    if one.client.get(f"/v1/negotiations/{NEGOTIATION}/framework").status_code == 404:
        assert one.writer.post(events, json=SETTING).status_code == 201
    before = counted()
    for _ in range(2):
        keyed = {"Idempotency-Key": "counted"}
        done = one.writer.post(events, json=pledge("counted"), headers=keyed)
        assert done.status_code == 201
    assert one.writer.post(f"{events}?dry_run=true", json=pledge("supposed")).status_code == 200
    assert counted() - before == 1


def test_it_says_that_the_log_is_not_ready_and_still_tells_the_rest(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object) -> None:
        raise DatabaseGone.of("database_url", "the database cannot be reached", "start it")

    monkeypatch.setattr("app.health.readiness", gone)
    samples = measured(one.client)
    assert value(samples, "parley_ready") == 0
    assert ("parley_log_position", ()) not in samples
    assert any(name == REQUESTS for name, _ in samples)


def test_whoever_may_not_read_may_not_read_the_measures(client: Client) -> None:
    refused: Response = client.get("/metrics", headers={"Authorization": "Bearer no"})
    assert refused.status_code == 401


def test_every_application_measures_for_itself() -> None:
    made = [make_application(cast("Parley", None), local=True) for _ in range(2)]
    one, other = (each.state.metrics for each in made)
    assert one.registry is not other.registry
