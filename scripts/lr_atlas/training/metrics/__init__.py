"""Metrics: what is measured of a run, in words; no run depends on them, and none needs torch."""
