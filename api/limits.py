"""How much of anything one request may ask for, and why so much."""

from __future__ import annotations

MAX_BODY = 8_000_000
"""Bytes of a body: an array of a hundred of the largest events, 60,000 bytes each, with room."""
MAX_AT_ONCE = 256
"""Requests in work at one time; forty of them have a thread, the others wait in memory."""
RETRY_AFTER = 1
"""Seconds after which to ask again where too many are in work, or the database is away."""
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
FOR_EVER = 31_536_000
"""Seconds of a year: for how long an answer that cannot change may be kept (RFC 9111)."""
COMPRESS_FROM = 1_400
"""Bytes below which an answer fits one packet as it is."""
GRACE = 20
"""Seconds that running requests have to end when the server is told to stop."""
MAX_REQUEST_ID = 64
"""Characters of a request id that a client brings; a UUID has 36."""
