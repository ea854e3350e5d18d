"""Anyone can check our log with this folder, the log and Python.

This room knows no database, and only `served` knows a network: bytes come in, and a
hash, a proof or a refusal goes out. It may use the standard library and
`cryptography`; every other room except `domain` may import it.
"""
