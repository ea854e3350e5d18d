"""Events are only appended, only in order, and only here.

This room writes the log on SQLAlchemy Core, for SQLite and PostgreSQL alike,
and reads it back by position. It may import `domain` and `audit`; the rooms
above it (`projections`, `exchange`, `app`, `cli`) may import it.
"""
