"""The document says of each operation what a client needs: how to ask, who may, what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import httpx2
import pytest

from api.application import make_application
from api.operations import EXAMPLES, TAGS, UNSAID
from app import webhooks
from app.keys import Act, Role, make_key
from app.parley import Parley
from app.webhook_answers import WebhookFilter
from tests.api.conftest import Served, bearer
from tests.api.test_callers import needed, routes
from tests.api.test_document import document, schemas

KEYWORDS = {
    *("$defs", "$ref", "additionalProperties", "anyOf", "const", "contentMediaType"),
    *("contentSchema", "default", "description"),
    *("discriminator", "enum", "examples", "exclusiveMaximum", "exclusiveMinimum", "format"),
    *("items", "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength"),
    *("minimum", "oneOf", "pattern", "patternProperties", "prefixItems", "properties"),
    *("propertyNames", "required", "title", "type"),
}

NAMED = "/v1/negotiations/{negotiation}"
DESCRIBED = (
    *("ETag", "Parley-Position", "Link", "Memento-Datetime"),
    *("X-Request-ID", "Retry-After", "Location"),
)
"""Headers that the document speaks of."""
NARROW = {"limit": "1", "as_of": "2025-09-11"}
"""What makes an answer a page that others come after, and a memento."""
WITHOUT_DEFAULT = {
    "/v1/search": "?q=force",
    "/v1/log/consistency": "?from=1",
    f"{NAMED}/diff": "?from=2025-09-01",
}
"""What some addresses cannot do without."""
SLUGS = {
    "elements": "us-backstop",
    "pledges": "force-26",
    "threats": "putin-legitimate-targets",
    "attacks": "weekend-air-attack",
    "statements": "macron-announcement",
    "issues": "arms-supply",
    "conditions": "ceasefire",
    "measures": "more-sanctions",
    "consultations": "paris-meeting",
    "actors": "russia",
    "sources": "brookings-pifer-2025-09-11",
}
"""A thing of each sort; the sample has no agreement."""


def named() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation with its path and method."""
    for path, methods in document()["paths"].items():
        yield from ((path, method, operation) for method, operation in methods.items())


def parameters() -> Iterator[dict[str, Any]]:
    for _, _, operation in named():
        yield from operation.get("parameters", ())


def test_nothing_in_a_schema_is_a_word_that_json_schema_does_not_know() -> None:
    for where, schema in schemas():
        assert not isinstance(schema, dict) or set(schema) <= KEYWORDS, where


def test_no_parameter_is_said_to_be_null_which_nobody_can_send() -> None:
    for parameter in parameters():
        schema = parameter["schema"]
        assert "type" in schema, parameter
        assert {"type": "null"} not in schema.get("anyOf", ()), parameter
        assert parameter["description"], parameter


def test_what_a_request_is_refused_without_is_said_to_be_needed() -> None:
    found = {
        operation["operationId"]: parameter["required"]
        for _, _, operation in named()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "If-Match"
    }
    assert found == {"record_events": False, "correct_event": True, "retract_event": True}


def test_every_group_is_described_and_has_operations() -> None:
    used = {tag for _, _, operation in named() for tag in operation["tags"]}
    assert used == {tag["name"] for tag in document()["tags"]} == {tag["name"] for tag in TAGS}
    assert all(tag["description"] for tag in document()["tags"])


def test_a_key_is_needed_to_record_and_where_others_get_in_to_read_as_well() -> None:
    key: dict[str, list[str]] = {"key": []}
    acts = {str(route.name): needed(route) for route in routes()}
    elsewhere = make_application(cast("Parley", None), local=False).openapi()
    for path, method, operation in named():
        own = acts[operation["operationId"]]
        guarded = bool(own)
        wanted = [key, {}] if own == {Act.READ} else [key]
        assert operation.get("security") == (wanted if guarded else None), path
        there = elsewhere["paths"][path][method].get("security")
        assert there == ([key] if guarded else None), path


def test_what_was_recorded_leads_to_reading_correcting_and_retracting_it() -> None:
    names = {operation["operationId"] for _, _, operation in named()}
    for path, method, operation in named():
        links = operation["responses"].get("201", {}).get("links", {})
        records = method == "post" and not {"scenarios", "webhooks"} & set(path.split("/"))
        assert bool(links) == records
        assert {link["operationId"] for link in links.values()} <= names


def test_the_headers_that_an_answer_may_have_are_described() -> None:
    described = document()["components"]["headers"]
    for path, _, operation in named():
        for response in operation["responses"].values():
            for name, header in response["headers"].items():
                assert header == {"$ref": f"#/components/headers/{name}"}, path
                assert described[name]["description"]


def test_of_every_answer_it_is_said_what_it_is() -> None:
    for path, _, operation in named():
        assert UNSAID not in {each["description"] for each in operation["responses"].values()}, path


def address_of(path: str, subject: str, webhook: str) -> str:
    """An address of this path that the sample answers; `subject` recorded it."""
    section = path.removesuffix("/{slug}").rpartition("/")[2]
    slug = SLUGS.get(section, "")
    own = {"slug": slug, "subject": subject, "webhook": webhook}
    address = path.format(**{**EXAMPLES, **own})
    return address + WITHOUT_DEFAULT.get(path, "")


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        pytest.param(path, each, id=path)
        for path, method, each in named()
        if method == "get" and "agreements/{slug}" not in path
    ],
)
def test_an_answer_has_the_headers_that_the_document_says(
    one: Served, path: str, operation: dict[str, Any]
) -> None:
    admin = make_key(one.parley, "headers", Role.ADMIN).secret
    webhook = webhooks.add(one.parley, "https://hooks.example.org/", WebhookFilter()).webhook.id
    asked = {parameter["name"] for parameter in operation.get("parameters", ())}
    narrow = {name: value for name, value in NARROW.items() if name in asked}
    address = httpx2.URL(address_of(path, one.parley.settings.subject, webhook))
    address = address.copy_merge_params(narrow)
    # A stream has no end, and its head is all that is looked at.
    with one.client.stream("GET", address, headers=bearer(admin)) as answer:
        assert answer.status_code == 200, answer.read()
    sent = operation["responses"]["200"]["headers"]
    assert set(sent) == {name for name in DESCRIBED if name in answer.headers}
    assert ("304" in operation["responses"]) == ("ETag" in answer.headers)
    assert ("If-None-Match" in asked) == ("ETag" in answer.headers)
    assert ("Accept-Datetime" in asked) == ("Memento-Datetime" in answer.headers)


def test_only_what_looks_at_the_caller_refuses_them() -> None:
    acts = {str(route.name): needed(route) for route in routes()}
    for path, _, operation in named():
        guarded = bool(acts[operation["operationId"]])
        refused = {"401", "403", "429"} & set(operation["responses"])
        assert refused == ({"401", "403", "429"} if guarded else set()), path


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_a_parameter_is_answered(one: Served, name: str) -> None:
    asked = [
        (path, parameter["in"])
        for path, method, operation in named()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == name and "example" in parameter and method == "get"
    ]
    assert asked
    admin = bearer(make_key(one.parley, "examples", Role.ADMIN).secret)
    for path, where in asked:
        if "{slug}" in path or path.endswith("/diff"):
            continue
        query = {name: str(EXAMPLES[name])} if where == "query" else {}
        answer = one.client.get(path.format(**EXAMPLES), params=query, headers=admin)
        assert answer.status_code == 200, answer.text
