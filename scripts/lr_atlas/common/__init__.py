"""Errors, files, locks, words and numbers: everything that is of use to every room."""
