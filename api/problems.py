"""Every refusal as problem details (RFC 9457): one table from what went wrong to what is answered.

`code` is stable: a program may decide by it. `detail` says the rule and the way out,
and `problems` each broken rule by its field. Nothing of the inside is ever shown.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.limits import MAX_TOLD, RETRY_AFTER
from domain import errors
from domain.errors import ParleyError, Problem, Unavailable

LOG = logging.getLogger("parley.http")
MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:parley:problem:"
"""How the type of a problem begins; the code follows."""


@dataclass(frozen=True, slots=True)
class Code:
    """A sort of refusal: its stable name, the status it is answered with, and its title.

    What `passes` is worth asking again a moment later.
    """

    name: str
    status: HTTPStatus
    title: str
    passes: bool = False


class BrokenRule(BaseModel):
    """One broken rule: where, which, and what to do about it."""

    model_config = ConfigDict(extra="forbid")

    field: str
    rule: str
    way_out: str
    index: int | None = Field(default=None, description="The place in the array that was sent.")


class ProblemDetails(BaseModel):
    """Why a request was refused, and the way out (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    instance: str = Field(description="What was asked for.")
    code: str = Field(description="The stable name of this sort of refusal.")
    request_id: str
    problems: tuple[BrokenRule, ...] = ()


class Refused(Exception):
    """A refusal that only HTTP knows; the field of its problem is the part that is at fault."""

    def __init__(
        self, code: Code, problem: Problem, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(str(problem))
        self.code, self.problem, self.headers = code, problem, headers


DEFECT = Code("defect", HTTPStatus.INTERNAL_SERVER_ERROR, "A defect of Parley")
INVALID = Code("invalid-input", HTTPStatus.UNPROCESSABLE_ENTITY, "The request breaks a rule")
MALFORMED = Code("malformed", HTTPStatus.BAD_REQUEST, "A header or the body cannot be read")
NO_ADDRESS = Code("no-such-address", HTTPStatus.NOT_FOUND, "Nothing is served at this address")
NOT_ALLOWED = Code("method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "Not with this method")
NOT_ACCEPTABLE = Code(
    "not-acceptable", HTTPStatus.NOT_ACCEPTABLE, "Not available in the form asked for"
)
TOO_LARGE = Code("content-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "It is too large")
UNAUTHENTICATED = Code("unauthenticated", HTTPStatus.UNAUTHORIZED, "A valid key is needed")
FORBIDDEN = Code("forbidden", HTTPStatus.FORBIDDEN, "It takes a key for another role")
UNSUPPORTED = Code(
    "unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is in another form"
)
REQUIRED = Code("precondition-required", HTTPStatus.PRECONDITION_REQUIRED, "If-Match is missing")
MISDIRECTED = Code("misdirected", HTTPStatus.MISDIRECTED_REQUEST, "Meant for another host")
RATE_LIMITED = Code("rate-limited", HTTPStatus.TOO_MANY_REQUESTS, "Too many requests")
TOO_SLOW = Code("too-slow", HTTPStatus.REQUEST_TIMEOUT, "The body came too slowly")
FULL = Code("too-many-streams", HTTPStatus.TOO_MANY_REQUESTS, "As many streams as may be are open")
BUSY = Code("busy", HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests are in work", passes=True)

_AWAY = HTTPStatus.SERVICE_UNAVAILABLE
BY_ERROR: Mapping[type[ParleyError], Code] = {
    errors.TooLarge: TOO_LARGE,
    errors.InvalidInput: INVALID,
    errors.OtherEpoch: Code("other-epoch", HTTPStatus.GONE, "The log was opened anew after that"),
    errors.NotFound: Code("not-found", HTTPStatus.NOT_FOUND, "The log does not hold it"),
    errors.StoryConflict: Code("story-conflict", HTTPStatus.CONFLICT, "It clashes with its story"),
    errors.VersionConflict: Code(
        "version-conflict", HTTPStatus.PRECONDITION_FAILED, "The stream is at another version"
    ),
    errors.KeyConflict: Code(
        "key-conflict", HTTPStatus.UNPROCESSABLE_ENTITY, "The key was used with another body"
    ),
    errors.DuplicateId: Code("duplicate-id", HTTPStatus.CONFLICT, "The event id is taken"),
    errors.Conflict: Code("conflict", HTTPStatus.CONFLICT, "It clashes with the log"),
    errors.ClockSetBack: Code("clock-set-back", _AWAY, "The clock stands before the log"),
    errors.DatabaseBehind: Code("database-behind", _AWAY, "The tables are to be upgraded"),
    errors.DatabaseAhead: Code("database-ahead", _AWAY, "The tables are of a newer Parley"),
    errors.DatabaseReadOnly: Code("database-read-only", _AWAY, "The database refuses writes"),
    errors.DatabaseFull: Code("database-full", _AWAY, "There is no room left"),
    errors.DatabaseLocked: Code(
        "database-locked", _AWAY, "Another process holds the log", passes=True
    ),
    errors.DatabaseGone: Code(
        "database-gone", _AWAY, "The database cannot be reached", passes=True
    ),
    errors.DatabaseDamaged: Code("database-damaged", _AWAY, "The database is damaged"),
    errors.UnsafeDurability: Code("unsafe-durability", _AWAY, "The database may forget"),
    errors.KeyUnusable: Code("key-unusable", _AWAY, "The signing key cannot be used"),
    errors.GuardUnusable: Code("guard-unusable", _AWAY, "Nothing says what was signed"),
    errors.BehindGuard: Code("behind-guard", _AWAY, "The database is not the one that was signed"),
    errors.TreeBroken: Code("tree-broken", _AWAY, "The log is not what was signed"),
    errors.SigningRefused: Code("signing-refused", _AWAY, "The log is not signed"),
    errors.Unavailable: Code("unavailable", _AWAY, "The log cannot answer now", passes=True),
}
"""The code of each domain error; the first that an error is an instance of is its own."""
BY_STATUS = {code.status: code for code in (NO_ADDRESS, NOT_ALLOWED, TOO_LARGE, MALFORMED)}
CODES = {
    code.name: code
    for code in (
        *(MALFORMED, NO_ADDRESS, NOT_ALLOWED, NOT_ACCEPTABLE, MISDIRECTED, DEFECT, BUSY),
        *(UNAUTHENTICATED, FORBIDDEN, UNSUPPORTED, REQUIRED, RATE_LIMITED, TOO_SLOW, FULL),
        *BY_ERROR.values(),
    )
}
"""Every code there is, by name."""
_SENT_AS = {
    "expected_version": ("If-Match", "If-None-Match"),
    "idempotency_key": ("Idempotency-Key",),
    "query": ("q",),
}
"""The headers and parameters that hold what is called otherwise where it is judged."""
_OPERATED = "ask again later, or tell whoever looks after the server"
"""The way out of what only its operator can mend; the log of the server tells them how."""


def code_of(error: ParleyError) -> Code:
    """The code of a domain error: that of its class, or of the nearest one above it."""
    return next(BY_ERROR[cls] for cls in type(error).__mro__ if cls in BY_ERROR)


def refusal(
    request: Request,
    code: Code,
    *problems: Problem,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a request that is refused; the line of the request says by which code."""
    request.scope.setdefault("state", {})["code"] = code.name
    details = ProblemDetails(
        type=f"{TYPE_PREFIX}{code.name}",
        title=code.title,
        status=code.status,
        detail="; ".join(str(_shortened(problem)) for problem in problems),
        instance=_sayable(request.url.path),
        code=code.name,
        request_id=request_id_of(request),
        problems=tuple(
            BrokenRule(field=p.field, rule=p.rule, way_out=p.way_out, index=p.index)
            for p in map(_shortened, problems)
        ),
    )
    again = {"Retry-After": str(RETRY_AFTER)} if code.passes else {}
    return Response(
        details.model_dump_json(exclude_none=True),
        code.status,
        {"Cache-Control": "no-store", **again, **(headers or {})},
        MEDIA_TYPE,
    )


def _shortened(problem: Problem) -> Problem:
    """The problem in texts that can be sent, however long what they repeat is."""
    field, rule, way_out = map(_sayable, (problem.field, problem.rule, problem.way_out))
    return Problem(field, rule, way_out, problem.index)


def _sayable(text: str) -> str:
    """A text that UTF-8 can hold: JSON can name a field by half a character."""
    if len(text) > MAX_TOLD:
        text = f"{text[:MAX_TOLD]}…"
    return text.encode("utf-8", "backslashreplace").decode()


def request_id_of(request: Request) -> str:
    """The id that the frame gave the request."""
    return str(request.scope.get("state", {}).get("request_id", ""))


async def on_parley_error(request: Request, error: Exception) -> Response:
    """Answer a refusal of the rooms below."""
    if not isinstance(error, ParleyError):
        raise error
    problems = [replace(p, field=_as_sent(request, p.field)) for p in error.problems]
    if isinstance(error, Unavailable):
        LOG.warning("%s", error, extra={"request": request_id_of(request)})
        problems = [replace(p, way_out=_OPERATED) for p in problems]
    return refusal(request, code_of(error), *problems)


def _as_sent(request: Request, field: str) -> str:
    """What the client calls a field for which the rooms below have a name of their own."""
    for name in _SENT_AS.get(field, ()):
        if name in request.headers or name in request.query_params:
            return name
    return field


async def on_refused(request: Request, error: Exception) -> Response:
    """Answer a refusal of this room."""
    if not isinstance(error, Refused):
        raise error
    return refusal(request, error.code, error.problem, headers=error.headers)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses by itself: an address, or a method."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    code = BY_STATUS.get(HTTPStatus(error.status_code), MALFORMED)
    if code is NOT_ALLOWED:
        named = {name.strip() for name in headers.get("Allow", "GET").split(",")}
        # What is answered to GET is to HEAD as well; the framework names them in no order.
        served = ", ".join(sorted(named | {"HEAD"} if "GET" in named else named))
        headers["Allow"] = served
        problem = Problem("method", f"{request.method} is not served here", f"use {served}")
    elif code is NO_ADDRESS:
        problem = Problem("path", "nothing is served here", "GET /openapi.json lists what is")
    else:
        problem = Problem("request", "cannot be read", "send it as HTTP/1.1 has it")
    return refusal(request, code, problem, headers=headers)


def declared(*headers: str) -> dict[str, Any]:
    """What a decorator says of the headers of an answer, which the document describes once."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}


_EVERYWHERE = ("invalid-input", "not-acceptable", "misdirected", "unavailable", "malformed")
_GUARDED = ("unauthenticated", "forbidden", "rate-limited")


def refusals(
    *codes: str, reads: bool = True, guarded: bool = True
) -> dict[int | str, dict[str, Any]]:
    """What an endpoint's decorator says of its refusals: those of every endpoint, and `codes`.

    What `reads` has answers that a client may have already, known by their ETag. Only what
    is `guarded` looks at who asks.
    """
    found: dict[int | str, list[str]] = {}
    for name in (*_EVERYWHERE, *(_GUARDED if guarded else ()), *codes):
        found.setdefault(int(CODES[name].status), []).append(CODES[name].title)
    schema = {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}
    told: dict[int | str, dict[str, Any]] = {
        status: {
            "description": "; ".join(dict.fromkeys(titles)),
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status, titles in found.items()
    }
    if reads:
        told[304] = {"description": "The client has it already: `If-None-Match` names it"}
    return told
