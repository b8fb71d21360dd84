"""MLflow's folder (`mlruns`): a folder per experiment and, in it, one per run."""

from pathlib import Path
from typing import Any

from lr_atlas.common.units import counted
from lr_atlas.studies.imported.content import ForeignFileError
from lr_atlas.studies.imported.formats._runs import (
    FAILED,
    FINISHED,
    RUNNING,
    STOPPED,
    ForeignRun,
    format_of_runs,
)
from lr_atlas.studies.imported.formats._small_files import (
    files_below,
    folders_in,
    text_of,
    yaml_of,
)
from lr_atlas.studies.imported.raw import EXPORTED

_META = "meta.yaml"
#: As MLflow numbers and names how a run ended.
STATUS = {
    **dict.fromkeys((1, "RUNNING", 2, "SCHEDULED"), RUNNING),
    **dict.fromkeys((3, "FINISHED"), FINISHED),
    **dict.fromkeys((4, "FAILED"), FAILED),
    **dict.fromkeys((5, "KILLED"), STOPPED),
}


def recognises(path: Path) -> bool:
    """Return whether a folder is a run of MLflow's, or has such runs in it or one below it."""
    return bool(path.is_dir() and _run_folders(path))


def _runs(path: Path, notes: list[str]) -> list[ForeignRun]:
    """Return all runs that are not deleted. Raises ForeignFileError with file and line."""
    folders = _run_folders(path)
    told = [(folder, yaml_of(folder / _META)) for folder in folders]
    kept = [each for each in told if each[1].get("lifecycle_stage", "active") == "active"]
    if len(kept) < len(told):
        deleted = counted(len(told) - len(kept), "run")
        notes.append(f"{path}: {deleted} that MLflow keeps as deleted left out")
    if not kept:
        raise ForeignFileError(path, "all runs are deleted in MLflow")
    kept.sort(key=_start)
    names: dict[Path, Any] = {}
    for folder, _ in kept:
        if folder.parent not in names:
            meta = folder.parent / _META
            names[folder.parent] = yaml_of(meta).get("name") if meta.is_file() else None
    return [_run(*each, names[each[0].parent]) for each in kept]


def _run_folders(path: Path) -> list[Path]:
    """Return the folders of runs: the folder itself, those in it, or those of its experiments."""
    if _is_run(path):
        return [path]
    inside = folders_in(path)
    runs = [folder for folder in inside if _is_run(folder)]
    if runs:
        return runs
    experiments = [folder for folder in inside if (folder / _META).is_file()]
    return [run for folder in experiments for run in folders_in(folder) if _is_run(run)]


def _start(told: tuple[Path, dict]) -> float:
    start = told[1].get("start_time")
    return start if isinstance(start, int | float) else 0


def _is_run(folder: Path) -> bool:
    """Return whether a folder has what MLflow makes for each run."""
    return (folder / _META).is_file() and (folder / "metrics").is_dir()


def _run(folder: Path, meta: dict, experiment: Any) -> ForeignRun:
    parameters = {name: text_of(path) for name, path in files_below(folder / "params")}
    if experiment is not None:
        parameters.setdefault("experiment", str(experiment))
    parameters |= {
        name: text_of(path)
        for name, path in files_below(folder / "tags")
        if name.startswith(EXPORTED)
    }
    run = ForeignRun(folder.name, folder, parameters, STATUS.get(meta.get("status")))
    for name, path in files_below(folder / "metrics"):
        for number, line in enumerate(text_of(path, most=2**28).splitlines(), 1):
            words = line.split()
            try:
                # Early versions write no step, and late ones more behind it.
                run.measure(name, int(words[2]) if len(words) > 2 else number - 1, float(words[1]))
            except (IndexError, ValueError):
                raise ForeignFileError(
                    path, f"'{line[:60]}' where time, value and step belong", number
                ) from None
    return run


FORMAT = format_of_runs("mlflow_folder", "MLflow's folder mlruns", recognises, _runs)
