"""An operator who has every right on the database, the signing key and the guard, and cheats.

What is done here leaves a log behind that is whole in every way Parley can see by
itself: entries, tiles, head, checkpoints and guard agree, and the key has signed it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from sqlalchemy import Connection, text

from api.serving import address_of, bound_to, make_server
from app.exporting import export_audit
from app.parley import Parley, open_parley
from app.settings import Settings
from app.sign_checkpoint import sign_checkpoint
from app.trusted_keys import policy_of
from audit.leaf import format_canonical, parse_canonical
from audit.policy import Policy
from audit.tree import Frontier
from ledger.checkpoints import StoredCheckpoint
from ledger.database import connect, is_sqlite, transaction
from ledger.replay import replay
from ledger.tables import APPEND_ONLY, log_head
from ledger.transaction import Head

EMPTIED = sorted({*APPEND_ONLY} - {"log_keys", "accesses", "idempotency_keys"})
PATIENCE = 30


@dataclass(frozen=True)
class Operator:
    """Runs a log with these settings, and shows it under one address."""

    settings: Settings
    clock: Callable[[], int]

    @contextmanager
    def opened(self) -> Iterator[Parley]:
        with open_parley(self.settings, clock=self.clock) as parley:
            yield parley

    def leaves(self) -> list[bytes]:
        with self.opened() as parley:
            return [leaf.data for leaf in parley.ledger.leaves()]

    def sign(self, *, new_guard: bool = False) -> StoredCheckpoint:
        """A new checkpoint, as an honest operator makes it, who has a guard."""
        with self.opened() as parley:
            return sign_checkpoint(parley, new_guard=new_guard)

    def replace_log(self, leaves: Iterable[bytes]) -> None:
        """Put another history in the place of the log, and forget what was signed."""
        engine = connect(self.settings.database_url)
        try:
            with transaction(engine) as connection, _unguarded(connection):
                for table in (*EMPTIED, log_head.name):
                    connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our names.
                empty = {"one": 1, "size": 0, "recorded_at": 0, "frontier": b""}
                connection.execute(log_head.insert(), empty)
                replay(connection, Head(0, 0, Frontier()), leaves)
        finally:
            engine.dispose()
        assert self.settings.guard_file is not None
        self.settings.guard_file.unlink(missing_ok=True)

    def export(self, folder: Path) -> Policy:
        """A clean export of what the log holds now, and the keys of the log."""
        with self.opened() as parley:
            export_audit(parley, folder)
            return policy_of(parley)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Where the log is served as it is now."""
        with self.opened() as parley, bound_to("127.0.0.1", 0) as bound:
            server = make_server(parley, local=True)
            thread = Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
            thread.start()
            try:
                yield f"{address_of(bound)}/v1/log"
            finally:
                server.should_exit = True
                thread.join(PATIENCE)


def edited(leaves: Sequence[bytes], position: int, summary: str) -> list[bytes]:
    """The same leaves, one of which says something else."""
    leaf = parse_canonical(leaves[position - 1])
    leaf["data"]["summary"] = summary
    return [*leaves[: position - 1], format_canonical(leaf), *leaves[position:]]


@contextmanager
def _unguarded(connection: Connection) -> Iterator[None]:
    """Take away what refuses changes, and put it back so that nobody sees it."""
    if not is_sqlite(connection.engine):
        tables = (*EMPTIED, log_head.name)
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        return
    triggers = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    kept = connection.execute(triggers).all()
    for name, _ in kept:
        connection.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _, sql in kept:
        connection.exec_driver_sql(sql)
