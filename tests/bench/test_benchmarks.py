"""One run of every benchmark; `make bench` is this test. No figure can fail it."""

from __future__ import annotations

import sys
from pathlib import Path
from time import monotonic

import pytest

from tests.bench import (
    as_of,
    backwards,
    bulk,
    many_callers,
    one_caller,
    proof,
    verification,
)
from tests.bench.report import format_heading, format_page, format_table
from tests.bench.servers import Places
from tests.databases import Server

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
# The read model comes last: its logs take most of the time.
PARTS = (one_caller, many_callers, bulk, proof, verification, backwards, as_of)


def test_every_goal_is_measured_beside_its_peers(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    started = monotonic()
    places = Places(tmp_path, server)
    figures = [line for part in PARTS for line in part.measure(places)]
    heading = format_heading(places, monotonic() - started)
    PAGE.write_text(format_page(heading, figures), "utf-8")
    with capsys.disabled():
        sys.stdout.write(f"\n\n{format_table(figures)}\n")
