"""How much was pledged, allocated and delivered."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.parameters import NegotiationName
from api.problems import refusals
from api.reading import Answering, AskedBy
from app import read
from projections.totals import Totals

router = APIRouter(tags=["negotiations"])


@router.get(
    "/negotiations/{negotiation}/totals", response_model=Totals, responses=refusals("not-found")
)
def show_totals(negotiation: NegotiationName, reading: Answering, asked: AskedBy) -> Response:
    """Sum up pledges by actor, element, unit and currency; nothing is converted."""
    return reading.memento(asked, lambda at: read.totals(reading.parley, negotiation, at))
