"""One function for each thing a user can do, the settings, and the only place that wires.

It may import every room below it (`projections`, `exchange`, `ledger`,
`domain`, `audit`); `api` and `cli` may import it. They record and ask through
it alone. Beside it they read and print: the kinds of `domain`, the shapes of
the answers in `projections`, the file formats of `exchange`; and `cli` pages
through the log and upgrades its tables on `ledger` itself, and asks
`projections` how far the read model is behind.
"""
