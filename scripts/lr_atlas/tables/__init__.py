"""Finished runs collected into tables."""
