"""The framework of a negotiation."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.parameters import NegotiationName
from api.problems import refusals
from api.reading import Answering, AskedBy, Told
from app import read
from projections.answers import Framework

router = APIRouter(tags=["negotiations"])


@router.get(
    "/negotiations/{negotiation}/framework",
    response_model=Framework,
    responses=refusals("not-found"),
)
def show_framework(negotiation: NegotiationName, reading: Answering, asked: AskedBy) -> Response:
    """Show the guarantee framework as of a date, as known at a position.

    Each status is computed from the record and names the events that decided it.
    """
    return reading.memento(
        asked, lambda at: Told(read.framework_json(reading.parley, negotiation, at))
    )
