"""A run on disk: its job, checkpoints, folder, costs."""
