"""EMNIST (digits), handwritten digits, as many of each."""

from lr_atlas.data.catalogue._emnist import DIGITS, emnist

DATASET = emnist("digits", DIGITS, (240_000, 40_000))
