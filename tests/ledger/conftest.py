"""What only the tests of the ledger need of the databases."""

from __future__ import annotations

from tests.databases import other_database

__all__ = ["other_database"]
