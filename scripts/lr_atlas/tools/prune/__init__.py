"""`make prune`: runs and checkpoints that no study asks for."""
