"""Schedules: functions that return, at a step, the factor of the learning rate or of another value.

Each is a pure function of the step, counted from 0, and where it has to know its end of `total`,
the steps in all; then the budget is part of what a run is. Its other arguments may be set in a
configuration. Those that are a `Length` or a `Moment` (_units.py) are given there as steps, as a
share of the run, or in epochs, and come here as steps.
"""
