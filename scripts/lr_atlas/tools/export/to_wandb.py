"""A study in Weights & Biases' offline folder, which `wandb sync` sends if somebody wants it."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import wandb

from lr_atlas.common.units import counted
from lr_atlas.studies.imported.raw import EXPORTED_KIND, OF_STUDY
from lr_atlas.tools.export.exported_runs import ExportedRun, exported_runs
from lr_atlas.tools.export.finished_study import FinishedStudy
from lr_atlas.tools.export.names import distinct

_NOT_IN_IDS = re.compile(r"[^\w.-]+")
_LONGEST_ID, _LONGEST_NAME = 64, 128


def write(study: FinishedStudy, folder: Path, _final: Path) -> list[str]:
    """Write a folder per run below `wandb`, and return what to say of them."""
    with _by_themselves(folder):
        runs = list(exported_runs(study))
        ids = distinct((run.name for run in runs), _id)
        for run in runs:
            _write_run(study, run, ids[run.name], folder)
        files = _write_study(study, folder)
        wandb.teardown()
    _remove_logs(folder / "wandb")
    return [
        f"{counted(len(runs), 'run')} of the project {study.name}, and {counted(files, 'file')} "
        "with a run of the study's name"
    ]


def _remove_logs(folder: Path) -> None:
    """Remove what W&B says of itself, and links to it: nothing of it is sent, or of the study."""
    for path in folder.iterdir():
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path / "logs", ignore_errors=True)


@contextmanager
def _by_themselves(folder: Path) -> Iterator[None]:
    """Let W&B keep its caches and settings in a folder that goes, whatever the environment says."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        del os.environ[name]
    with TemporaryDirectory(prefix="lr-atlas-") as own:
        places = ("CACHE_DIR", "CONFIG_DIR", "DATA_DIR", "ARTIFACT_DIR")
        os.environ.update({f"WANDB_{place}": own for place in places})
        os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=str(folder))
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _id(name: str) -> str:
    found = _NOT_IN_IDS.sub("-", name)
    return found[-_LONGEST_ID:].strip("-") or "run"


def _begin(study: FinishedStudy, folder: Path, **more: Any) -> Any:
    settings = wandb.Settings(
        mode="offline",
        silent=True,
        console="off",
        disable_git=True,
        disable_code=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )
    return wandb.init(
        project=_id(study.name), dir=folder, mode="offline", reinit=True, settings=settings, **more
    )


def _write_run(study: FinishedStudy, run: ExportedRun, number: str, folder: Path) -> None:
    logging = _begin(
        study,
        folder,
        id=number,
        name=run.name[:_LONGEST_NAME],
        group=run.setting[:_LONGEST_NAME],
        job_type="training",
        tags=[run.status],
        config={**run.parameters, **run.labels},
    )
    logging.define_metric("*", step_metric="epoch")
    for step, _, values in run.points():
        logging.log(values, step=step)
    logging.finish(exit_code=0)


def _write_study(study: FinishedStudy, folder: Path) -> int:
    """Write a run with the study's tables, texts and figures as its files; how many."""
    logging = _begin(
        study,
        folder,
        id=_id(f"{study.name}-study"),
        name=study.name[:_LONGEST_NAME],
        job_type="study",
        config={EXPORTED_KIND: OF_STUDY},
        notes=study.sentence,
    )
    files = study.shown_files()
    for path in files:
        copied = Path(logging.dir) / path.relative_to(study.folder)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
        logging.save(str(copied), base_path=logging.dir, policy="end")
    logging.finish(exit_code=0)
    return len(files)
