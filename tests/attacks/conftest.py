"""What the attacks need of the databases."""

from __future__ import annotations

from tests.databases import other_database

__all__ = ["other_database"]
