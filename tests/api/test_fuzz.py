"""Whatever the document allows, and whatever it forbids, is answered as the document says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS

from api import reading
from api.application import make_application
from app.parley import Parley
from tests.api.conftest import Served

CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
EXAMPLES = int(os.environ.get("PARLEY_FUZZ", "2"))
"""Requests of each sort for each endpoint; a longer run is asked for by the variable."""

# The document is made of the code alone, and the server that is asked is the test's own.
schema = schemathesis.openapi.from_dict(make_application(cast("Parley", None)).openapi())


@pytest.fixture(scope="module")
def short_wait() -> Iterator[None]:
    """Nobody records anything meanwhile, so what is waited for does not come."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "MAX_WAIT", 0.0)
        yield


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@pytest.mark.timeout(300)
def test_no_request_is_answered_otherwise_than_the_document_says(
    case: schemathesis.Case[Any], each: Served, short_wait: None
) -> None:
    del short_wait
    checks: list[Any] = [CHECKS.get_one(name) for name in CHECKED]
    case.call_and_validate(base_url=str(each.client.base_url).rstrip("/"), checks=checks)
