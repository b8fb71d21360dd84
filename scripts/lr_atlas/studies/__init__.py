"""From a study to its runs: grid, identity, choice of settings."""
