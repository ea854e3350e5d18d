"""What the document of the API says of each operation besides what FastAPI finds.

Parameters as a client can send them, who may, the headers of an answer, and what
can be done next with what was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from api import mementos
from api.frame import REQUEST_ID
from api.preconditions import IF_MATCH, IF_NONE_MATCH
from api.problems import REQUIRED, declared
from api.reading import JSON, POSITION, ask, wait
from api.recording import REPLAYED
from app.keys import Act

Part = dict[str, Any]
TAGS: list[Part] = [
    {
        "name": "negotiations",
        "description": "A negotiation as of a date, as known at a position: its framework, "
        "sums, and what changed when.",
    },
    {
        "name": "things",
        "description": "Each sort of thing by itself, and one thing with its story.",
    },
    {
        "name": "log",
        "description": "Every entry as it was recorded, which never changes; and where "
        "something is said.",
    },
    {
        "name": "feed",
        "description": "Every entry as it is recorded, sent to whoever asked, from any "
        "position on.",
    },
    {
        "name": "proof",
        "description": "That nothing was altered, removed or put in later: signed checkpoints, "
        "tiles and proofs, as C2SP has them.",
    },
    {
        "name": "recording",
        "description": "Record, correct, retract; nothing that stands in the log is ever changed.",
    },
    {
        "name": "webhooks",
        "description": "Addresses that entries are sent to as they are recorded; for admins.",
    },
    {
        "name": "program",
        "description": "About this server: kinds, rules, version, health, measures.",
    },
]
"""The groups of operations, in the order of the reference page."""
SERVERS: list[Part] = [{"url": "/", "description": "The server that gave this document."}]
EXAMPLES = {
    "negotiation": "ukraine-security-guarantees",
    "position": 54,
    "kind": "pledge.made",
    "q": "force",
    "size": 87,
    "tile": "0/000.p/1",
    "bundle": "000.p/1",
}
"""Values, for what an address cannot do without, that the sample negotiation answers."""

UNSAID = "Successful Response"
"""What FastAPI says of an answer of which nothing is said."""
_HEADERS = {
    REQUEST_ID: "The id of the request, which the log of the server has as well.",
    POSITION: "The position of the log up to which the answer knows.",
    "ETag": "Of an answer: sent back in `If-None-Match`, it gets 304 while nothing has changed. "
    "Of what was recorded: the version that the stream now stands at, for `If-Match`.",
    "Location": "The address of the entry; not for an array.",
    REPLAYED: "`true` where an earlier request with the same `Idempotency-Key` is answered again.",
    "Link": "Where to go on: `rel=next` where there is more, and for an answer as of a date those "
    "of RFC 7089.",
    mementos.MEMENTO: "The date that was asked for, of an answer as of one (RFC 7089).",
    "Retry-After": "Seconds after which to ask again; only where it may be otherwise then.",
    "WWW-Authenticate": "That a bearer key is wanted (RFC 6750).",
}
_TAKEN = {
    IF_NONE_MATCH: "The `ETag` of an answer that the client has: 304 if it is still the same.",
    mementos.HEADER: "The date to answer as of, where `as_of` names none (RFC 7089), such as "
    "`Thu, 04 Sep 2025 12:00:00 GMT`.",
}
_TAKEN_WITH = {IF_NONE_MATCH: "ETag", mementos.HEADER: mementos.MEMENTO}
"""What can be sent where what is sent back."""
_OF_RECORDED = {"201": ("ETag", "Location", POSITION, REPLAYED)}
_OF_STATUS = {
    "401": ("WWW-Authenticate",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}
_FIRST = "$response.body#/recorded/0/position"
_ON_IT = {"path.position": _FIRST, f"header.{IF_MATCH}": "$response.header.ETag"}
_LINKS: dict[str, Part] = {
    "show": {
        "operationId": "show_event",
        "description": "The entry, or the first of them, as the log keeps it.",
        "parameters": {"path.position": _FIRST},
    },
    "correct": {
        "operationId": "correct_event",
        "description": "Correct it; `ETag` is what it is decided on.",
        "parameters": _ON_IT,
    },
    "retract": {
        "operationId": "retract_event",
        "description": "Take it back; a correction and a retraction as well.",
        "parameters": _ON_IT,
    },
}


def complete(document: Part, routes: Sequence[BaseRoute], *, open_reading: bool) -> None:
    """Say what is to be said of each operation; `open_reading` is without a key."""
    document["components"]["headers"] = {
        name: {"description": told, "schema": {"type": "string"}} for name, told in _HEADERS.items()
    }
    for operation, dependant in _operations(document["paths"], routes):
        for parameter in operation.get("parameters", ()):
            _settle(parameter)
        if str(int(REQUIRED.status)) in operation["responses"]:
            _require(operation, IF_MATCH)
        if open_reading and set(acts_of(dependant)) == {Act.READ}:
            # Either is enough: a key, or nothing.
            operation["security"] = [*operation.get("security", ()), {}]
        sent = sent_by(operation, dependant)
        _tell_headers(operation, sent)
        taken = [name for name, header in _TAKEN_WITH.items() if header in sent]
        if taken:
            operation.setdefault("parameters", []).extend(map(_header, taken))
        for response in operation["responses"].values():
            _tell_answer(response, document["components"]["schemas"])
        if _is_recorded(operation):
            operation["responses"]["201"]["links"] = _links_of(operation)


def acts_of(dependant: Dependant) -> Iterator[Act]:
    """The acts that a caller must be allowed, as the dependencies of an endpoint name them."""
    act = getattr(dependant.call, "act", None)
    if act is not None:
        yield act
    for inner in dependant.dependencies:
        yield from acts_of(inner)


def _header(name: str) -> Part:
    """A header that a request may have, and that no endpoint reads by itself."""
    told = {"name": name, "in": "header", "required": False, "description": _TAKEN[name]}
    return {**told, "schema": {"type": "string"}}


def _tell_answer(response: Part, schemas: Part) -> None:
    """Say what an answer is where nobody has: in the first words of its model."""
    schema = response.get("content", {}).get(JSON, {}).get("schema", {})
    # Of several shapes that an answer can have, the first is the plain one.
    reference = next(iter(schema.get("anyOf", [schema]))).get("$ref", "")
    model = schemas.get(reference.rpartition("/")[2], {})
    if response["description"] == UNSAID and "description" in model:
        response["description"] = model["description"].partition("\n\n")[0].replace("\n", " ")


def _is_recorded(operation: Part) -> bool:
    """Whether it can be answered by what was recorded in the log."""
    return "201" in operation["responses"] and "recording" in operation["tags"]


def _links_of(operation: Part) -> Part:
    """Where to go on. A correction or a retraction is taken back, and never corrected itself."""
    amends = operation["operationId"] in {_LINKS[n]["operationId"] for n in ("correct", "retract")}
    return {name: link for name, link in _LINKS.items() if not (amends and name == "correct")}


def _operations(paths: Part, routes: Sequence[BaseRoute]) -> Iterator[tuple[Part, Dependant]]:
    # FastAPI looks through the routers that an application includes; `routes` holds only those.
    for route in iter_route_contexts(routes):
        path = paths.get(route.path_format or "")
        if isinstance(route.original_route, APIRoute) and path is not None:
            for method in route.methods or ():
                yield path[method.lower()], route.dependant


def _settle(parameter: Part) -> None:
    """A parameter can be left out, but nobody can send null in an address or a header."""
    schema = parameter["schema"]
    # The name stands beside it, and so does what it means.
    own = {k: v for k, v in schema.items() if k not in {"anyOf", "title", "description"}}
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        own |= choices[0]
    elif choices:
        own["anyOf"] = choices
    parameter["schema"] = own
    if parameter["required"] and parameter["name"] in EXAMPLES:
        parameter["example"] = EXAMPLES[parameter["name"]]


def _require(operation: Part, name: str) -> None:
    """Without it the request is refused by a code of its own, so FastAPI takes it for optional."""
    for parameter in operation["parameters"]:
        if parameter["name"] == name:
            parameter["required"] = True


def sent_by(operation: Part, dependant: Dependant) -> tuple[str, ...]:
    """The headers of an answer that is known by its ETag; none of any other."""
    if "304" not in operation["responses"]:
        return ()
    asked = {parameter["name"] for parameter in operation.get("parameters", ())}
    # What may have to be waited for comes from the log.
    from_log = (POSITION,) if _depends_on(dependant, wait) else ()
    dated = (mementos.MEMENTO,) if _depends_on(dependant, ask) else ()
    return ("ETag", *from_log, *dated, *(("Link",) if asked & {"as_of", "limit"} else ()))


def _depends_on(dependant: Dependant, call: object) -> bool:
    return dependant.call is call or any(_depends_on(d, call) for d in dependant.dependencies)


def _tell_headers(operation: Part, sent: tuple[str, ...]) -> None:
    of_status = {**_OF_STATUS, **(_OF_RECORDED if _is_recorded(operation) else {})}
    for status, response in operation["responses"].items():
        names = sent if status in {"200", "304"} else of_status.get(status, ())
        response["headers"] = declared(REQUEST_ID, *names) | response.get("headers", {})
