"""Whatever the document allows, and whatever it forbids, is answered as the document says."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import Any, cast

import pytest
import schemathesis
from httpx2 import Response
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis.checks import CHECKS
from schemathesis.generation.stateful import run_state_machine_as_test
from schemathesis.generation.stateful.state_machine import APIStateMachine

from api import reading
from api.application import make_application
from api.problems import MEDIA_TYPE
from api.recording import REPLAYED
from app.parley import Parley
from feed.hub import Hub
from ledger.wholeness import verify
from tests.api.conftest import CASE, Served
from tests.app.bodies import NEGOTIATION, SETTING, pledge

CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
)
EXAMPLES = int(os.environ.get("PARLEY_FUZZ", "2"))
"""Requests of each sort for each endpoint; a longer run is asked for by the variable."""
LONG = 250
"""The same in the long form."""
ROUND = 16
"""Walks along the links that are drawn together."""
REFUSED = [*(400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 421, 422, 428, 429, 503)]
"""What data that breaks the document may be answered with."""
SAMPLE = 87
"""Entries of the sample."""
AUTHORIZATION = "Authorization"
EVENTS = "/v1/negotiations/{negotiation}/events"
CORRECTIONS = "/v1/events/{position}/corrections"
RETRACTION = "/v1/events/{position}/retraction"

# The document is made of the code alone, and the server that is asked is the test's own.
_statuses = {"expected-statuses": [str(each) for each in REFUSED]}
schema = schemathesis.openapi.from_dict(
    make_application(cast("Parley", None), local=True).openapi(),
    config=schemathesis.Config.from_dict(
        {"checks": {"negative_data_rejection": _statuses, "missing_required_header": _statuses}}
    ),
)
walk = schema.as_state_machine()
OPERATIONS = {
    operation["operationId"]: (method.upper(), path)
    for path, operations in schema.raw_schema["paths"].items()
    for method, operation in operations.items()
}
BODIES = {
    "correct_event": {"reason": "A misprint.", "set": {"summary": "Said otherwise."}},
    "retract_event": {"reason": "Never said."},
}
_numbers = count(1)


def drawn(number: int) -> settings:
    return settings(
        max_examples=number,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )


@pytest.fixture(scope="module")
def log(each: Served) -> Iterator[Served]:
    """A log with more than the sample in it, which is whole at the end; nothing is waited for."""
    recorded = each.writer.post(EVENTS.format(negotiation=NEGOTIATION), json=SETTING)
    assert recorded.status_code == 201
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "MAX_WAIT", 0.0)
        # A stream is read to its end, which comes by itself.
        patch.setattr(Hub, "life", 0.1)
        yield each
    assert verify(each.parley.ledger.engine).size == size(each)


def size(served: Served) -> int:
    return served.parley.ledger.head().size


def sent_to(served: Served, case: schemathesis.Case[Any]) -> dict[str, Any]:
    """Where and how a case is sent: to the test's server, with a good key unless it is about it."""
    where = {"base_url": str(served.client.base_url).rstrip("/")}
    if case.meta is not None and getattr(case.meta.phase.data, "parameter", None) == AUTHORIZATION:
        return where
    return {**where, "headers": {AUTHORIZATION: served.writer.headers[AUTHORIZATION]}}


def _checks() -> list[Any]:
    return [CHECKS.get_one(name) for name in CHECKED]


def is_positive(case: schemathesis.Case[Any]) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


def lead(case: schemathesis.Case[Any]) -> None:
    """Have some of what is good ask for what there is: a drawn name is hardly ever taken."""
    parts = case.path_parameters
    name, position = parts.get("negotiation"), parts.get("position")
    if isinstance(name, str) and len(name) % 3:
        parts["negotiation"] = CASE
    if isinstance(position, int) and position % 3:
        parts["position"] = 1 + position % SAMPLE
    if isinstance(size := parts.get("size"), int) and size % 3:
        parts["size"] = SAMPLE
    for name, row in (("tile", "0/000"), ("bundle", "000")):
        if isinstance(drawn_name := parts.get(name), str) and len(drawn_name) % 3:
            parts[name] = f"{row}.p/{1 + len(drawn_name) % SAMPLE}"


def check_log(served: Served, before: int, response: schemathesis.Response) -> None:
    """Every refusal is problem details, and the log has grown by what was acknowledged."""
    if response.status_code >= 400:
        assert response.headers["content-type"] == [MEDIA_TYPE]
    new = 0
    if response.status_code == 201 and response.headers.get(REPLAYED.lower()) == ["false"]:
        new = len(cast("dict[str, Any]", response.json())["recorded"])
    assert size(served) == before + new


def ask(case: schemathesis.Case[Any], served: Served) -> None:
    if is_positive(case):
        lead(case)
    before, kwargs = size(served), sent_to(served, case)
    response = case.call(**kwargs)
    check_log(served, before, response)
    after = size(served)
    case.validate_response(
        response,
        checks=_checks(),
        headers=kwargs.get("headers"),
        transport_kwargs=kwargs,
    )
    # Checks ask again in other ways, without a key for one.
    assert size(served) == after


@schema.parametrize()
@drawn(EXAMPLES)
@pytest.mark.timeout(3_600)
def test_no_request_is_answered_otherwise_than_the_document_says(
    case: schemathesis.Case[Any], log: Served
) -> None:
    ask(case, log)


@schema.parametrize()
@drawn(LONG)
@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_no_request_of_many_is_answered_otherwise_than_the_document_says(
    case: schemathesis.Case[Any], log: Served
) -> None:
    ask(case, log)


def walker(served: Served, seen: Counter[str]) -> type[APIStateMachine]:
    """A walk along the links of the document that starts with what can be recorded."""

    class Walk(walk):  # type: ignore[valid-type, misc]
        def get_call_kwargs(self, case: schemathesis.Case[Any]) -> dict[str, Any]:
            return sent_to(served, case)

        def before_call(self, case: schemathesis.Case[Any]) -> None:
            if is_positive(case):
                fit(case)
            self.before = size(served)

        def validate_response(
            self,
            response: schemathesis.Response,
            case: schemathesis.Case[Any],
            **kwargs: Any,  # noqa: ANN401 - as it is called.
        ) -> None:
            check_log(served, self.before, response)
            seen["asked"] += 1
            kwargs.pop("additional_checks", None)
            case.validate_response(
                response,
                checks=_checks(),
                headers=kwargs.get("headers"),
                transport_kwargs=kwargs,
            )

    return Walk


def fit(case: schemathesis.Case[Any]) -> None:
    """Make what is good possible as well: names that are known, and fields that the entry has."""
    case.query.pop("dry_run", None)
    case.headers.pop("Idempotency-Key", None)
    if case.operation.path == EVENTS:
        case.path_parameters["negotiation"] = NEGOTIATION
        case.headers.pop("If-None-Match", None)
        case.headers.pop("If-Match", None)
        case.body = pledge(f"walked-{next(_numbers)}")
    elif case.operation.path.endswith("/corrections"):
        case.body = {"reason": "A misprint.", "set": {"summary": f"Said {next(_numbers)}."}}
        case.headers["If-Match"] = "*" if next(_numbers) % 2 else case.headers["If-Match"]
    elif case.operation.path.endswith("/retraction"):
        case.body = {"reason": "Never said."}


def test_the_document_is_one_of_openapi() -> None:
    schema.validate()


def walk_along(log: Served, rounds: int, steps: int) -> Counter[str]:
    """How often what was done by walks along the links, of so many steps each.

    In rounds, since Hypothesis expects that what is drawn does not depend on the log. Where
    it sees that it does, which is no fault of any answer, the round is over.
    """
    seen: Counter[str] = Counter()
    drawn_in_a_round = settings(drawn(ROUND), stateful_step_count=steps)
    for _ in range(rounds):
        with suppress(FlakyStrategyDefinition):
            run_state_machine_as_test(walker(log, seen), settings=drawn_in_a_round)
    return seen


@pytest.mark.timeout(3_600)
def test_walks_along_the_links_are_answered_as_the_document_says(log: Served) -> None:
    # What they are answered depends on what is drawn; that every link leads is held below.
    assert walk_along(log, rounds=max(1, EXAMPLES // 2), steps=6)["asked"]


@pytest.mark.parametrize(
    ("path", "link"),
    [
        *((EVENTS, link) for link in ("show", "correct", "retract")),
        *((path, link) for path in (CORRECTIONS, RETRACTION) for link in ("show", "retract")),
    ],
)
def test_every_link_leads_on_from_what_was_recorded(log: Served, path: str, link: str) -> None:
    made = log.writer.post(
        EVENTS.format(negotiation=NEGOTIATION), json=pledge(f"linked-{next(_numbers)}")
    )
    if path != EVENTS:
        made = follow(log, EVENTS, "correct" if path == CORRECTIONS else "retract", made)
    position = made.json()["recorded"][0]["position"]
    led = follow(log, path, link, made)
    if link == "show":
        assert led.status_code == 200, led.text
        assert led.json()["position"] == position
    else:
        assert led.status_code == 201, led.text
        assert led.json()["recorded"][0]["position"] == position + 1


def test_nothing_else_is_linked() -> None:
    assert set(links_of(EVENTS)) == {"show", "correct", "retract"}
    assert set(links_of(CORRECTIONS)) == set(links_of(RETRACTION)) == {"show", "retract"}


def links_of(path: str) -> dict[str, Any]:
    """The links of what an endpoint records, by name."""
    found = schema.raw_schema["paths"][path]["post"]["responses"]["201"]["links"]
    return cast("dict[str, Any]", found)


def follow(log: Served, path: str, name: str, made: Response) -> Response:
    """Follow a link of what an endpoint answered, as the document describes it (OpenAPI 4.8.20)."""
    link = links_of(path)[name]
    place, headers = "", {}
    for parameter, expression in link["parameters"].items():
        where, _, key = parameter.partition(".")
        if where == "path":
            assert (key, expression) == ("position", "$response.body#/recorded/0/position")
            place = str(made.json()["recorded"][0]["position"])
        else:
            assert (where, expression) == ("header", "$response.header.ETag")
            headers[key] = made.headers["ETag"]
    method, template = OPERATIONS[link["operationId"]]
    body = BODIES.get(link["operationId"])
    return log.writer.request(method, template.format(position=place), headers=headers, json=body)


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_long_walks_along_the_links_are_answered_as_the_document_says(log: Served) -> None:
    walk_along(log, rounds=LONG // 4, steps=12)
