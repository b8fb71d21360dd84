"""Transforms: functions of the images before the network sees them."""
