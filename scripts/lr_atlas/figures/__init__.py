"""The figures of a study: pure functions from its tables to Matplotlib figures.

Accuracies in the tables are fractions from 0 to 1, in the figures per cent; times are in seconds.
"""
