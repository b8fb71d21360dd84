"""Judge runs of any kind in a moment: a verdict on groups of runs, and the noise of a baseline."""
