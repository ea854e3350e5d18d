"""The document of what is sent rather than answered (AsyncAPI 3): the stream and the webhooks.

It is made of the same schemas as that of the API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.cloud_events import EVENT, CloudEvent, Ended, Reached
from api.openapi import REFERENCE, document_of
from app.cursors import PATTERN
from feed.frames import BYE, CAUGHT_UP, PROGRESS
from projections.answers import Answer

Part: TypeAlias = dict[str, Any]
router = APIRouter(include_in_schema=False)
ADDRESS = "/v1/events/stream"
BINDING = "0.3.0"
"""The version of the HTTP binding of AsyncAPI that the document uses."""
_SCHEMES = "#/components/securitySchemes/key"
_NAMED: Mapping[str, tuple[type[Answer], str]] = {
    CAUGHT_UP: (Reached, "Everything up to this position has been sent."),
    PROGRESS: (Reached, "The log was looked through up to here, and nothing fitted."),
    BYE: (Ended, "The stream ends, and its client should come back with the last id."),
}
"""The events that tell of the stream itself: what each holds, and what it says."""


@router.get("/asyncapi.json")
def show_asyncapi(request: Request) -> Response:
    """Show what is sent to whoever asked to be sent it."""
    return JSONResponse(asyncapi_of(request.app, request.url.netloc, request.url.scheme))


def asyncapi_of(app: FastAPI, host: str, protocol: str) -> Part:
    """The document, as a server of this name tells it."""
    this = {"host": host, "protocol": protocol, "security": [{"$ref": _SCHEMES}]}
    return {**_document_of(app), "servers": {"this": this}}


def _document_of(app: FastAPI) -> Part:
    """The same for servers of all names, made once."""
    made: Part | None = getattr(app.state, "asyncapi", None)
    if made is None:
        made = app.state.asyncapi = _made(app)
    return made


def _made(app: FastAPI) -> Part:
    known = document_of(app)
    operation = known["paths"][ADDRESS]["get"]
    stream = ["entry", *_NAMED]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": app.title,
            "version": app.version,
            "description": "Every entry of the log as it is recorded: to clients that are "
            "connected, and to addresses that were named.",
            "license": {"name": known["info"]["license"]["name"]},
        },
        "defaultContentType": "application/json",
        # Each request names its own; here it has its place.
        "servers": {},
        "channels": {
            "stream": {
                "address": ADDRESS,
                "title": "The stream",
                "description": operation["description"],
                "messages": {name: _at("messages", name) for name in stream},
            },
            "webhook": {
                "address": None,
                "title": "A webhook",
                "description": "The address that somebody named.",
                "messages": {"delivery": _at("messages", "delivery")},
            },
        },
        "operations": {
            "sendToStream": _operation("stream", stream, "GET", _query(operation)),
            "sendToWebhook": _operation("webhook", ["delivery"], "POST", None),
        },
        "components": {
            "messages": _messages(),
            "schemas": dict(_reached(known["components"]["schemas"])),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _at(part: str, name: str) -> Part:
    return {"$ref": f"#/components/{part}/{name}"}


def _operation(channel: str, messages: list[str], method: str, query: Part | None) -> Part:
    bound: Part = {"method": method, "bindingVersion": BINDING}
    if query is not None:
        bound["query"] = query
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
        "bindings": {"http": bound},
    }


def _query(operation: Part) -> Part:
    """The parameters of the stream as one object, which is how the binding has them."""
    return {
        "type": "object",
        "properties": {
            each["name"]: {**each["schema"], "description": each["description"]}
            for each in operation["parameters"]
            if each["in"] == "query"
        },
        "additionalProperties": False,
    }


def _messages() -> Part:
    cursor = {"type": "string", "pattern": PATTERN}
    entry = REFERENCE.format(model=CloudEvent.__name__)
    named = {
        name: {
            "name": name,
            "title": name,
            "summary": summary,
            "headers": _headers(event={"const": name}, id=cursor),
            "payload": {"$ref": REFERENCE.format(model=told.__name__)},
        }
        for name, (told, summary) in _NAMED.items()
    }
    return {
        "entry": {
            "name": "entry",
            "title": "An entry",
            "summary": "An entry of the log as a CloudEvent; it has no `event`.",
            "headers": _headers(id=cursor),
            "payload": {"$ref": entry},
        },
        **named,
        "delivery": {
            "name": "delivery",
            "title": "An entry, delivered",
            "summary": "The same, signed as Standard Webhooks has it.",
            "contentType": EVENT,
            "headers": _headers(
                **{
                    "webhook-id": {"type": "string", "format": "uuid"},
                    "webhook-timestamp": {"type": "string", "pattern": "^[0-9]+$"},
                    "webhook-signature": {"type": "string"},
                }
            ),
            "payload": {"$ref": entry},
        },
    }


def _headers(**properties: Part) -> Part:
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _reached(schemas: Part) -> Iterator[tuple[str, Part]]:
    """The schemas that messages are made of, and no others."""
    seen: set[str] = set()
    ahead = [CloudEvent.__name__, *(told.__name__ for told, _ in _NAMED.values())]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            yield name, _plain(schemas[name])
            ahead += _references(schemas[name])


def _plain(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema.
    """A schema without what OpenAPI says in another way than AsyncAPI: the discriminator."""
    if isinstance(schema, dict):
        return {k: _plain(v) for k, v in schema.items() if k != "discriminator"}
    return [_plain(each) for each in schema] if isinstance(schema, list) else schema


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield reference.rpartition("/")[2]
        for each in schema.values():
            yield from _references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _references(each)
