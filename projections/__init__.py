"""The world as of a date, as known at a date: slowly by the reference, at once by the read model.

`reference` folds the log. `projector` keeps rectangles of every story, the pile of
attacks and the words of search, and `read_model` looks into them. Either gives a
`world`; what is asked of it has a file named as its question, which holds the
shape and the query, in that order.

This room may import `ledger` and `domain`; `app` and the rooms above it may
import it, `exchange` may not.
"""
