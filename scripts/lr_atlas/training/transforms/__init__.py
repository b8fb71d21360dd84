"""Transforms: functions of the training images before the network sees them."""
