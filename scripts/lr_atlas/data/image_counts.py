"""Numbers of images that a run is trained and validated on."""

from typing import Literal, NamedTuple


def number_held_out(share: float, in_training_set: int) -> int:
    """Return how many training images a share (above 0, below 1) of them is, one at least."""
    return max(1, round(share * in_training_set))


class ImageCounts(NamedTuple):
    """Numbers of images."""

    training: int
    available: int  # of these many training images that are not held out
    validation: int


def image_counts(
    validation: float | Literal["test", "given"],
    training_images: int | Literal["all"],
    in_training_set: int,
    in_test_set: int,
    in_validation_set: int = 0,
) -> ImageCounts:
    """Return the images of a run on a data set of this size.

    validation ("test", "given", a number or a share), training_images ("all" or a number): as in a
    study. in_validation_set: of the training images, those that the data itself holds out.
    """
    if validation == "test":
        held_out = 0
    elif validation == "given":
        held_out = in_validation_set
    else:
        is_share = 0 < validation < 1
        held_out = number_held_out(validation, in_training_set) if is_share else int(validation)
    available = in_training_set - held_out
    return ImageCounts(
        available if training_images == "all" else training_images,
        available,
        held_out or in_test_set,
    )
