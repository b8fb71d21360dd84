"""EMNIST (bymerge), handwritten digits and letters, alike capital and small ones together."""

from lr_atlas.data.catalogue._emnist import CAPITALS, DIGITS, UNLIKE_CAPITALS, emnist

DATASET = emnist("bymerge", DIGITS + CAPITALS + UNLIKE_CAPITALS, (697_932, 116_323))
