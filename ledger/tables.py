"""The tables of the log, for SQLite and PostgreSQL alike; migrations/ makes them.

`events` holds the leaf, which is the truth, and beside it what the log is
asked by. Everything beside the leaf can be computed from it again, except the
idempotency keys, the API keys and the webhooks, which are no part of the record, the
signatures, which are of whoever made them, and the accesses.

| table            | one row for                                          |
|------------------|------------------------------------------------------|
| events           | an entry, by position                                |
| event_actors     | an actor that an entry names                         |
| event_imports    | an entry that was imported: what it was mapped from  |
| idempotency_keys | a request that asked to be recorded once             |
| log_head         | the log: its size, last time and Merkle frontier     |
| api_keys         | a key by its SHA-256: whose it is, and what for      |
| log_tiles        | a full tile of hashes (audit.tiles), and its root    |
| log_checkpoints  | a checkpoint that the log has signed, by size        |
| log_cosignatures | a witness that saw a checkpoint at a time            |
| log_keys         | the first key of an origin, which no entry announces |
| accesses         | that somebody took entries or proofs away            |
| webhooks         | an address that entries are sent to, and how far     |
| webhook_attempts | an attempt to send one there: the delivery log       |

Which index answers what (pages are keyset by position, never OFFSET):

| asked by                       | index                       |
|--------------------------------|-----------------------------|
| stream                         | uq_events_stream_version    |
| negotiation and kind           | ix_events_kind              |
| negotiation and thing          | ix_events_thing             |
| negotiation                    | ix_events_negotiation       |
| occurred window                | ix_events_occurred          |
| actor                          | primary key of event_actors |
| known at an instant            | primary key, by bisection   |

A filter without a negotiation asks each owner of streams in turn; there are few.
Every index is one page more that each append has to write and sync, so there is
none for what can be found without: recorded times rise with positions, which
have no gaps, so an instant is found by bisection.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, or a later migration could not take hold of it."""

UNKNOWN_START = -(2**31)
"""`earliest` where nobody says since when: before every minute the record can hold."""
CHANNEL = "parley_log"
"""The PostgreSQL channel that says the log has grown; a hint, never the news itself."""

metadata = MetaData(naming_convention=NAMING)

# SQLite gives a table with an INTEGER primary key no second B-tree.
Position = BigInteger().with_variant(Integer, "sqlite")
# A UUID is 16 bytes to PostgreSQL and readable text to SQLite, which has no such type.
EventId = Uuid(as_uuid=False).with_variant(String(36), "sqlite")

events = Table(
    "events",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    # Microseconds since the epoch, UTC; never less than the row before.
    Column("recorded_at", BigInteger, nullable=False),
    Column("stream", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # The columns below are null for events that are stored as they come.
    Column("id", EventId),
    Column("negotiation", Text),
    Column("thing", Text),
    # When it can have begun, in minutes since the epoch, and how far apart the
    # two are (ledger.window); null for events that hold at every date.
    Column("reach", SmallInteger),
    Column("earliest", Integer),
    Column("latest", Integer),
    Column("leaf_hash", LargeBinary(32), nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    UniqueConstraint("stream", "version", name="uq_events_stream_version"),
    UniqueConstraint("id"),
)

Index("ix_events_negotiation", events.c.negotiation, events.c.position)
Index("ix_events_kind", events.c.negotiation, events.c.kind, events.c.position)
Index("ix_events_thing", events.c.negotiation, events.c.thing, events.c.position)
Index(
    "ix_events_occurred",
    events.c.negotiation,
    events.c.reach,
    events.c.earliest,
    events.c.position,
    events.c.latest,
)

event_actors = Table(
    "event_actors",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("position", Position, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

event_imports = Table(
    "event_imports",
    metadata,
    # The first part of the stream: a negotiation or `commons`.
    Column("scope", Text, primary_key=True),
    Column("format", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    sqlite_with_rowid=False,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    # The events of one request stand side by side: `count` of them from `first`.
    Column("first", Position, nullable=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

log_head = Table(
    "log_head",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    CheckConstraint("one = 1", name="one_row"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("note", Text),
    # Microseconds since the epoch, UTC.
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    UniqueConstraint("digest"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    # What was asked for, as JSON; dates in it are as somebody wrote them.
    Column("filter", Text, nullable=False),
    Column("note", Text),
    # Kept as it is, because every delivery is signed with it.
    Column("secret", Text, nullable=False),
    # Signed with as well until then (microseconds since the epoch, UTC, as all times here).
    Column("former_secret", Text),
    Column("former_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    # The subject of whoever added it.
    Column("created_by", Text, nullable=False),
    # All that fits up to here was taken by the receiver.
    Column("position", Position, nullable=False),
    # active, paused or disabled, and why.
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("failures", Integer, nullable=False),
    Column("failing_since", BigInteger),
    # Not before then is the next attempt.
    Column("next_at", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    # Which process sends, until when; another takes over after that.
    Column("sender", Text),
    Column("sender_until", BigInteger, nullable=False),
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("webhook", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Position, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status", Integer),
    Column("milliseconds", Integer, nullable=False),
    sqlite_with_rowid=False,
)

log_tiles = Table(
    "log_tiles",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", Position, primary_key=True, autoincrement=False),
    # Before the hashes, which lie on pages of their own: a row of roots is a tile above.
    Column("root", LargeBinary(32), nullable=False),
    Column("hashes", LargeBinary(8_192), nullable=False),
)

log_checkpoints = Table(
    "log_checkpoints",
    metadata,
    Column("size", Position, primary_key=True, autoincrement=False),
    # The size of the one before, 0 for the first: two that follow the same one would be a fork.
    Column("follows", BigInteger, nullable=False),
    Column("origin", Text, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    # As the log signed it, without cosignatures.
    Column("note", LargeBinary, nullable=False),
    UniqueConstraint("follows"),
    CheckConstraint("follows < size", name="onwards"),
)

log_cosignatures = Table(
    "log_cosignatures",
    metadata,
    Column("size", Position, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("key_id", LargeBinary(4), primary_key=True),
    # Seconds since the epoch, as the witness says it.
    Column("seen_at", BigInteger, primary_key=True, autoincrement=False),
    Column("signature", LargeBinary, nullable=False),
)

log_keys = Table(
    "log_keys",
    metadata,
    Column("origin", Text, primary_key=True),
    # As C2SP writes it: name+id+key.
    Column("key", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)

accesses = Table(
    "accesses",
    metadata,
    Column("number", Position, Identity(), primary_key=True),
    Column("at", BigInteger, nullable=False),
    # Null for somebody who needed no key.
    Column("subject", Text),
    Column("auth", Text),
    Column("what", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("request", Text),
)

APPEND_ONLY = (
    *("events", "event_actors", "event_imports", "idempotency_keys"),
    *("log_tiles", "log_checkpoints", "log_cosignatures", "log_keys", "accesses"),
)
"""The tables that take new rows and nothing else; triggers refuse the rest."""
