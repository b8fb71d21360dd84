"""`make compare`: two results folders, setting by setting."""
