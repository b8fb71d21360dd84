"""`make suggest`: edits to a study by its findings."""
