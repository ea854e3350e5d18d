"""How a server makes room for its streams, and says where it cannot."""

from __future__ import annotations

import logging

import pytest

from api.serving import LOG, allow_files

resource = pytest.importorskip("resource", reason="only Unix limits open files")


@pytest.mark.parametrize(("wanted", "told"), [(4_096, 0), (4_097, 1)])
def test_a_limit_of_the_system_that_is_too_low_is_told_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, wanted: int, told: int
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 4_096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: given.append(limits))
    with caplog.at_level(logging.WARNING, LOG.name):
        allow_files(wanted)
    assert given == [(4_096, 4_096)]
    assert len(caplog.messages) == told
    assert all("lower PARLEY_MAX_STREAMS" in each for each in caplog.messages)
