"""The command line: one file a command.

A command reads its arguments, makes one call into `app`, and prints what came
back; every refusal becomes one documented exit code. It may import every other
room; no room may import it.
"""
