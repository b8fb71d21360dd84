"""Find the studies that two names on a command line mean."""

from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.common.spelling import did_you_mean
from lr_atlas.tables.study_tables import recorded_file

_WHAT = "a results folder, the folder of a study in one, or the name of a study in results"


def studies_to_compare(
    first: str, second: str, results: Path
) -> tuple[list[tuple[Path, Path]], dict[str, list[str]]]:
    """Return (pairs of folders of studies, names of the others in A and in B).

    first, second: each the name of a study in `results`, the folder of a study, or a results
    folder. Compared are studies of the same name, or if each side has one alone, these. Raises
    UserError.
    """
    one, other = _studies("A", first, results), _studies("B", second, results)
    common = [name for name in one if name in other]
    pairs = [(one[name], other[name]) for name in common]
    if len(one) == len(other) == 1:
        pairs = list(zip(one.values(), other.values(), strict=True))
        common = [*one, *other]
    if not pairs:
        raise UserError(
            f"A and B have no study of the same name. A, {first}, has {', '.join(one)}; B, "
            f"{second}, has {', '.join(other)}. To compare two of them, give the studies' folders"
        )
    for before, after in pairs:
        if before.resolve() == after.resolve():
            raise UserError(f"A and B are the same, {before}: there is nothing to compare")
    sides = {"A": one, "B": other}
    return pairs, {
        letter: [name for name in side if name not in common] for letter, side in sides.items()
    }


def _studies(letter: str, given: str, results: Path) -> dict[str, Path]:
    """Return the folders of the studies that a name means. Raises UserError."""
    if not given:
        raise UserError(f"{letter} is not given. A and B are each {_WHAT}")
    known, path = _studies_in(results), Path(given)
    if given in known:
        return {given: known[given]}
    if recorded_file(path, "runs"):
        return {path.resolve().name: path}
    found = _studies_in(path) or _studies_in(path / "results")
    if found:
        return found
    beside = [each.name for each in path.parent.glob("*") if each.is_dir()]
    raise UserError(
        f"{letter}={given}: no tables of a study's runs are there, and no study of that name is in "
        f"{results}{did_you_mean(path.name, [*known, *beside]) or '.'} Give {_WHAT}: "
        f"{', '.join(known) or 'none is finished yet'}"
    )


def _studies_in(results: Path) -> dict[str, Path]:
    """Return the folders of the studies that have tables, by name."""
    folders = sorted((results / "studies").glob("*"))
    return {folder.name: folder for folder in folders if recorded_file(folder, "runs")}
