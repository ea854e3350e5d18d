"""HTTP in, one call, HTTP out.

This room will hold the HTTP API. An endpoint is to be one call into `app`
long. It may import `app` and the rooms below it; only `cli`, which starts the
server, may import it.
"""
