"""Studies together with the present code of their runs.

Each configuration has the files of one's own beside it, which may bear the names of another's. So
their digests are taken when it is loaded, before the next one is.
"""

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.runs.training_code import training_code
from lr_atlas.studies.atlas import Atlas, load_atlas
from lr_atlas.studies.known_configurations import Configuration

AtlasAndCode = tuple[Atlas, dict[str, str]]


def load_with_code(files: Sequence[Path], overrides: dict) -> AtlasAndCode:
    """Return the studies of configuration files, see `load_atlas`, and their `training_code`."""
    atlas = load_atlas(files, overrides)
    return atlas, training_code(atlas.run_configurations)


def readable(configurations: Iterable[Configuration]) -> list[AtlasAndCode]:
    """Return the studies and the code of all that can be read."""
    found = []
    for each in configurations:
        with contextlib.suppress(UserError):
            found.append(load_with_code(each.files, each.overrides))
    return found
