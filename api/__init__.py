"""HTTP in, one call, HTTP out.

One router file for each noun, its endpoints one call into `app` long, with every
response in the decorator. What all of them share stands in files of its own:
`frame` (what is done for every request), `reading` (clocks, caching), `problems`
(refusals). It may import `app` and the rooms below it; only `cli`, which starts
the server, may import it.
"""
