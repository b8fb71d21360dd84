"""The page of a study: its answer, tables, figures and curves in one file that needs no network."""
