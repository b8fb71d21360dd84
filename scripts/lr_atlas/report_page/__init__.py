"""The report over all studies: their answers on one page, with links to all that lies beside it."""
