"""A test lives where its subject lives: tests/<room>/test_<subject>.py."""
