"""How every refusal has to be put."""

from __future__ import annotations

from domain.errors import ParleyError

SQL_WORDS = ("SELECT", "INSERT", "UPDATE", "psycopg", "sqlite3", "sqlalchemy", "Traceback", "$1")


def assert_said_well(refusal: ParleyError) -> None:
    """A refusal names the setting, the rule and the way out, and no SQL."""
    for problem in refusal.problems:
        assert problem.field
        assert problem.rule
        assert problem.way_out
    for word in SQL_WORDS:
        assert word not in str(refusal)
