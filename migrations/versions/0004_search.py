"""Search: the words of every entry as it stood, and the index that finds them.

The law of this folder stands in script.py.mako.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EDITIONS = (1, 2)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the texts of both editions, empty, and their indexes."""
    for edition in EDITIONS:
        make_texts(edition)
        if op.get_bind().dialect.name == "sqlite":
            make_words(edition)
        else:
            op.execute(
                f"CREATE INDEX ix_texts_{edition}_words ON texts_{edition} USING gin (words)"
            )


def downgrade() -> None:
    """Remove what can be made from the log again."""
    for edition in EDITIONS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TABLE words_{edition}_known")
            op.execute(f"DROP TABLE words_{edition}")
        op.drop_table(f"texts_{edition}")


def make_texts(edition: int) -> None:
    """A row for every form in which an entry ever stood."""
    op.create_table(
        f"texts_{edition}",
        sa.Column("position", NUMBER, autoincrement=False, nullable=False),
        sa.Column("known_from", NUMBER, autoincrement=False, nullable=False),
        sa.Column("known_to", sa.BigInteger, nullable=False),
        sa.Column("begins", sa.BigInteger, nullable=False),
        sa.Column("corrected_by", sa.Text),
        sa.Column("words", TSVECTOR().with_variant(sa.Text, "sqlite")),
        sa.PrimaryKeyConstraint("position", "known_from", name=f"pk_texts_{edition}"),
        sqlite_with_rowid=False,
    )


def make_words(edition: int) -> None:
    """The full-text index, which keeps no text, and the list of the words it knows.

    The words come folded and parted by spaces. The tokenizer `ascii` takes every
    character beyond ASCII for a letter, so it parts them nowhere else, whichever
    Unicode this SQLite knows.
    """
    op.execute(
        f"CREATE VIRTUAL TABLE words_{edition} USING fts5("
        "words, content='', columnsize=0, detail=none, tokenize='ascii')"
    )
    op.execute(f"CREATE VIRTUAL TABLE words_{edition}_known USING fts5vocab(words_{edition}, row)")
