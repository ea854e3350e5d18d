"""One function for each thing a user can do, the settings, and the only place that wires.

It may import every room below it (`projections`, `exchange`, `ledger`,
`domain`, `audit`); `api` and `cli` may import it, and they call nothing else
to get their work done.
"""
