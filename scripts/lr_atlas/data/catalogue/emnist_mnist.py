"""EMNIST (mnist), handwritten digits, cut out as those of MNIST."""

from lr_atlas.data.catalogue._emnist import DIGITS, emnist

DATASET = emnist("mnist", DIGITS, (60_000, 10_000))
