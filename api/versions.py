"""Which program answers, and how far its log has come."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.problems import refusals
from api.reading import Answering
from app import version
from app.version import Version

router = APIRouter(tags=["program"])


@router.get("/version", response_model=Version, responses=refusals("not-found", reads=False))
def show_version(reading: Answering) -> Response:
    """Show the version of Parley, its newest rules, and the last position of the log."""
    return reading.now(lambda: version.running(reading.parley))
