"""What a PostgreSQL server says is understood: who is kept from what, and what to do about it."""

from __future__ import annotations

import psycopg
import pytest

from domain.errors import (
    DatabaseDamaged,
    DatabaseGone,
    DatabaseLocked,
    DatabaseReadOnly,
    ParleyError,
)
from ledger.database import connect
from ledger.faults import refusal_of
from ledger.log import Ledger
from tests.databases import Server
from tests.ledger.drafts import pledge
from tests.ledger.well_said import assert_said_well


def _may_have_arrived(refusal: ParleyError) -> bool:
    return "may have arrived" in str(refusal)


@pytest.mark.postgres
def test_what_keeps_from_a_server_is_told_apart(server: Server) -> None:
    secret = "hunter2"  # noqa: S105 - it opens nothing
    named = f"postgresql://postgres:{secret}@/"
    for url, said in {
        f"{named}nothing_here?host={server.socket}": "no database of that name",
        f"postgresql://nobody:{secret}@/postgres?host={server.socket}": "not let this role in",
        f"{named}postgres?host=/nowhere": "nothing listens there",
        f"postgresql://nobody:{secret}@localhost:1/none": "nothing listens there",
    }.items():
        with pytest.raises(DatabaseGone, match=said) as caught:
            connect(url)
        assert_said_well(caught.value)
        assert secret not in str(caught.value)
        assert not _may_have_arrived(caught.value)


@pytest.mark.postgres
@pytest.mark.parametrize("right", ["SELECT ON events", "SELECT ON alembic_version", "schema"])
def test_a_role_that_may_not_read_is_told_so(
    server: Server, postgres_database: str, right: str
) -> None:
    name = postgres_database.split("/")[3].partition("?")[0]
    role = f"{name}_blind"
    with server.connect(name) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN".encode())
        owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}".encode())
        if right == "schema":
            owner.execute(b"REVOKE USAGE ON SCHEMA public FROM public")
        else:
            owner.execute(f"REVOKE {right} FROM {role}".encode())
    with (
        pytest.raises(DatabaseGone, match="this role may not read") as caught,
        Ledger(server.url(name, user=role)) as ledger,
    ):
        ledger.entry(1)
    assert_said_well(caught.value)
    assert "application_role" in str(caught.value)


@pytest.mark.postgres
def test_a_reader_that_waits_too_long_is_not_told_of_recording(postgres_database: str) -> None:
    with (
        Ledger(postgres_database, lock_timeout=0.2) as ledger,
        psycopg.connect(postgres_database) as other,
    ):
        other.execute("LOCK TABLE events, log_head IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DatabaseLocked, match="holds the log for too long") as reading:
            list(ledger.entries())
        with pytest.raises(DatabaseLocked, match="nothing was recorded") as writing:
            ledger.append([pledge()])
        other.rollback()
    for refusal in (reading.value, writing.value):
        assert_said_well(refusal)
    assert "record" not in str(reading.value)


SAID_BY_THE_SERVER = {
    "40001": (DatabaseLocked, "try again"),
    "40P01": (DatabaseLocked, "try again"),
    "57014": (DatabaseLocked, "took too long"),
    "08006": (DatabaseGone, "may have arrived"),
    "28000": (DatabaseGone, "not let this role in"),
    "3D000": (DatabaseGone, "no database of that name"),
    "57P01": (DatabaseGone, "may have arrived"),
    "42501": (DatabaseReadOnly, "refuses writes"),
    "XX001": (DatabaseDamaged, "damaged"),
}


@pytest.mark.postgres
@pytest.mark.parametrize("state", SAID_BY_THE_SERVER)
def test_what_a_server_says_to_a_writer_is_understood(postgres_database: str, state: str) -> None:
    sort, said = SAID_BY_THE_SERVER[state]
    with psycopg.connect(postgres_database, autocommit=True) as owner:
        owner.execute(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE"
            f" EXCEPTION 'SELECT' USING ERRCODE = '{state}'; END $$".encode()
        )
        owner.execute("CREATE TRIGGER spoil BEFORE UPDATE ON log_head EXECUTE FUNCTION spoil()")
    with Ledger(postgres_database) as ledger:
        with pytest.raises(sort, match=said) as caught:
            ledger.append([pledge()])
        assert_said_well(caught.value)
        assert ledger.head().size == 0


def test_a_host_that_nobody_knows_is_named_as_such() -> None:
    # Tests ask no name server, so this is what psycopg says when one has been asked.
    said = "failed to resolve host 'db.example': [Errno -2] Name or service not known"
    refusal = refusal_of(psycopg.OperationalError(said))

    assert isinstance(refusal, DatabaseGone)
    assert "no host of that name" in str(refusal)
