"""What can be recorded."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.problems import refusals
from api.reading import AtOnce
from app import kinds
from app.kinds import DescribedKind, Kinds
from domain.registry import KINDS

router = APIRouter(tags=["program"])
KindName = Annotated[
    str,
    Path(description="A kind, such as pledge.made.", json_schema_extra={"enum": list(KINDS)}),
]


@router.get("/kinds", response_model=Kinds, responses=refusals())
def list_kinds(reading: AtOnce) -> Response:
    """List the kinds of events, with what each cannot do without."""
    return reading.fixed(kinds.kinds)


@router.get("/kinds/{kind}", response_model=DescribedKind, responses=refusals("not-found"))
def show_kind(kind: KindName, reading: AtOnce) -> Response:
    """Show one kind: its JSON Schema, and an example that can be recorded."""
    return reading.fixed(lambda: kinds.describe(kind))
