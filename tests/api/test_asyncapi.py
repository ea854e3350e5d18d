"""The document of what is sent is one of AsyncAPI 3, and what is sent is as it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

import jsonschema_rs
import pytest
from httpx2 import Client

from api.application import make_application
from api.asyncapi import asyncapi_of
from app.read_log import cloud_events_of
from feed.frames import BYE, CAUGHT_UP, PROGRESS
from feed.subscriber import Why
from tests.api.conftest import Served
from tests.api.sse import messages_of, opened, until

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
REFERENCE: dict[str, Any] = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
    "additionalProperties": False,
}


def an(required: list[str], **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - schemas.
    """An object of these fields and no others."""
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def a_map_of(schema: dict[str, Any]) -> dict[str, Any]:
    names = {"pattern": r"^[\w\d.\-]+$"}
    return {"type": "object", "propertyNames": names, "additionalProperties": schema}


SCHEMA = {"type": ["object", "boolean"]}
MESSAGE = an(
    ["payload"],
    name=TEXT,
    title=TEXT,
    summary=TEXT,
    description=TEXT,
    contentType=TEXT,
    headers={"type": "object", "required": ["type"], "properties": {"type": {"const": "object"}}},
    payload=SCHEMA,
)
CHANNEL = an(
    ["address"],
    address={"type": ["string", "null"]},
    title=TEXT,
    description=TEXT,
    messages=a_map_of(REFERENCE),
)
HTTP = an(
    ["method", "bindingVersion"],
    method={"enum": ["GET", "POST"]},
    bindingVersion={"const": "0.3.0"},
    query={"type": "object", "required": ["type", "properties"]},
)
OPERATION = an(
    ["action", "channel"],
    action={"enum": ["send", "receive"]},
    channel=REFERENCE,
    messages={"type": "array", "items": REFERENCE},
    bindings=an(["http"], http=HTTP),
)
SERVER = an(
    ["host", "protocol"],
    host={"type": "string", "pattern": "^[^/ ]+$"},
    protocol=TEXT,
    security={"type": "array", "items": REFERENCE},
)
INFO = an(
    ["title", "version"],
    title=TEXT,
    version=TEXT,
    description=TEXT,
    license=an(["name"], name=TEXT),
)
DOCUMENT = an(
    ["asyncapi", "info"],
    asyncapi={"const": "3.0.0"},
    info=INFO,
    defaultContentType=TEXT,
    servers=a_map_of(SERVER),
    channels=a_map_of(CHANNEL),
    operations=a_map_of(OPERATION),
    components=an(
        [],
        messages=a_map_of(MESSAGE),
        schemas=a_map_of(SCHEMA),
        securitySchemes=a_map_of(an(["type", "scheme"], type={"const": "http"}, scheme=TEXT)),
    ),
)
"""What the specification says of the parts that the document has (AsyncAPI 3.0.0)."""


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    answer = client.get("/asyncapi.json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


def found_at(document: dict[str, Any], pointer: str) -> Any:  # noqa: ANN401 - any part of it.
    part: Any = document
    for name in pointer.removeprefix("#/").split("/"):
        part = part[name]
    return part


def validator(document: dict[str, Any], message: str) -> Any:  # noqa: ANN401 - of the library.
    """What holds a payload to the schema of a message."""
    payload = document["components"]["messages"][message]["payload"]
    return jsonschema_rs.validator_for({**payload, "components": document["components"]})


def test_it_is_a_document_of_asyncapi(document: dict[str, Any]) -> None:
    jsonschema_rs.validator_for(DOCUMENT).validate(document)


def test_every_reference_in_it_leads_somewhere(document: dict[str, Any]) -> None:
    found = list(references(document))
    assert len(found) > 10
    for reference in found:
        assert found_at(document, reference) is not None


def test_the_messages_of_an_operation_are_those_of_its_channel(document: dict[str, Any]) -> None:
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"]
        assert all(
            each["$ref"].startswith(f"{channel}/messages/") for each in operation["messages"]
        )


def test_every_schema_in_it_is_one(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.validator_for({**schema, "components": document["components"]})


def test_it_says_the_same_as_the_document_of_the_api(
    client: Client, document: dict[str, Any]
) -> None:
    known = client.get("/openapi.json").json()
    parameters = known["paths"]["/v1/events/stream"]["get"]["parameters"]
    query = document["operations"]["sendToStream"]["bindings"]["http"]["query"]
    asked = {each["name"] for each in parameters if each["in"] == "query"}
    assert set(query["properties"]) == asked
    assert "after" in asked


def test_what_the_stream_sends_is_as_it_says(one: Served, document: dict[str, Any]) -> None:
    with opened(one.client, after=0) as answer:
        found = until(messages_of(answer.iter_lines()), "caught-up")
    for message in found:
        validator(document, message.name or "entry").validate(message.data)
    assert {message.name for message in found} == {"", "caught-up"}


def test_what_a_webhook_is_sent_is_as_it_says(one: Served, document: dict[str, Any]) -> None:
    for body in cloud_events_of(one.parley, list(one.parley.ledger.entries())):
        validator(document, "delivery").validate(json.loads(body))


def test_what_is_something_else_is_not_as_it_says(document: dict[str, Any]) -> None:
    for payload in ({}, {"position": "1"}, {"reason": "tired"}):
        for message in ("entry", CAUGHT_UP, PROGRESS, BYE):
            assert not validator(document, message).is_valid(payload)
    for why in get_args(Why):
        validator(document, BYE).validate({"reason": why})
    assert not validator(document, BYE).is_valid({"position": 1})


def test_it_is_made_once_for_servers_of_all_names(one: Served) -> None:
    app = make_application(one.parley, local=True)
    first, second = (asyncapi_of(app, host, "http") for host in ("localhost", "127.0.0.1:80"))
    assert first["channels"] is second["channels"]
    assert [each["servers"]["this"]["host"] for each in (first, second)] == [
        "localhost",
        "127.0.0.1:80",
    ]
