"""Languages of the figures."""
