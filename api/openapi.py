"""The document of the API (OpenAPI 3.1): what FastAPI finds, and what it cannot see.

Nothing in it is an object of which nothing is said: where the fields depend on the
kind of the event, every attribute that any kind has is listed with its types.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api import operations
from api.cloud_events import CloudEvent, Ended, LeafData, Reached
from api.problems import ProblemDetails
from api.reading import JSON
from api.recording import EVENT_BODY, ONE_BODY, CorrectionBody, RetractionBody
from api.webhooks import NewWebhook
from app import kinds
from domain.entries import EntryCorrected
from domain.event import ENVELOPE
from domain.registry import KINDS, dated

REFERENCE = "#/components/schemas/{model}"
ATTRIBUTES = "CorrectedAttributes"
CORRECTABLE = frozenset({"occurred", "cite"})
"""Fields that no `data` holds and that a correction may set all the same."""


def document_of(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            separate_input_output_schemas=app.separate_input_output_schemas,
            license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
            tags=operations.TAGS,
            servers=operations.SERVERS,
        )
        _complete(found["components"]["schemas"])
        operations.complete(found, app.routes, open_reading=app.state.open_reading)
        _give_examples(found["paths"])
        app.openapi_schema = found
    return app.openapi_schema


def _complete(schemas: dict[str, Any]) -> None:
    # A decorator can only name these: no endpoint gives them as its JSON.
    models = (ProblemDetails, CloudEvent, Reached, Ended, CorrectionBody, RetractionBody)
    unseen = [(model, "validation") for model in (*models, NewWebhook)]
    # Its parameter wants a mode that is a literal, which a list of pairs does not keep.
    _, more = models_json_schema(unseen, ref_template=REFERENCE)  # type: ignore[arg-type]
    schemas |= {name: each for name, each in more["$defs"].items() if name not in schemas}
    for kind in KINDS.values():
        own = schemas[kind.__name__] = dated(kind, schemas[kind.__name__])
        # Its own number of required fields follows the kind, which tells the union apart.
        own["required"] = ["kind", *(n for n in own.get("required", ()) if n != "kind")]
    schemas[LeafData.__name__] |= _attributes(schemas, ENVELOPE)
    schemas[ATTRIBUTES] = {
        "title": ATTRIBUTES,
        "description": "New values of attributes of the entry, whichever kind it is of.",
        **_attributes(schemas, ENVELOPE - CORRECTABLE),
    }
    for model in (EntryCorrected, CorrectionBody):
        changes = schemas[model.__name__]["properties"]
        changes["set"] = {"$ref": REFERENCE.format(model=ATTRIBUTES)}
    schemas[EVENT_BODY] = {
        "title": EVENT_BODY,
        "description": "The body of an event of whichever kind can be recorded; `kind` tells.",
        "oneOf": [{"$ref": each} for each in _recordable().values()],
        "discriminator": {"propertyName": "kind", "mapping": _recordable()},
    }


def _recordable() -> dict[str, str]:
    """Where each kind is told of that others than the log itself may record."""
    return {
        name: REFERENCE.format(model=kind.__name__)
        for name, kind in KINDS.items()
        if not name.startswith(kinds.BY_THE_LOG)
    }


def _example_of(kind: str) -> Any:  # noqa: ANN401 - the body of an event, as JSON.
    return kinds.describe(kind).model_dump(mode="json")["example"]


def _give_examples(paths: dict[str, Any]) -> None:
    """An example of each kind wherever a body can be of any."""
    for path in paths.values():
        body = path.get("post", {}).get("requestBody", {}).get("content", {}).get(JSON, {})
        if ONE_BODY in body.get("schema", {}).get("oneOf", ()):
            body["examples"] = {name: {"value": _example_of(name)} for name in _recordable()}


def _attributes(schemas: dict[str, Any], left_out: frozenset[str]) -> dict[str, Any]:
    """An object of every attribute that any kind has, with each of its types."""
    found: dict[str, list[Any]] = {}
    for kind in KINDS.values():
        for name, schema in schemas[kind.__name__]["properties"].items():
            named = kind is EntryCorrected and name == "set"
            own = {"$ref": REFERENCE.format(model=ATTRIBUTES)} if named else schema
            if name not in left_out and own not in found.setdefault(name, []):
                found[name].append(own)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: types[0] if len(types) == 1 else {"anyOf": types}
            for name, types in sorted(found.items())
            if types
        },
    }
