"""Each part of the benchmarks once; `make bench` is these tests. No figure can fail them."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from time import monotonic

import pytest

from tests.bench.report import PARTS, format_page, format_section, parse_sections
from tests.bench.servers import Places
from tests.databases import Server

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


# The read model comes last: its logs take most of the time.
@pytest.mark.parametrize("part", PARTS)
def test_every_goal_is_measured_beside_its_peers(
    part: str, tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    started = monotonic()
    places = Places(tmp_path, server)
    figures = import_module(f"tests.bench.{part}").measure(places)
    section = format_section(part, places, monotonic() - started, figures)
    sections = parse_sections(PAGE.read_text("utf-8") if PAGE.exists() else "")
    PAGE.write_text(format_page(sections | {PARTS[part]: section}), "utf-8")
    with capsys.disabled():
        sys.stdout.write(f"\n\n{section}\n")
