"""`make compare`: what changed between two results folders or studies."""
