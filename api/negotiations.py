"""The negotiations that the log holds."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.problems import refusals
from api.reading import Answering, AskedBy
from app import read
from app.register import Negotiations

router = APIRouter(tags=["negotiations"])


@router.get("/negotiations", response_model=Negotiations, responses=refusals("not-found"))
def list_negotiations(reading: Answering, asked: AskedBy) -> Response:
    """List the negotiations of the log, with their titles and whether they are open."""
    return reading.memento(asked, lambda clocks: read.negotiations(reading.parley, clocks))
