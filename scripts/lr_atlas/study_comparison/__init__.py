"""Two studies compared from what lies on disk: configuration, versions, numbers. Nothing is run."""
