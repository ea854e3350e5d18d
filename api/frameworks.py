"""The framework of a negotiation."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.parameters import NegotiationName, WithProof
from api.problems import refusals
from api.reading import Answering, AskedBy, Told
from app import read
from app.pinned import AskedFramework
from app.proving import proven_shape
from projections.answers import Framework

router = APIRouter(tags=["negotiations"])


@router.get(
    "/negotiations/{negotiation}/framework",
    response_model=Framework | proven_shape(Framework),
    responses=refusals("not-found"),
)
def show_framework(
    negotiation: NegotiationName, reading: Answering, asked: AskedBy, *, proof: WithProof = False
) -> Response:
    """Show the guarantee framework as of a date, as known at a position.

    Each status is computed from the record and names the events that decided it.
    """
    if proof:
        return reading.with_proof(
            asked,
            AskedFramework(),
            lambda at: read.framework(reading.parley, negotiation, at),
            negotiation=negotiation,
        )
    return reading.memento(
        asked, lambda at: Told(read.framework_json(reading.parley, negotiation, at))
    )
