"""The only place that changes a schema; it never touches an event.

Alembic runs what is in here. It may import the tables of `ledger` and of
`projections` to compare itself with them; only `ledger`, `app` and `cli` may
know that it is there.
"""
