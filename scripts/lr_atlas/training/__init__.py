"""All that decides the bytes of a run, and nothing else.

Imports nothing of this project outside itself.
"""
