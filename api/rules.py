"""The rules that answers are computed by."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.problems import refusals
from api.reading import AtOnce
from app import rules
from app.rules import Rules

router = APIRouter(tags=["program"])


@router.get("/rules", response_model=Rules, responses=refusals())
def list_rules(reading: AtOnce) -> Response:
    """List the sets of rules; every answer names its own, and can be asked for by them again."""
    return reading.fixed(rules.rules)
