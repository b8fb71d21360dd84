"""EMNIST (byclass), handwritten digits and letters, capital and small ones apart."""

from lr_atlas.data.catalogue._emnist import CAPITALS, DIGITS, SMALL, emnist

DATASET = emnist("byclass", DIGITS + CAPITALS + SMALL, (697_932, 116_323))
