"""What if: the framework with events that nobody recorded."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.bodies import Body, read_json
from api.parameters import NegotiationName
from api.problems import refusals
from api.reading import Answering, AskedBy
from api.recording import bodies_up_to
from app import scenarios
from app.supposing import MAX_SUPPOSED
from projections.scenario import Scenario

router = APIRouter(tags=["recording"])
_REFUSALS = (
    *("not-found", "story-conflict", "content-too-large", "unsupported-media-type", "too-slow"),
)


@router.post(
    "/negotiations/{negotiation}/scenarios",
    response_model=Scenario,
    responses=refusals(*_REFUSALS, reads=False),
    openapi_extra=bodies_up_to(MAX_SUPPOSED),
)
def suppose_events(
    negotiation: NegotiationName, reading: Answering, asked: AskedBy, body: Body
) -> Response:
    """Show the framework as it would be with more events, and what would be different.

    They are held against the log as a record is, but need no citation, and nothing is recorded.
    """
    return reading.now(lambda: _scenario(reading, negotiation, asked, body))


def _scenario(reading: Answering, negotiation: str, asked: AskedBy, body: bytes) -> Scenario:
    found = read_json(body)
    bodies = found if isinstance(found, list) else [found]
    return scenarios.scenario(reading.parley, negotiation, bodies, asked)
