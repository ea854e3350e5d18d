"""The three verbs: record, correct, retract. Nothing that stands in the log is ever changed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.accept import choose
from api.bodies import Body, read_as, read_json, takes
from api.callers import RecordingCaller
from api.limits import MAX_POSITION
from api.metrics import metrics_of
from api.parameters import NegotiationName, Position
from api.preconditions import (
    IDEMPOTENCY_KEY,
    Expected,
    ExpectedHere,
    IdempotencyKey,
    check_once,
)
from api.problems import refusals, request_id_of
from api.reading import JSON, POSITION, Served, dumped
from app.bodies import MAX_ARRAY
from app.correct import correct
from app.keys import Act
from app.record import Recorded, record
from app.recorded import Outcome, outcome_of
from app.retract import retract
from app.scenarios import effect_of
from domain.entries import EntryEndorsed

router = APIRouter(tags=["recording"])
REPLAYED = "Idempotent-Replayed"
"""The header that says that an earlier request with the same key is answered once more."""
EVENT_BODY = "EventBody"
"""The name of the union of all bodies that can be recorded, in the document of the API."""
ONE_BODY = {"$ref": f"#/components/schemas/{EVENT_BODY}"}
"""What the document says of a body that is one event."""

DryRun: TypeAlias = Annotated[
    bool,
    Query(description="Check it and say what would be different; nothing is recorded."),
]


def bodies_up_to(most: int) -> dict[str, Any]:
    """What a decorator says of a body that is one event, or an array of up to so many."""
    several = {"type": "array", "items": ONE_BODY, "minItems": 1, "maxItems": most}
    told = f"The body of an event, or an array of up to {most:,} of them."
    return takes({"oneOf": [ONE_BODY, several]}, told)


class CorrectionBody(BaseModel):
    """New values of whole attributes of an entry, attributes to remove, and the reason."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"reason": "A misprint.", "set": {"occurred": "2025-02-10"}}]
        },
    )

    reason: str = Field(description="Why, in words.")
    set: dict[str, Any] = Field(default_factory=dict, description="Whole new values, by attribute.")
    unset: list[str] = Field(default_factory=list, description="Attributes to remove.")


class RetractionBody(BaseModel):
    """Why an entry should not stand, and which entry stands in its place."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"reason": "It was said of another pledge."}]},
    )

    reason: str = Field(description="Why, in words.")
    replaced_by: Annotated[int, Field(ge=1, le=MAX_POSITION)] | str | None = Field(
        default=None, description="The position or the id of the entry that stands in its place."
    )


class Writing:
    """One request to record, by whom and under which conditions."""

    def __init__(
        self,
        request: Request,
        parley: Served,
        caller: RecordingCaller,
        idempotency_key: IdempotencyKey = None,
        dry_run: DryRun = False,  # noqa: FBT002 - a parameter of the address.
    ) -> None:
        # What cannot be told to the client is not recorded either.
        choose(request, [JSON])
        check_once(request, IDEMPOTENCY_KEY)
        self.parley, self.caller = parley, caller
        self._key, self._dry_run = idempotency_key, dry_run
        self._request_id = request_id_of(request)
        self._metrics = metrics_of(request)

    def record(self, negotiation: str, body: bytes, version: int | None) -> Response:
        """Record what a body holds, one event or an array."""
        bodies = read_json(body)
        if _endorses(bodies):
            self.caller.must(Act.ENDORSE)
        recorded = record(
            self.parley, negotiation, bodies, expected_version=version, **self._conditions()
        )
        return self._told(recorded, negotiation)

    def correct(self, position: int, body: bytes, version: int | None) -> Response:
        """Correct an entry."""
        given = read_as(CorrectionBody, body)
        recorded = correct(
            self.parley,
            position,
            set=given.set,
            unset=given.unset,
            reason=given.reason,
            expected_version=version,
            **self._conditions(),
        )
        return self._told(recorded, recorded.entries[0].negotiation)

    def retract(self, position: int, body: bytes, version: int | None) -> Response:
        """Retract an entry."""
        given = read_as(RetractionBody, body)
        recorded = retract(
            self.parley,
            position,
            reason=given.reason,
            replaced_by=given.replaced_by,
            expected_version=version,
            **self._conditions(),
        )
        return self._told(recorded, recorded.entries[0].negotiation)

    def _conditions(self) -> dict[str, Any]:
        # The body is read by now, which may take its time.
        self.caller.still(self.parley)
        return {
            "subject": self.caller.subject,
            "auth": self.caller.auth,
            "key": self._key,
            "dry_run": self._dry_run,
            "request": self._request_id,
        }

    def _told(self, recorded: Recorded, negotiation: str) -> Response:
        """201 with receipts; 200 for a dry run, with what would be different."""
        last = recorded.entries[-1]
        if recorded.dry_run:
            answer = outcome_of(recorded, effect_of(self.parley, negotiation, recorded))
            return Response(dumped(answer), headers={"Cache-Control": "no-store"}, media_type=JSON)
        if not recorded.replayed:
            self._metrics.recorded(entry.kind for entry in recorded.entries)
        headers = {
            "Cache-Control": "no-store",
            POSITION: str(last.position),
            REPLAYED: "true" if recorded.replayed else "false",
        }
        if len(recorded.entries) == 1:
            # The version is what the next correction's If-Match has to name.
            headers |= {"Location": f"/v1/events/{last.position}", "ETag": f'"{last.version}"'}
        answer = outcome_of(recorded)
        return Response(dumped(answer), HTTPStatus.CREATED, headers, JSON)


Recording: TypeAlias = Annotated[Writing, Depends(Writing)]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Outcome, "description": "A dry run: nothing is recorded"},
    201: {"model": Outcome, "description": "Recorded, and durable"},
}
_REFUSALS = (
    *("not-found", "conflict", "story-conflict", "duplicate-id", "version-conflict"),
    *("key-conflict", "content-too-large", "unsupported-media-type", "too-slow"),
)


@router.post(
    "/negotiations/{negotiation}/events",
    status_code=HTTPStatus.CREATED,
    responses={**_ANSWERS, **refusals(*_REFUSALS, reads=False)},
    openapi_extra=bodies_up_to(MAX_ARRAY),
)
def record_events(
    negotiation: NegotiationName, writing: Recording, body: Body, version: Expected
) -> Response:
    """Record one event or an array of them: all of them or none.

    A refusal names every bad member by its index. `negotiation.opened` creates the negotiation;
    actors and sources go to the register that all negotiations share.
    """
    return writing.record(negotiation, body, version)


@router.post(
    "/events/{position}/corrections",
    status_code=HTTPStatus.CREATED,
    responses={**_ANSWERS, **refusals(*_REFUSALS, "precondition-required", reads=False)},
    openapi_extra=takes(
        {"$ref": f"#/components/schemas/{CorrectionBody.__name__}"}, "What was wrong, and why."
    ),
)
def correct_event(
    position: Position, writing: Recording, body: Body, version: ExpectedHere
) -> Response:
    """Correct an entry: whole new values of attributes. The old answer can still be asked for."""
    return writing.correct(position, body, version)


@router.post(
    "/events/{position}/retraction",
    status_code=HTTPStatus.CREATED,
    responses={**_ANSWERS, **refusals(*_REFUSALS, "precondition-required", reads=False)},
    openapi_extra=takes(
        {"$ref": f"#/components/schemas/{RetractionBody.__name__}"}, "Why it should not stand."
    ),
)
def retract_event(
    position: Position, writing: Recording, body: Body, version: ExpectedHere
) -> Response:
    """Retract an entry, which then counts no more; a retraction can be retracted as well."""
    return writing.retract(position, body, version)


def _endorses(bodies: object) -> bool:
    members = bodies if isinstance(bodies, list) else [bodies]
    return any(
        isinstance(body, dict) and body.get("kind") == EntryEndorsed.TOPIC for body in members
    )
