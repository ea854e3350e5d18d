"""A new event reaches everyone who asked, in order, each once, from any position.

A subscription is a position. One `tailer` follows the log, each event becomes a
frame once, and the `hub` hands it to all who are there; who is late reads the log
by a position of their own. A subscriber is something to send bytes with; only
what posts to webhooks speaks HTTP.

This room may import `ledger` and `domain`; `app` and the rooms above it may import it.
"""
