"""Webhooks over HTTP, for admins: where entries are sent to, and what became of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.accept import choose
from api.bodies import Body, read_as, takes
from api.callers import ADMINISTERS, Caller
from api.limits import MAX_CURSOR
from api.preconditions import IDEMPOTENCY_KEY
from api.problems import MALFORMED, Refused, refusals
from api.reading import JSON, AtOnce, dumped
from app import webhooks
from app.cursors import PATTERN
from app.webhook_answers import Attempts, NewSecret, Webhook, WebhookFilter, Webhooks
from app.webhooks import MAX_ATTEMPTS, MAX_NOTE, MAX_ROTATION, MAX_URL, ROTATION
from domain.errors import Problem

router = APIRouter(prefix="/webhooks", tags=["webhooks"], dependencies=[ADMINISTERS])
ATTEMPTS = 50
"""Attempts that are shown unless asked otherwise."""

Id: TypeAlias = Annotated[
    str, Path(pattern="^[0-9a-f]{12}$", description="The id of the webhook, as it was given.")
]
From: TypeAlias = Annotated[
    str | None,
    Query(
        pattern=PATTERN,
        max_length=MAX_CURSOR,
        description="Send again what came after this cursor; without it, go on where it was.",
    ),
]
Overlap: TypeAlias = Annotated[
    int,
    Query(
        ge=0,
        le=MAX_ROTATION,
        description="Seconds for which deliveries are signed with the former secret as well.",
    ),
]
Newest: TypeAlias = Annotated[
    int, Query(ge=1, le=MAX_ATTEMPTS, description="The most attempts to show.")
]


async def refuse_key(request: Request) -> None:
    """Raise Refused for an `Idempotency-Key`: a secret is not kept to be shown again."""
    if IDEMPOTENCY_KEY in request.headers:
        way_out = "leave it out; `GET /v1/webhooks` shows what was done"
        problem = Problem(IDEMPOTENCY_KEY, "counts for nothing here", way_out)
        raise Refused(MALFORMED, problem)


KEYLESS = Depends(refuse_key)
"""For every POST, so that nobody relies on a key that is not looked at."""


class NewWebhook(BaseModel):
    """Where entries are to be sent, and which."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=MAX_URL, description="Where to; https, and nowhere private.")
    filter: WebhookFilter = Field(
        default_factory=WebhookFilter, description="Which entries; by default all."
    )
    after: str | None = Field(
        default=None,
        pattern=PATTERN,
        max_length=MAX_CURSOR,
        description="Begin after this cursor; without it, with what is recorded next.",
    )
    note: str | None = Field(
        default=None, max_length=MAX_NOTE, description="What you will know it by."
    )


@router.get("", response_model=Webhooks, responses=refusals(reads=False))
def list_webhooks(reading: AtOnce) -> Response:
    """List every webhook: where to, how far it has come, and what is wrong with it."""
    return reading.now(lambda: webhooks.webhooks(reading.parley))


@router.post(
    "",
    dependencies=[KEYLESS],
    response_model=NewSecret,
    status_code=HTTPStatus.CREATED,
    responses=refusals(
        *("not-found", "other-epoch", "unsupported-media-type", "content-too-large"),
        *("too-slow", "malformed"),
        reads=False,
    ),
    openapi_extra=takes(
        {"$ref": f"#/components/schemas/{NewWebhook.__name__}"}, "Where to, and which entries."
    ),
)
def add_webhook(reading: AtOnce, caller: Annotated[Caller, ADMINISTERS], body: Body) -> Response:
    """Send what fits to an address from now on; the secret that signs it is shown this once."""
    choose(reading.request, [JSON])
    sent = read_as(NewWebhook, body)
    new = webhooks.add(
        reading.parley,
        sent.url,
        sent.filter,
        note=sent.note,
        after=sent.after,
        subject=caller.subject,
    )
    told = {"Location": f"/v1/webhooks/{new.webhook.id}", "Cache-Control": "no-store"}
    return Response(dumped(new), HTTPStatus.CREATED, told, JSON)


@router.get("/{webhook}", response_model=Webhook, responses=refusals("not-found", reads=False))
def show_webhook(webhook: Id, reading: AtOnce) -> Response:
    """Show one webhook, without its secret."""
    return reading.now(lambda: webhooks.webhook(reading.parley, webhook))


@router.delete(
    "/{webhook}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    response_description="It is removed",
    responses=refusals("not-found", reads=False),
)
def remove_webhook(webhook: Id, reading: AtOnce) -> Response:
    """Send nothing to it any more, and forget it and its delivery log."""
    webhooks.remove(reading.parley, webhook)
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})


@router.get(
    "/{webhook}/attempts", response_model=Attempts, responses=refusals("not-found", reads=False)
)
def list_attempts(webhook: Id, reading: AtOnce, limit: Newest = ATTEMPTS) -> Response:
    """Show what became of the last deliveries, newest first."""
    return reading.now(lambda: webhooks.attempts(reading.parley, webhook, limit))


@router.post(
    "/{webhook}/pause",
    dependencies=[KEYLESS],
    response_model=Webhook,
    responses=refusals("not-found", "malformed", reads=False),
)
def pause_webhook(webhook: Id, reading: AtOnce) -> Response:
    """Send nothing to it for now; what is recorded meanwhile waits."""
    return reading.now(lambda: webhooks.pause(reading.parley, webhook))


@router.post(
    "/{webhook}/resume",
    dependencies=[KEYLESS],
    response_model=Webhook,
    responses=refusals("not-found", "other-epoch", "malformed", reads=False),
)
def resume_webhook(webhook: Id, reading: AtOnce, after: From = None) -> Response:
    """Send to it again, from where it was, or what it was sent before once more (`after`)."""
    return reading.now(lambda: webhooks.resume(reading.parley, webhook, after))


@router.post(
    "/{webhook}/rotate",
    dependencies=[KEYLESS],
    response_model=NewSecret,
    responses=refusals("not-found", "malformed", reads=False),
)
def rotate_webhook(webhook: Id, reading: AtOnce, overlap: Overlap = ROTATION) -> Response:
    """Give it another secret, which is shown this once; for the overlap both are good."""
    return reading.now(lambda: webhooks.rotate(reading.parley, webhook, overlap))
