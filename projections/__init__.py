"""The world as of a date, as known at a date: one read model a file.

A file is named as the question it answers and holds the shape, the evolve and
the query, in that order. This room may import `ledger` and `domain`; `app` and
the rooms above it may import it, `exchange` may not.
"""
