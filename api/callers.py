"""Who asks, and whether they may: every endpoint names the act that it is.

A key comes as a bearer token (RFC 6750). Who shows none may read where reading is
open, and nothing else; a key that is not good is refused everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from sys import intern
from typing import Annotated, Any, TypeAlias, cast

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.problems import FORBIDDEN, UNAUTHENTICATED, Refused
from api.rates import Rates
from api.reading import Served
from app import keys
from app.keys import MAY, Act, Role
from app.parley import Parley
from domain.errors import Problem

_SCHEME = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A key of this Parley, as `parley keys add` shows it once.",
)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="parley"'}
_NOT_GOOD = {"WWW-Authenticate": 'Bearer realm="parley", error="invalid_token"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `subject` is what the log keeps of them, and `auth` how they proved to be it.

    `role` is None for somebody who shows no key; `shown` is the key, which goes nowhere else,
    and `key` its id.
    """

    subject: str | None
    role: Role | None
    auth: str | None
    acts: frozenset[Act]
    shown: str | None = field(default=None, repr=False)
    key: str | None = None

    def still(self, parley: Parley) -> None:
        """Raise Refused if the key was revoked since it was shown: the body may come late."""
        if self.shown is not None and keys.find_key(parley, self.shown) is None:
            raise _not_good()

    def must(self, act: Act) -> None:
        """Raise Refused unless the caller may do it."""
        if act in self.acts:
            return
        if self.role is None:
            rule, way_out = f"to {act} takes a key", "send `Authorization: Bearer` and your key"
            raise Refused(UNAUTHENTICATED, Problem("Authorization", rule, way_out), _CHALLENGE)
        able = ", ".join(role for role in Role if act in MAY[role])
        rule = f"a key for the role of {self.role} may not {act}"
        raise Refused(FORBIDDEN, Problem("Authorization", rule, f"use the key of one of: {able}"))


ANYBODY = Caller(None, None, None, frozenset({Act.READ}))
"""Who shows no key where reading is open."""
NOBODY = Caller(None, None, None, frozenset())
"""Who shows none where it is not."""


async def caller_of(
    request: Request,
    parley: Served,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_SCHEME)],
) -> Caller:
    """Who asks; raises Refused for a key that is not good, and for who asks too often."""
    rates = cast("Rates", request.app.state.rates)
    sent = request.headers.get("authorization")
    if sent is None:
        rates.take(request, None)
        return ANYBODY if request.app.state.open_reading else NOBODY
    rates.check_key(request, sent)
    key = None
    if shown is not None:
        key = await run_in_threadpool(keys.find_key, parley, shown.credentials)
    rates.tell_key(request, sent, good=key is not None)
    if shown is None or key is None:
        raise _not_good()
    rates.take(request, key.id)
    auth, acts = f"key:{key.id}", MAY[key.role]
    # Its id is kept for as long as a stream, and the same for many.
    return Caller(key.subject, key.role, auth, acts, shown.credentials, intern(key.id))


def _not_good() -> Refused:
    rule = "is no good key of this log"
    way_out = "send `Bearer` and a key as it was shown when it was made, or ask for a new one"
    return Refused(UNAUTHENTICATED, Problem("Authorization", rule, way_out), _NOT_GOOD)


def may(act: Act) -> Callable[..., Coroutine[Any, Any, Caller]]:
    """A dependency that gives the caller, once it is known that they may do an act."""

    async def permitted(request: Request, caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        caller.must(act)
        # For `api.reading`, which writes down who takes a proof away.
        request.state.caller = caller
        return caller

    # A function may carry attributes; by this one a test finds out what an endpoint asks for.
    permitted.act = act  # type: ignore[attr-defined]
    return permitted


READS = Depends(may(Act.READ))
AUDITS = Depends(may(Act.AUDIT))
Auditor: TypeAlias = Annotated[Caller, AUDITS]
ADMINISTERS = Depends(may(Act.ADMINISTER))
RecordingCaller: TypeAlias = Annotated[Caller, Depends(may(Act.RECORD))]
