"""`make verify`: cached runs computed again and compared."""
