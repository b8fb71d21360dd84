"""Data sets: found, checked, read, and stored as arrays."""
