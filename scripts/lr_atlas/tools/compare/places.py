"""Which studies two names on a command line mean: results folders, folders of studies, studies."""

from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.common.spelling import did_you_mean
from lr_atlas.runs.run_folders import explained_refusals
from lr_atlas.tables.study_tables import recorded_file

_RUN_FIRST = "Run the workflow there first"


@dataclass(frozen=True)
class _Place:
    """What one of the two names means."""

    given: str
    studies: dict[str, Path]  # the folders of its studies, by name
    is_single: bool  # a study, as opposed to a results folder


@explained_refusals()
def studies_to_compare(
    first: str, second: str, results: Path
) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Return (pairs of folders of studies, remarks on studies that only one side has).

    first, second: each a results folder, the folder of a study, or the name of a study in
    `results`. Of a results folder the studies are taken that the other one has too, by name. Raises
    UserError.
    """
    one, other = _place("A", first, results), _place("B", second, results)
    if one.is_single and other.is_single:
        pairs = list(zip(one.studies.values(), other.studies.values(), strict=True))
    else:
        names = [name for name in one.studies if name in other.studies]
        pairs = [(one.studies[name], other.studies[name]) for name in names]
    if not pairs:
        raise UserError(
            f"A and B have no study of the same name. A, {one.given}, has "
            f"{', '.join(one.studies)}; B, {other.given}, has {', '.join(other.studies)}. To "
            "compare two of them, give the folders of the studies"
        )
    for pair in pairs:
        if pair[0].resolve() == pair[1].resolve():
            raise UserError(f"A and B are the same, {pair[0]}: there is nothing to compare")
    if one.is_single or other.is_single:
        return pairs, []
    return pairs, [
        f"Only in {letter}: {', '.join(alone)}."
        for letter, place in (("A", one), ("B", other))
        if (alone := [name for name in place.studies if name not in names])
    ]


def _place(letter: str, given: str, results: Path) -> _Place:
    """Return what a name means. Raises UserError."""
    if not given:
        raise UserError(
            f"{letter} is not given. A and B are each a results folder, the folder of a study, or "
            "the name of a study in results"
        )
    path = Path(given)
    place = _place_of_path(letter, given, path)
    named = _studies_in(results).get(given)
    if named is None:
        if place is None:
            raise UserError(_not_found(letter, given, results))
        return place
    if place and path.resolve() != named.resolve():
        raise UserError(
            f"{letter}={given} is a folder here and a study in {results}. Give ./{given} for the "
            f"one or {named} for the other"
        )
    return _Place(given, {given: named}, is_single=True)


def _place_of_path(letter: str, given: str, path: Path) -> _Place | None:
    """Return what a path means; None if it is no results folder, nor that of a study."""
    if _has_tables(path):
        return _Place(given, {path.resolve().name: path}, is_single=True)
    for folder in (path, path / "results"):
        if (folder / "studies").is_dir() or (folder / "runs").is_dir():
            studies = _studies_in(folder)
            if not studies:
                raise UserError(f"{letter}={given} has no tables of a study yet. {_RUN_FIRST}")
            return _Place(given, studies, is_single=False)
    if path.is_dir() and path.resolve().parent.name == "studies":
        raise UserError(f"{letter}={given} has no tables of its runs yet. {_RUN_FIRST}")
    return None


def _not_found(letter: str, given: str, results: Path) -> str:
    """Return what to say of a name that means nothing."""
    path = Path(given)
    if path.exists():
        return (
            f"{letter}={given} is neither a results folder, which has studies/ in it, nor the "
            f"folder of a study, which has runs.parquet or runs.csv"
        )
    if path.name != given:
        nearest = did_you_mean(path.name, _folders_in(path.parent))
        return f"{letter}={given}: there is no such folder{nearest or '; look for its name'}"
    studies = list(_studies_in(results))
    text = f"{letter}={given}: there is no such folder here, and no such study in {results}"
    nearest = did_you_mean(given, [*studies, *_folders_in(Path())])
    has = f"It has {', '.join(studies)}" if studies else "It has no tables of any study"
    return f"{text}{nearest or '.'} {has}"


def _studies_in(results: Path) -> dict[str, Path]:
    """Return the folders of the studies that have tables, by name."""
    folder = results / "studies"
    return {name: folder / name for name in _folders_in(folder) if _has_tables(folder / name)}


def _has_tables(folder: Path) -> bool:
    return recorded_file(folder, "runs") is not None


def _folders_in(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir())
