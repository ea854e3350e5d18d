"""Many who ask at once all get their answer: they wait for a thread and a connection."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.api.conftest import CASE, Served

ASKERS = 60
"""More than the server has threads, or the database connections."""


def test_more_askers_than_threads_and_connections_are_all_answered(each: Served) -> None:
    paths = (f"/v1/negotiations/{CASE}/framework", "/v1/events", "/v1/search?q=force")

    def ask(number: int) -> int:
        return each.client.get(paths[number % len(paths)]).status_code

    with ThreadPoolExecutor(ASKERS) as askers:
        assert Counter(askers.map(ask, range(3 * ASKERS))) == {200: 3 * ASKERS}
