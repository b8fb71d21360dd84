"""Code that decides the bytes of a run, by which a finished one is up to date or stale.

A run depends on the core of `training`, and on those of its parts alone that the run uses: the
network, loss, optimizer and schedule that its configuration names, and the way in which its steps
were computed. Nothing else is part of a run: help texts, locks, messages and files of jobs may be
edited, and finished runs stay finished.
"""

import functools
import importlib.metadata
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from lr_atlas.common.fingerprint import (
    CodeError,
    fingerprint,
    folder_digests,
    imported_files,
)
from lr_atlas.common.own_code import own_code
from lr_atlas.runs.run_files import stamp
from lr_atlas.studies.run_identity import is_command
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.parts import (
    FOLDERS,
    LIBRARY_MODULE,
    PART_FOLDERS,
    STEPS,
    file_and_thing,
    file_stem,
    library_and_network,
    module_and_thing,
    named_parts,
    own_files_folder,
)
from lr_atlas.training.steps.precisions import BFLOAT16, precision_of

#: The key of all of it among the digests of scripts.
TRAINING = "training"

#: A run of a program depends on this in place of code of ours: the number is raised when a program
#: is told something else, or its table is read otherwise. Its inputs are part of the run's name.
PROGRAM_CODE = {"lr_atlas/runs/command_run.py": "1"}

_SCRIPTS = Path(__file__).parents[2]
_TRAINING = _SCRIPTS / "lr_atlas" / "training"
#: A way to compute the steps beside parts.STEPS, of runs that are trained as one.
STACKED = "stacked"
#: Begins the name of a file of one's own, and of a package, among the digests.
OWN, PACKAGE = "own file ", "package "


def training_code(configurations: Iterable[dict]) -> dict[str, str]:
    """Return {file: digest} of the folder `training`, the files relative to `scripts`.

    configurations: of runs, canonical, as Atlas.run_configurations; with the files of one's own
    that they name, the modules beside these that they import, and {package: version} of the
    packages. Those of an Atlas lie where it was loaded from, as long as no other is loaded.
    Raises CodeError for a file that is no Python, or not there.
    """
    return folder_digests(_TRAINING, _SCRIPTS) | code_of_own_parts(configurations)


def code_of_own_parts(configurations: Iterable[dict]) -> dict[str, str]:
    """Return those of `training_code` that are of files of one's own, and of packages."""
    code: dict[str, str] = {}
    for name in sorted({name for each in configurations for _, name in _named(each)}):
        if ":" in name or library_and_network(name):
            code |= _own_code(name) or _package_version(name)
    return code


def run_code(code: Mapping[str, str], configuration: dict, steps: str) -> dict[str, str]:
    """Return those of the digests that a run depends on.

    code: as `training_code` gives it. configuration: canonical. steps: the name of the way in which
    its steps were computed, a file in the folder `steps`.
    """
    if is_command(configuration):
        return dict(PROGRAM_CODE)
    used = set(_files_of_part("steps", steps))
    for kind, name in _named(configuration):
        used.update(_files_of_part(FOLDERS[kind], name))
    return {name: digest for name, digest in code.items() if _is_core(name) or name in used}


class Stamps:
    """The stamps of which a folder has one if its run is up to date.

    A machine with a GPU computes the steps in another way than one without, so there are several.
    """

    def __init__(self, code: Mapping[str, str], torch: str | None = None) -> None:
        """Take the present code, see `training_code`. torch: see run_files.stamp."""
        self._code, self._torch = code, torch
        self._found: dict[tuple, frozenset[str]] = {}

    def __call__(self, configuration: dict) -> frozenset[str]:
        """Return the stamps for a run of a canonical configuration."""
        return self._stamps(configuration, STACKED)

    def _stamps(self, configuration: dict, *more: str) -> frozenset[str]:
        """Return the stamps for a run by the ways to compute its steps; more: other ways."""
        ways = (BFLOAT16,) if precision_of(configuration) == BFLOAT16 else (*STEPS, *more)
        # Thousands of runs name the same few parts.
        key = ways, *_named(configuration)
        if key not in self._found:
            torch = None if is_command(configuration) else self._torch
            codes = [run_code(self._code, configuration, steps) for steps in ways]
            self._found[key] = frozenset(stamp(fingerprint(each), torch) for each in codes)
        return self._found[key]

    def of_all(self, configurations: Iterable[dict]) -> str:
        """Return one value (12 hex digits) for the code of all of these runs.

        Stacked steps do not count: they are asked for, and give what the others do.
        """
        found = {"|".join(sorted(self._stamps(each))) for each in configurations}
        return fingerprint(dict.fromkeys(found, ""))


def changed_code(found: Mapping[str, str], code: Mapping[str, str]) -> list[str]:
    """Return the files by which a run is stale.

    found: the digests that it depends on. code: the present ones of all, see `training_code`.
    """
    if found.keys() == PROGRAM_CODE.keys():
        return [] if found == PROGRAM_CODE else [*PROGRAM_CODE]
    names = {*found, *filter(_is_core, code)}
    return sorted(name for name in names if found.get(name) != code.get(name))


def _named(configuration: dict) -> list[tuple[str, str]]:
    """Return (kind, name) of all parts that a run uses; of a program's run none."""
    if is_command(configuration):
        return []
    return list(named_parts(complete_configuration(configuration)))


def _is_core(name: str) -> bool:
    """Return whether every run depends on a file, given by its name among the digests."""
    path = PurePosixPath(name)
    is_part = path.parent.name in PART_FOLDERS and path.name != "__init__.py"
    return not name.startswith((OWN, PACKAGE)) and not is_part


#: Reads the lists of files of all packages, which takes a good part of a second.
_distributions = functools.cache(importlib.metadata.packages_distributions)


@functools.cache
def _files_of_part(folder: str, name: str) -> tuple[str, ...]:
    """Return what a part depends on beside the core, by the names among the digests."""
    if ":" in name:
        return tuple(_own_code(name) or _package_version(name))
    library = library_and_network(name) if folder == FOLDERS["model"] else None
    found = set(_package_version(name)) if library else set()
    waiting = [_TRAINING / folder / f"{LIBRARY_MODULE if library else file_stem(name)}.py"]
    while waiting:
        path = waiting.pop()
        file = path.relative_to(_SCRIPTS).as_posix()
        if path.is_file() and not _is_core(file) and file not in found:
            found.add(file)
            waiting += imported_files(path, _SCRIPTS)
    return tuple(sorted(found))


def _own_code(name: str) -> dict[str, str]:
    """Return the digests of a file of one's own and of the modules beside it that it imports."""
    own = file_and_thing(name)
    if own is None:
        return {}
    found = own_code(own[0], own_files_folder())
    return {f"{OWN}{path}": digest for path, digest in found.items()}


def _package_version(name: str) -> dict[str, str]:
    """Return {package: version} of a thing of a package; torch's counts for every run already."""
    found = module_and_thing(name) or library_and_network(name)
    if found is None:
        return {}
    top = found[0].split(".")[0]
    if top == "torch":
        return {}
    distributions = _distributions().get(top, [top])
    try:
        return {f"{PACKAGE}{each}": importlib.metadata.version(each) for each in distributions}
    except importlib.metadata.PackageNotFoundError:
        raise CodeError(f"{name}: no package is installed that has {top}") from None
