"""What must hold for a write to be taken: the version of its stream, and its being the first."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from fastapi import Depends, Header
from starlette.requests import Request

from api.problems import MALFORMED, REQUIRED, Refused
from app.batch import MAX_NAME
from domain.errors import Problem

IF_MATCH = "If-Match"
IF_NONE_MATCH = "If-None-Match"
IDEMPOTENCY_KEY = "Idempotency-Key"
ANY = "*"
_TAG = re.compile(r'"(0|[1-9][0-9]{0,15})"', re.ASCII)
_WAY_OUT = 'write the version in quotation marks, such as "3"; * takes any'

IfMatch: TypeAlias = Annotated[
    str | None,
    Header(
        alias=IF_MATCH,
        description='The version that the stream must stand at, such as `"3"`: as many entries as '
        "it holds. `*` takes any.",
        json_schema_extra={"pattern": r'^(?:\*|"(?:0|[1-9][0-9]{0,15})")$'},
    ),
]
IfNoneMatch: TypeAlias = Annotated[
    str | None,
    Header(
        alias=IF_NONE_MATCH,
        description="`*`: the stream must not exist yet. Nothing else can be asked for.",
        json_schema_extra={"pattern": r"^\*$"},
    ),
]
IdempotencyKey: TypeAlias = Annotated[
    str | None,
    Header(
        alias=IDEMPOTENCY_KEY,
        min_length=1,
        max_length=MAX_NAME,
        description="A text of your choice that makes the request count once: sent again with the "
        "same body, it is answered as it was the first time, for ever.",
    ),
]


def check_once(request: Request, *names: str) -> None:
    """Raise Refused for a header that is sent twice: nobody could say which of them is meant."""
    for name in names:
        if len(request.headers.getlist(name)) > 1:
            raise Refused(MALFORMED, Problem(name, "is sent more than once", "send it once"))


async def version_of_match(
    request: Request, if_match: IfMatch = None, if_none_match: IfNoneMatch = None
) -> int | None:
    """The version that a record's stream must stand at; None for any."""
    check_once(request, IF_MATCH, IF_NONE_MATCH)
    if if_none_match is not None:
        if if_none_match.strip() != ANY or if_match is not None:
            rule = "can only be *, and without If-Match: the stream must not exist yet"
            raise Refused(MALFORMED, Problem(IF_NONE_MATCH, rule, "send * or leave it out"))
        return 0
    return None if if_match is None else _read(if_match)


async def version_required(request: Request, if_match: IfMatch = None) -> int | None:
    """The same for a correction or a retraction, which has to say what it was decided on."""
    check_once(request, IF_MATCH)
    if if_match is None:
        rule = "is missing: somebody else may have corrected the same thing meanwhile"
        raise Refused(REQUIRED, Problem(IF_MATCH, rule, _WAY_OUT))
    return _read(if_match)


Expected: TypeAlias = Annotated[int | None, Depends(version_of_match)]
ExpectedHere: TypeAlias = Annotated[int | None, Depends(version_required)]


def _read(text: str) -> int | None:
    if text.strip() == ANY:
        return None
    if (match := _TAG.fullmatch(text.strip())) is None:
        raise Refused(MALFORMED, Problem(IF_MATCH, f"{text!r} is no version", _WAY_OUT))
    return int(match[1])
