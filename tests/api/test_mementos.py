"""An answer as of a date is a memento, and the time map leads to every one there is (RFC 7089)."""

from __future__ import annotations

import re

from tests.api.conftest import CASE, Served

BASE = f"/v1/negotiations/{CASE}"


def test_a_date_is_asked_for_by_a_header_as_well(each: Served) -> None:
    told = each.client.get(
        f"{BASE}/framework", headers={"Accept-Datetime": "Thu, 04 Sep 2025 12:00:30 GMT"}
    )
    asked = each.client.get(f"{BASE}/framework", params={"as_of": "2025-09-04T12:00Z"})
    assert told.json() == asked.json()
    assert told.headers["Memento-Datetime"] == "Thu, 04 Sep 2025 12:00:00 GMT"
    assert "Accept-Datetime" in told.headers["Vary"]
    assert each.client.get(told.headers["Content-Location"]).json() == asked.json()


def test_a_date_in_the_address_goes_before_the_header(each: Served) -> None:
    answer = each.client.get(
        f"{BASE}/framework",
        params={"as_of": "2025-09-11"},
        headers={"Accept-Datetime": "Thu, 04 Sep 2025 12:00:00 GMT"},
    )
    assert answer.headers["Memento-Datetime"] == "Thu, 11 Sep 2025 23:59:00 GMT"
    assert "Content-Location" not in answer.headers


def test_what_is_asked_for_now_is_the_original_and_no_memento(each: Served) -> None:
    answer = each.client.get(f"{BASE}/pledges", params={"known_at": "60"})
    assert "Memento-Datetime" not in answer.headers
    original = answer.links["original timegate"]["url"]
    assert original.endswith(f"{BASE}/pledges?known_at=60")
    assert answer.links["timemap"]["url"].endswith(f"{BASE}/timemap")


def test_the_earliest_and_the_latest_dates_can_be_asked_for(each: Served) -> None:
    for year, date in (("0001", "Mon, 01 Jan 0001"), ("5999", "Fri, 01 Jan 5999")):
        answer = each.client.get(f"{BASE}/framework", params={"as_of": f"{year}-01-01"})
        assert answer.headers["Memento-Datetime"] == f"{date} 23:59:00 GMT"


def test_the_time_map_lists_every_instant_once_and_in_order(each: Served) -> None:
    path = f"{BASE}/timemap"
    ticks = each.client.get(path).json()["ticks"]
    answer = each.client.get(path, headers={"Accept": "application/link-format"})
    assert answer.headers["Content-Type"].startswith("application/link-format")
    lines = answer.text.split(",\n")
    mementos = [re.search(r"as_of=([^>&]+)>", line) for line in lines if "memento" in line]
    found = [match[1].replace("%3A", ":") for match in mementos if match]
    assert found == sorted({tick["at"] for tick in ticks})
    assert 'rel="first memento"' in lines[2]
    assert 'rel="last memento"' in lines[-1]
    first = re.match(r"<([^>]+)>", lines[2])
    assert first is not None
    assert each.client.get(first[1]).status_code == 200
