"""Numbers of images that a run is trained and validated on."""

from typing import Literal, NamedTuple


class ImageCounts(NamedTuple):
    """Numbers of images."""

    training: int
    available: int  # of these many training images that are not held out
    validation: int


def image_counts(
    validation: int | Literal["test"],
    training_images: int | Literal["all"],
    in_training_set: int,
    in_test_set: int,
) -> ImageCounts:
    """Return the images of a run on a data set of this size.

    validation ("test" or a number), training_images ("all" or a number): as in a study.
    """
    held_out = 0 if validation == "test" else validation
    available = in_training_set - held_out
    return ImageCounts(
        available if training_images == "all" else training_images,
        available,
        held_out or in_test_set,
    )
