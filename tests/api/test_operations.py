"""The document says of each operation what a client needs: how to ask, who may, what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from api.application import make_application
from api.operations import EXAMPLES, TAGS
from app.keys import Act
from app.parley import Parley
from tests.api.conftest import Served
from tests.api.test_callers import needed, routes
from tests.api.test_document import document, schemas

KEYWORDS = {
    *("$defs", "$ref", "additionalProperties", "anyOf", "const", "default", "description"),
    *("discriminator", "enum", "examples", "exclusiveMaximum", "exclusiveMinimum", "format"),
    *("items", "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength"),
    *("minimum", "oneOf", "pattern", "patternProperties", "prefixItems", "properties"),
    *("propertyNames", "required", "title", "type"),
}


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
        records = method == "post" and "scenarios" not in path
        assert bool(links) == records
        assert {link["operationId"] for link in links.values()} <= names


def test_the_headers_that_an_answer_may_have_are_described() -> None:
    described = document()["components"]["headers"]
    for path, _, operation in named():
        for response in operation["responses"].values():
            for name, header in response["headers"].items():
                assert header == {"$ref": f"#/components/headers/{name}"}, path
                assert described[name]["description"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_a_parameter_is_answered(one: Served, name: str) -> None:
    asked = [
        (path, parameter["in"])
        for path, method, operation in named()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == name and "example" in parameter and method == "get"
    ]
    assert asked
    for path, where in asked:
        if "{slug}" in path or path.endswith("/diff"):
            continue
        query = {name: str(EXAMPLES[name])} if where == "query" else {}
        answer = one.client.get(path.format(**EXAMPLES), params=query)
        assert answer.status_code == 200, answer.text
