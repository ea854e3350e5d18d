"""Alembic's way in: the connection it is handed, or the database that `-x url=…` names."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

import projections.pile_tables
import projections.register_tables  # noqa: F401 - and so do these
from ledger.database import connect, transaction
from ledger.schema import take_turns
from ledger.tables import metadata as log
from projections.tables import metadata as read_models

BY_HAND = (
    *("areas_", "ix_rectangles_1_area", "ix_rectangles_2_area"),
    *("words_", "ix_texts_1_words", "ix_texts_2_words"),
)
"""What SQLAlchemy has no words for; the migrations make it by statements of their own."""


def is_ours(_: object, name: str | None, *__: object) -> bool:
    """Whether the tables in Python say anything about a table or an index in the database."""
    return name is None or not name.startswith(BY_HAND)


def run(connection: Connection) -> None:
    """Run the migrations inside the transaction of the connection's owner."""
    take_turns(connection)
    context.configure(
        connection=connection,
        target_metadata=[log, read_models],
        include_object=is_ours,
        compare_type=True,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Find the database and run."""
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    named = context.get_x_argument(as_dictionary=True).get("url")
    if not isinstance(named, str):
        raise SystemExit("name the database: alembic -x url=sqlite:////path.db …")
    engine = connect(named, create=True)
    with transaction(engine) as connection:
        run(connection)
    engine.dispose()


main()
