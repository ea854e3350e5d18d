"""The body of a request: JSON in UTF-8, every number exact, read once and judged by the app."""

from __future__ import annotations

import re
from json import JSONDecodeError
from typing import Annotated, Any, TypeAlias, TypeVar

from fastapi import Depends
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from api.problems import MALFORMED, UNSUPPORTED, Refused
from app.bodies import check_size
from domain.errors import Problem
from domain.event import refusal_of
from exchange.jsonl import parse_json

JSON = "application/json"
_CHARSET = re.compile(r';[ \t]*charset=(?:"([^"]*)"|([^;]*))', re.ASCII | re.IGNORECASE)
Model = TypeVar("Model", bound=BaseModel)


async def body_of(request: Request) -> bytes:
    """The bytes of a body that is said to be JSON; raises Refused for another form."""
    said = request.headers.get("content-type", "")
    form = said.partition(";")[0].strip()
    if form.lower() != JSON:
        told = f"is {form!r}" if form else "is missing"
        raise Refused(UNSUPPORTED, Problem("Content-Type", told, f"send {JSON}"))
    # JSON is UTF-8 whatever is said of it (RFC 8259), and has no parameters; others are left be.
    spelled = _CHARSET.search(said)
    charset = (spelled[1] or spelled[2] or "").strip() if spelled else ""
    if charset.lower() not in {"", "utf-8", "utf8"}:
        raise Refused(UNSUPPORTED, Problem("Content-Type", f"says {charset!r}", "send UTF-8"))
    coding = request.headers.get("content-encoding", "").strip()
    if coding.lower() not in {"", "identity"}:
        way_out = "send the body as it is"
        raise Refused(UNSUPPORTED, Problem("Content-Encoding", f"is {coding!r}", way_out))
    return await request.body()


Body: TypeAlias = Annotated[bytes, Depends(body_of)]


def read_json(body: bytes) -> Any:  # noqa: ANN401 - whatever was sent; the app judges it.
    """The value that a body spells; raises Refused for what is no JSON, InvalidInput by field."""
    try:
        return parse_json(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        rule = f"is not UTF-8: byte {error.start} begins no character"
        raise Refused(MALFORMED, Problem("body", rule, "send it as UTF-8")) from None
    except ValueError as error:
        reason, where = str(error), ""
        if isinstance(error, JSONDecodeError):
            reason, where = error.msg, f" (line {error.lineno}, column {error.colno})"
        rule = f"is no JSON: {reason}{where}"
        raise Refused(MALFORMED, Problem("body", rule, "send one JSON value")) from None


def read_as(model: type[Model], body: bytes) -> Model:
    """A body of one shape; raises InvalidInput with every field that does not fit."""
    given = read_json(body)
    check_size(given)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise refusal_of(error) from None


def takes(schema: dict[str, Any], description: str) -> dict[str, Any]:
    """What a decorator says of a body that the endpoint reads itself."""
    content = {JSON: {"schema": schema}}
    return {"requestBody": {"required": True, "description": description, "content": content}}
