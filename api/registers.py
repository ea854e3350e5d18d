"""The registers that all negotiations share: actors and sources."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.parameters import NegotiationName
from api.problems import refusals
from api.reading import Answering, AskedBy
from app import read
from app.register import Actors, Sources

router = APIRouter(tags=["things"])


@router.get(
    "/negotiations/{negotiation}/actors", response_model=Actors, responses=refusals("not-found")
)
def list_actors(negotiation: NegotiationName, reading: Answering, asked: AskedBy) -> Response:
    """List the actors on the register, as they are called by then."""
    return reading.memento(asked, lambda at: read.actors(reading.parley, negotiation, at))


@router.get(
    "/negotiations/{negotiation}/sources", response_model=Sources, responses=refusals("not-found")
)
def list_sources(negotiation: NegotiationName, reading: Answering, asked: AskedBy) -> Response:
    """List the sources on the register, as a bibliography would."""
    return reading.memento(asked, lambda at: read.sources(reading.parley, negotiation, at))
