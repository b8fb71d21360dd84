"""EMNIST (letters), handwritten letters, capital and small ones together."""

from lr_atlas.data.catalogue._emnist import SMALL, emnist

DATASET = emnist("letters", SMALL, (124_800, 20_800), labels_from=1)
