from __future__ import annotations

import os
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from app.ids import id_maker, make_uuid7

times = st.integers(0, 250_000_000_000_000_000)
randomness = st.binary(min_size=8, max_size=8)


@given(times, randomness)
def test_an_id_is_a_uuid_of_version_7(time: int, random: bytes) -> None:
    made = make_uuid7(time, random)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == time // 1_000


@given(times, times, randomness, randomness)
def test_ids_sort_by_time_to_the_microsecond(a: int, b: int, one: bytes, other: bytes) -> None:
    if a < b:
        assert make_uuid7(a, one) < make_uuid7(b, other)


@given(times, randomness)
def test_all_that_is_random_comes_from_the_randomness_given(time: int, random: bytes) -> None:
    assert make_uuid7(time, random).int & ((1 << 62) - 1) == int.from_bytes(random, "big") % 2**62


def test_the_example_of_the_standard_is_made_again() -> None:
    # RFC 9562, appendix A.6: 2022-02-22T14:22:22-05:00 with rand_a = 0xCC3.
    made = make_uuid7(1_645_557_742_000_000, bytes.fromhex("18C4DC0C0C07398F"))
    expected = UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F").int
    assert made.int | 0xCC3 << 64 == expected


def test_a_maker_gives_another_id_at_each_call() -> None:
    make = id_maker(lambda: 1_000_000, os.urandom)
    assert len({make() for _ in range(1_000)}) == 1_000
