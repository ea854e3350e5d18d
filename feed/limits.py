"""How much the feed does for whom, and why so much."""

from __future__ import annotations

RECENT = 1_000
"""Frames that stay in memory for whoever is a little late; of a kilobyte and a half, some two
megabytes, and as entries some five more."""
PAGE = 100
"""Entries that are read at once: by the tailer, and for somebody who catches up."""
FEW = 10
"""The same for somebody whose connection was full a moment ago, so that little is kept for them."""
LOT = 6_144
"""Bytes from which on frames are sent as one; a longer frame is a lot of its own."""
TURN = 128
"""Subscribers that are sent to before others of the loop have their turn: some two milliseconds."""
READERS = 4
"""Subscribers that read the log at one time; the others wait, so that writers get through."""
HEARTBEAT = 15.0
"""Seconds between two comments to a silent stream; proxies close what is silent for thirty."""
LIFE = 3_600.0
"""Seconds that a stream lasts at most; then its client comes back, perhaps to another process."""
SPREAD = 0.1
"""By how much of a life streams differ, so that not all come back at once."""
STEP = 1_000
"""Positions that are passed without a fitting entry before a client is told how far it is."""
BACK_OFF = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to reach a database that is away; the last again and again."""
SENDERS = 8
"""Receivers of webhooks that are sent to at one time; while as many hang, the others wait for the
answer time of one of them."""
ANSWER_TIME = 15.0
"""Seconds in which a receiver has to answer (Standard Webhooks recommends 15 to 30)."""
LEASE = 120.0
"""Seconds for which a process holds a receiver; longer than a turn, whose last delivery may take
half a minute to look up a name and twice the answer time beyond that."""
SENDING = 20.0
"""Seconds after which a receiver that has much to be sent lets others have their turn."""
SENDER_POLL = 1.0
"""Seconds between two looks for what is to be sent, if nobody says that there is something."""
RETRIES = (5.0, 30.0, 120.0, 600.0, 1_800.0, 3_600.0)
"""Seconds before the next attempt after so many failures; the last again and again."""
ERROR_WAIT = 120.0
"""Seconds before the next attempt after an error of ours, which a moment later is the same."""
JITTER = 0.2
"""By how much of it these differ, so that not all receivers of one host are asked at once."""
DISABLED_AFTER = 5 * 86_400.0
"""Seconds of failures without a break after which a receiver is given up, until a person says."""
LONGEST_WAIT = 3_600.0
"""Seconds for which a receiver's own `Retry-After` is respected at most."""
