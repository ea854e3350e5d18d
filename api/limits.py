"""How much of anything one request may ask for, and why so much."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something may be done: `at_once`, and then `a_second` of them for long."""

    a_second: float
    at_once: int


READ_RATE = Rate(500, 5_000)
"""Questions of one caller: more than a page or a script asks, and not all a process answers."""
WRITE_RATE = Rate(200, 1_000)
"""Requests of one caller to record or to suppose; whoever has more to say sends arrays."""
FAILURE_RATE = Rate(5, 100)
"""Keys that are not good, from one address: a forgotten job may go on trying, a flood may not."""
MAX_METERED = 10_000
"""Callers whose rates a process remembers, of each sort; a few hundred bytes each."""
MAX_REQUEST_BODY = 8_000_000
"""Bytes of a body: an array of a hundred of the largest events, 60,000 bytes each, with room."""
MAX_OPEN_BODY = 500_000
"""Bytes of a body from somebody without a key, who may suppose and not record: a hundred events of
the usual size several times over, and what everybody may have the server hold is bounded by it."""
MAX_TOLD = 2_000
"""Characters of each part of a refusal, which can repeat what was sent: enough to find it."""
MAX_AT_ONCE = 256
"""Requests in work at one time; forty of them have a thread, the others wait in memory."""
MAX_OF_ONE = 128
"""Of those the requests from one address: half, so that nobody shuts the server to the others."""
RETRY_AFTER = 1
"""Seconds after which to ask again where too many are in work, or the database is away."""
HEAD_TIME = 10.0
"""Seconds in which the head of a request has to come; it fits a few packets."""
BODY_TIME = 120.0
"""Seconds in which a body has to come: the longest at half a megabit a second."""
OPEN_BODY_TIME = 10.0
"""Seconds in which one has to come from somebody without a key, who could hold up others with it:
the longest of those comes in it at the same half a megabit a second."""
BODY_MARGIN = 5.0
"""Seconds beyond that after which the connection itself ends, if nobody was reading the body."""
WRITE_TIME = 30.0
"""Seconds in which a client has to read some of its answer that the system could not yet take."""
WRITE_LEAST = 30_000
"""Bytes that it has to read in that time: a kilobyte a second, less than any line has."""
PREFLIGHT_AGE = 600
"""Seconds for which a browser keeps that a page from elsewhere may ask (the Fetch standard)."""
PAGE = 50
"""Entries of a page unless asked otherwise: a few screens."""
MAX_PAGE = 1_000
"""The most entries of a page: of leaves of a kilobyte, a megabyte held in memory at once."""
MAX_POSITION = 2**53 - 1
"""The largest whole number that a JSON reader of every language keeps exact."""
MAX_CLOCK = 100
"""Characters of a date or an instant; the longest set of dates that is of use has half of it."""
MAX_QUERY = 2_000
"""Characters of a search: a long quotation."""
MAX_RULES = 10_000
"""The largest number that is read as that of a set of rules."""
MAX_WAIT = 5.0
"""Seconds to wait for a position; what was recorded elsewhere arrives in a fraction of one."""
WAIT_STEP = 0.05
"""Seconds between two looks at the log while waiting; a look takes less than a millisecond."""
MAX_WAITING = 100
"""Requests that may wait for a position at one time; they are looked after all at once."""
FOR_EVER = 31_536_000
"""Seconds of a year: for how long an answer that cannot change may be kept (RFC 9111)."""
COMPRESS_FROM = 1_400
"""Bytes below which an answer fits one packet as it is."""
MAX_CURSOR = 24
"""Characters of a cursor: an epoch, a dot and a position."""
RETRY = 2_000
"""Milliseconds after which the client of a stream that broke is asked to come back."""
CROWD = 100
"""Clients of streams who may come back at one time without anybody being sent away."""
CROWD_RETRY = 200
"""Milliseconds over which each further crowd is spread when all come back."""
RETRY_FULL = 30
"""Seconds after which to ask again where as many streams are open as may be."""
FAREWELL = 5.0
"""Seconds in which a client takes the end of its stream, or is cut off."""
STREAM_WRITE_TIME = 900.0
"""Seconds in which the client of a stream has to read some of what waits for it; it costs little,
and a laptop that slept goes on where it was. Whoever is cut off resumes from the last id."""
STREAM_BUFFER = 4_096
"""Bytes that wait for the client of a stream in memory before it counts as slow."""
STREAM_SOCKET = 32_768
"""Bytes that wait for it in the kernel, which takes twice as many for its own account; by
itself it would take megabytes for each client that does not read."""
COMPRESS_LEVEL = 1
"""How hard zlib tries: most of a large answer are ids, of which a higher level saves little more,
and it takes several times as long."""
COMPRESS_ASIDE = 65_536
"""Bytes from which on an answer is compressed in a thread beside those of others: what is done
between them takes a millisecond at most."""
GRACE = 20
"""Seconds that running requests have to end when the server is told to stop."""
MAX_REQUEST_ID = 64
"""Characters of a request id that a client brings; a UUID has 36."""
MAX_PATH = 80
"""Characters of the path of a tile; the longest there is has fewer than fifty."""
CHECKPOINT_AGE = 5
"""Seconds for which the newest checkpoint may be kept: half of what lies between two of them."""
