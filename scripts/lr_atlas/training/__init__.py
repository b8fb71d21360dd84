"""Train runs: this package decides the bytes of a run, and does nothing else.

It imports nothing of this project outside itself.
"""
