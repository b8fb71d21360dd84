"""The form of stored data: shape, classes, outputs and task, from the folder that it lies in."""

import json
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import read_plain
from lr_atlas.data.datasets import DATASETS
from lr_atlas.data.image_format import CLASSES, IMAGE_SIDE
from lr_atlas.data.stored_images import SOURCE
from lr_atlas.training.form import Form

#: The form of images whose folder does not name one; no folder did, while there was this one alone.
GREY_IMAGES = Form((IMAGE_SIDE, IMAGE_SIDE), CLASSES)


def form_of(folder: Path) -> Form:
    """Return the form of the data in a folder of results/data.

    Raises UserError if what says it cannot be read.
    """
    path = folder / SOURCE
    try:
        said = json.loads(read_plain(path))
        if "shape" in said:
            shape = tuple(int(each) for each in said["shape"])
            return Form(shape, int(said["outputs"]), str(said["task"]))
        dataset = DATASETS[said["dataset"]]
    except FileNotFoundError:
        return GREY_IMAGES
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} does not say the form of the data ({error}); remove the folder, and "
            "start again"
        ) from None
    return Form(dataset.shape, dataset.outputs, dataset.task)
