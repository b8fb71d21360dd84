"""Images whose rows and columns are exchanged, as those of EMNIST's files are."""

from itertools import islice

from lr_atlas.data.image_format import IMAGE_SIDE, PIXELS

#: Class 1 of both published sets, the digit 1 and trousers, is far taller than wide: the variance
#: of the ink along the columns is 4.7 to 11.6 times that along the rows (measured, 100 images).
_CLASS = 1
_MOST_IMAGES = 100
_LYING = 1 / 3


def look_transposed(images: bytes, labels: bytes) -> bool:
    """Return whether the images of class 1 are far wider than tall.

    images: 28 x 28 bytes each, row by row; labels: a byte each. Digits or clothes are transposed
    then; of other images it says nothing.
    """
    found = (place for place, label in enumerate(labels) if label == _CLASS)
    down = across = 0.0
    for place in islice(found, _MOST_IMAGES):
        image = images[place * PIXELS : (place + 1) * PIXELS]
        down += _variance([sum(image[at : at + IMAGE_SIDE]) for at in range(0, PIXELS, IMAGE_SIDE)])
        across += _variance([sum(image[at::IMAGE_SIDE]) for at in range(IMAGE_SIDE)])
    return down < _LYING * across


def _variance(weights: list[int]) -> float:
    """Return the variance of the place in the list, each place with its weight."""
    total = sum(weights) or 1
    mean = sum(place * weight for place, weight in enumerate(weights)) / total
    return sum((place - mean) ** 2 * weight for place, weight in enumerate(weights)) / total
