"""Schedules: functions that return the factor of the learning rate at a step."""
