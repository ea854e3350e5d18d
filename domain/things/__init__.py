"""One file a thing: what can happen to it, where it can stand, and how it evolves."""
