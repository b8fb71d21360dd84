"""The source that a crate packs, and whether it is the one that trained the runs."""

import contextlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import CodeError, file_digest, folder_digests
from lr_atlas.common.units import counted, shortened
from lr_atlas.runs.training_code import OWN, PACKAGE, PROGRAM_CODE, changed_code

#: The files and folders of the project that a study is trained, collected and drawn by.
_FILES = (
    *("Snakefile", "Makefile", "config.yaml", "config.schema.json", "pyproject.toml", "LICENSE"),
    *("README.md", "CHANGELOG.md", "CITATION.cff"),
)
_FOLDERS = ("rules", "scripts", "envs", "profiles", "report", "studies")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", ".*")


@dataclass(frozen=True)
class SourceCheck:
    """Say which runs the packed source has trained, by the digests that they recorded.

    Attributes:
        same: Runs that it has trained.
        changed: {run that other source has trained: the files by which it differs}.
        programs: Runs of a program of the user's, whose own files are not packed.
        elsewhere: Runs that say nothing of their source, as those from elsewhere.
        packages: What runs take from packages, with its version.
        files: How many files were compared.
    """

    same: tuple[str, ...]
    changed: Mapping[str, Sequence[str]]
    programs: tuple[str, ...]
    elsewhere: tuple[str, ...]
    packages: tuple[str, ...]
    files: int

    def sentences(self) -> list[str]:
        """Return in a sentence each what was found."""
        told = len(self.same) + len(self.changed)
        found = []
        if self.same and not self.changed:
            found.append(
                f"The source in this crate is the one that trained "
                f"{_all_of(len(self.same), 'run')}: the digests of {self.files} files are those "
                "that the runs recorded."
            )
        if self.changed:
            count = Counter(name for names in self.changed.values() for name in names)
            files = shortened([name for name, _ in count.most_common()])
            found.append(
                f"The source in this crate is not the one that trained {len(self.changed)} of "
                f"{counted(told, 'run')}: {files} differ from what these recorded."
            )
        if self.programs:
            found.append(
                f"{counted(len(self.programs), 'run')} by a program of one's own, whose files are "
                "not in this crate."
            )
        if self.elsewhere:
            found.append(
                f"{counted(len(self.elsewhere), 'run')} without a record of the source, as runs "
                "from elsewhere have none."
            )
        if self.packages:
            found.append(f"From packages: {', '.join(self.packages)}.")
        return found

    @property
    def is_whole(self) -> bool:
        """Return whether the source of every run is packed."""
        return not (self.changed or self.programs or self.elsewhere)


def _all_of(number: int, noun: str) -> str:
    return f"the {noun}" if number == 1 else f"all {counted(number, noun)}"


def pack_source(project: Path, folder: Path) -> None:
    """Copy the project's files into a folder, without what was compiled or is hidden.

    Raises UserError where this is no checkout of the project.
    """
    if not (project / "Snakefile").is_file():
        raise UserError(
            f"there is no Snakefile in {project}: an RO-Crate packs the source, and so is made "
            "from a checkout of the project (make export TO=ro-crate STUDY=…)"
        )
    folder.mkdir(parents=True)
    for name in _FILES:
        if (project / name).is_file():
            shutil.copyfile(project / name, folder / name)
    for name in _FOLDERS:
        if (project / name).is_dir():
            shutil.copytree(project / name, folder / name, ignore=_LEFT_OUT)


def pack_own_files(
    codes: Iterable[Mapping[str, str]], places: Sequence[Path], folder: Path
) -> dict[str, str]:
    """Copy files of one's own that runs name, and return {name among the digests: digest}.

    places: folders in which they may lie. Of several, the one with the digest that was recorded.
    """
    found: dict[str, str] = {}
    for name, digest in sorted({item for code in codes for item in code.items()}):
        if not name.startswith(OWN):
            continue
        path = name.removeprefix(OWN)
        there = [place / path for place in places if (place / path).is_file()]
        digests = {each: _digest(each) for each in there}
        best = next((each for each in there if digests[each] == digest), next(iter(there), None))
        if best is not None and found.get(name) != digest:
            # One that lies above the configuration stays within the crate all the same.
            copied = folder.joinpath(
                *(part for part in Path(path).parts if part not in ("..", "/"))
            )
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(best, copied)
            found[name] = digests[best]
    return found


def _digest(path: Path) -> str:
    with contextlib.suppress(CodeError):
        return file_digest(path)
    return ""


def check_source(
    runs: Iterable[str], descriptions: Mapping[str, dict], source: Path, own: Mapping[str, str]
) -> SourceCheck:
    """Return which of the runs a packed source has trained.

    descriptions: {run: content of its run.json}, of those that have one. source: the packed
    folder. own: see `pack_own_files`.
    """
    scripts = source / "scripts"
    packed = folder_digests(scripts / "lr_atlas" / "training", scripts) | dict(own)
    same, changed, programs, elsewhere = [], {}, [], []
    packages: set[str] = set()
    compared: set[str] = set()
    for run in runs:
        code = (descriptions.get(run) or {}).get("code")
        if not code:
            elsewhere.append(run)
            continue
        if code.keys() == PROGRAM_CODE.keys():
            programs.append(run)
            continue
        versions = {name: value for name, value in code.items() if name.startswith(PACKAGE)}
        packages |= {f"{name.removeprefix(PACKAGE)} {each}" for name, each in versions.items()}
        names = changed_code(code, packed | versions)
        compared |= code.keys() - versions.keys()
        if names:
            changed[run] = names
        else:
            same.append(run)
    return SourceCheck(
        tuple(same),
        changed,
        tuple(programs),
        tuple(elsewhere),
        tuple(sorted(packages)),
        len(compared),
    )


def own_places(directory: Path, project: Path) -> list[Path]:
    """Return folders of configurations in which files of one's own may lie.

    They are those of the last start of the workflow, and of what was started here before.
    """
    own = directory / ".snakemake" / "lr-atlas"
    found = [directory, project]
    started = read_started(directory)
    if isinstance(started.get("own_files"), str):
        found.insert(0, Path(started["own_files"]))
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        entries = json.loads((own / "configurations.json").read_text(encoding="utf-8"))
        found += [Path(path).parent for entry in entries for path in entry["files"]]
    return list(dict.fromkeys(found))


def read_started(directory: Path) -> dict:
    """Return the studies with which the workflow was last started, as plain values; maybe empty."""
    path = directory / ".snakemake" / "lr-atlas" / "started.json"
    with contextlib.suppress(OSError, ValueError):
        atlas = json.loads(path.read_text(encoding="utf-8")).get("atlas")
        return atlas if isinstance(atlas, dict) else {}
    return {}
