"""Files in, files out, and the two directions are inverse.

What is written here can be read here and records nothing new; `cases/` holds
the sample negotiation. This room may import `ledger` and `domain`; `app` and
the rooms above it may import it, `projections` may not.
"""
