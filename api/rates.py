"""How often a caller may ask: by key, or by address where there is none.

Each process counts for itself. A rate is held by the generic cell rate algorithm
(ITU-T I.371, annex A): of every caller only the time is kept at which all that was
asked would have been asked at the lasting rate.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.requests import Request

from api.limits import FAILURE_RATE, MAX_METERED, READ_RATE, WRITE_RATE, Rate
from api.problems import RATE_LIMITED, Refused
from domain.errors import Problem

_IPV6_NETWORK = 64
"""Bits of an IPv6 address that one subscriber has: the others can be changed at will."""
_ASKS = frozenset({"GET", "HEAD", "OPTIONS"})


class Meter:
    """Who has used how much of a rate; those who used it longest ago are forgotten first."""

    def __init__(
        self, rate: Rate, clock: Callable[[], float] = time.monotonic, most: int = MAX_METERED
    ) -> None:
        self._apart, self._ahead = 1 / rate.a_second, (rate.at_once - 1) / rate.a_second
        self._clock, self._most = clock, most
        self._due: OrderedDict[str, float] = OrderedDict()

    def wait_of(self, who: str) -> float:
        """Seconds until somebody may; nought or less if they may now."""
        return self._due.get(who, 0.0) - self._ahead - self._clock()

    def count(self, who: str) -> None:
        """Somebody did it."""
        self._due[who] = max(self._due.get(who, 0.0), self._clock()) + self._apart
        self._due.move_to_end(who)
        if len(self._due) > self._most:
            self._due.popitem(last=False)

    def take(self, who: str) -> None:
        """Count it, or raise Refused if it is too early."""
        self.check(who)
        self.count(who)

    def check(self, who: str) -> None:
        """Raise Refused if it is too early."""
        wait = math.ceil(self.wait_of(who))
        if wait > 0:
            rule = "comes before its turn: this caller asks too often"
            raise Refused(
                RATE_LIMITED,
                Problem("request", rule, f"ask again in {wait} s, and then more slowly"),
                {"Retry-After": str(wait)},
            )


class Rates:
    """The rates of everybody who asks this process. Not for several threads."""

    def __init__(
        self,
        reads: Rate = READ_RATE,
        writes: Rate = WRITE_RATE,
        failures: Rate = FAILURE_RATE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reads, self._writes = Meter(reads, clock), Meter(writes, clock)
        self._failures = Meter(failures, clock)
        self._good: OrderedDict[bytes, None] = OrderedDict()

    def take(self, request: Request, key: str | None) -> None:
        """Count a request of the key with this id, or of its address; raise Refused too early."""
        meter = self._reads if request.method in _ASKS else self._writes
        meter.take(address_of(request) if key is None else f"key {key}")

    def check_key(self, request: Request, shown: str) -> None:
        """Raise Refused where too many keys from an address were not good.

        Who showed a good one before is not held up by what others at the address do.
        """
        if _digest(shown) not in self._good:
            self._failures.check(address_of(request))

    def tell_key(self, request: Request, shown: str, *, good: bool) -> None:
        """Remember what came of a key."""
        if not good:
            self._failures.count(address_of(request))
            return
        self._good[_digest(shown)] = None
        self._good.move_to_end(_digest(shown))
        if len(self._good) > MAX_METERED:
            self._good.popitem(last=False)


def address_of(request: Request) -> str:
    """The address of a client, or the network that one subscriber of IPv6 has."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address.packed, _IPV6_NETWORK), strict=False))
    return host


def _digest(shown: str) -> bytes:
    return hashlib.sha256(shown.encode()).digest()
