"""Measures of the running server for Prometheus, in its text format.

Every process measures itself and has a registry of its own. No label takes a value
that a client makes up: of an address there is the template, of a method the known ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import cast

from fastapi import APIRouter
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from api.accept import choose
from api.problems import refusals
from app import health
from app.parley import Parley
from domain.errors import ParleyError
from feed.hub import Hub

TEXT = "text/plain"
FORMAT = f"{TEXT}; version=0.0.4"
"""The text format that every Prometheus reads."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""Stands for a method that nobody knows, and for an address that is of no endpoint."""
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; from what an answer out of the read model takes to the longest wait for the log."""

router = APIRouter(tags=["program"])


class Metrics:
    """What is measured; `templates` are the addresses of the endpoints by their names."""

    def __init__(self, parley: Parley, templates: Mapping[str, str]) -> None:
        self._templates = templates
        self.registry = registry = CollectorRegistry()
        self._answered = Counter(
            "parley_http_requests",
            "Requests answered; status 0 if the client had gone before.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "parley_http_request_duration_seconds",
            "Time from the head of a request to the end of its answer.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=registry,
        )
        self._in_work = Gauge(
            "parley_http_requests_in_progress", "Requests in work.", registry=registry
        )
        self._recorded = Counter(
            "parley_events_recorded", "Events recorded over HTTP.", ("kind",), registry=registry
        )
        Info("parley", "The program.", registry=registry).info({"version": version("parley")})
        ProcessCollector(registry=registry)
        registry.register(_Log(parley))

    def watch(self, hub: Hub) -> None:
        """Measure the streams as well."""
        self.registry.register(_Feed(hub))

    def begin(self) -> None:
        """A request has come."""
        self._in_work.inc()

    def end(self, method: str, route: object, status: int, seconds: float) -> None:
        """It is answered, by the route that was found for it."""
        self._in_work.dec()
        asked = method if method in METHODS else OTHER
        template = self._templates.get(str(getattr(route, "name", "")), OTHER)
        self._answered.labels(asked, template, str(status)).inc()
        self._seconds.labels(asked, template).observe(seconds)

    def recorded(self, kinds: Iterable[str]) -> None:
        """Events of these kinds have been recorded."""
        for kind in kinds:
            self._recorded.labels(kind).inc()


class _Feed(Collector):
    """Who is subscribed to the streams of this process, and how far it has come."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """What the hub knows, at no cost."""
        hub = self._hub
        yield GaugeMetricFamily("parley_feed_streams", "Streams that are open.", value=len(hub))
        told = "Streams that read the log by themselves, being new or slow."
        yield GaugeMetricFamily("parley_feed_lagging_streams", told, value=hub.late)
        told = "The last position that was handed to the streams."
        yield GaugeMetricFamily("parley_feed_position", told, value=hub.position)
        told = "Events that were handed to a stream, once for each stream."
        yield CounterMetricFamily("parley_feed_deliveries", told, value=hub.delivered)


class _Log(Collector):
    """How far the log and its read model have come, asked of the database when it is wanted."""

    def __init__(self, parley: Parley) -> None:
        self._parley = parley

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The state of the log; only that it is not ready where the database is away."""
        try:
            found = health.readiness(self._parley)
        except ParleyError:
            yield GaugeMetricFamily("parley_ready", _READY, value=0)
            return
        yield GaugeMetricFamily("parley_ready", _READY, value=1)
        told = "The last position of the log."
        yield GaugeMetricFamily("parley_log_position", told, value=found.position)
        told = "Entries that the read model has yet to take in."
        yield GaugeMetricFamily("parley_read_model_lag_entries", told, value=found.behind)
        told = "The size of the newest checkpoint."
        yield GaugeMetricFamily("parley_checkpoint_size", told, value=found.signed)
        told = "Whether this process refuses to sign; its log says why."
        refused = found.signing_refused is not None
        yield GaugeMetricFamily("parley_signing_refused", told, value=int(refused))


_READY = "Whether questions can be answered, as /readyz says."


def metrics_of(request: Request) -> Metrics:
    """What is measured where a request is answered."""
    return cast("Metrics", request.app.state.metrics)


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Measures of this process, and of the log",
            "content": {TEXT: {"schema": {"type": "string"}}},
        },
        **refusals(reads=False),
    },
)
def show_metrics(request: Request) -> Response:
    """Show what Prometheus gathers: requests, how long they took, the log and the read model."""
    choose(request, [TEXT])
    measured = generate_latest(metrics_of(request).registry)
    return Response(measured, headers={"Cache-Control": "no-store"}, media_type=FORMAT)
