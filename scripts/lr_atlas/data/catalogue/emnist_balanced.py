"""EMNIST (balanced), handwritten digits and letters, as many of each."""

from lr_atlas.data.catalogue._emnist import CAPITALS, DIGITS, UNLIKE_CAPITALS, emnist

DATASET = emnist("balanced", DIGITS + CAPITALS + UNLIKE_CAPITALS, (112_800, 18_800))
