"""The sample case in a log with a fixed clock, and the questions whose whole answers are kept.

`python -m tests.golden.asking` writes the answers anew; read the difference row by
row before committing it, because the tests cannot tell a better answer from a worse one.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from app.clocks import Asked
from app.imports import import_case
from app.parley import Parley, open_parley
from app.read import framework
from app.scenarios import scenario
from app.settings import read_settings
from ledger.schema import upgrade

CASE = "ukraine-security-guarantees"
ANSWERS = Path(__file__).parent / "answers"
DATES = ("2024-06-01", "2025-01-01", "2025-08-15", "2025-08-31", "2025-09-06", "2025-09-11")
BEGINNING = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z in microseconds: when the case is loaded, as far as the log can tell."""
CEASEFIRE = {"kind": "condition.met", "slug": "ceasefire", "occurred": "2025-12-01"}
COMMITTED = {
    "kind": "pledge.strengthened",
    "slug": "force-26",
    "occurred": "2025-12-01",
    "level": "committed",
}
SCENARIOS = {"ceasefire": [CEASEFIRE], "ceasefire-and-committed": [CEASEFIRE, COMMITTED]}


@contextmanager
def loaded(url: str) -> Iterator[Parley]:
    """Parley with the sample case, on a database that is migrated and empty."""
    ticks = count(BEGINNING, 1_000_000)
    settings = read_settings(database_url=url, subject="ann", origin="example.org/golden")
    numbers = (UUID(int=number) for number in count(1))
    with open_parley(settings, clock=lambda: next(ticks), new_id=lambda: next(numbers)) as parley:
        import_case(parley, CASE)
        yield parley


def answers(parley: Parley) -> Iterator[tuple[str, str]]:
    """The name and the whole text of every answer that is kept."""
    for date in DATES:
        yield f"{date}.json", _text(framework(parley, CASE, Asked(date, "@87")))
    for name, bodies in SCENARIOS.items():
        asked = Asked("2025-12-02", "@87")
        yield f"scenario-{name}.json", _text(scenario(parley, CASE, bodies, asked))


def _text(answer: Any) -> str:  # noqa: ANN401 - any answer of the projections.
    plain = answer.model_dump(mode="json")
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every answer anew."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/golden.db"
        upgrade(url)
        with loaded(url) as parley:
            for name, text in answers(parley):
                (ANSWERS / name).write_text(text, encoding="utf-8")
                sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
