"""All that decides the bytes of a run, and nothing else; imports nothing of this project outside itself."""
