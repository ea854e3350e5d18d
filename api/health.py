"""Is it running, and is it fit to answer?"""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.problems import refusals
from api.reading import AtOnce
from app import health
from app.health import Readiness

router = APIRouter(tags=["program"])


class Alive(BaseModel):
    """The process runs."""

    status: Literal["alive"] = "alive"


@router.get("/healthz", response_model=Alive, responses=refusals(reads=False, guarded=False))
async def is_alive(reading: AtOnce) -> Response:
    """Say that the process runs; nothing is asked of the database."""
    return reading.now(Alive)


@router.get("/readyz", response_model=Readiness, responses=refusals(reads=False, guarded=False))
def is_ready(reading: AtOnce) -> Response:
    """Say whether questions can be answered: the database, its tables, the read model's lag."""
    return reading.now(lambda: health.readiness(reading.parley))
