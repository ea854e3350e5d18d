"""Files in, files out, and the two directions are inverse.

What is written here can be read here and records nothing new, but for RO-Crate,
which only describes; `cases/` holds the sample negotiation. This room may import
`ledger`, `domain` and `audit`; `app` and the rooms above it may import it,
`projections` may not.
"""
