"""Runs in the cache of a project: which there are, where, and what they were made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.errors import UserError
from lr_atlas.common.json_shapes import has_shape
from lr_atlas.common.machine import kernel_choices
from lr_atlas.common.spelling import did_you_mean
from lr_atlas.runs.run_files import FILES
from lr_atlas.runs.run_folders import read_description, row_seconds
from lr_atlas.runs.training_code import Stamps, changed_code
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.training.parts import own_files_folder


@dataclass(frozen=True)
class RunCache:
    """The runs of the studies of `atlas` under the folder `results`."""

    atlas: Atlas
    results: Path
    code: dict[str, str]  # training_code.training_code

    def folder(self, run: Run) -> Path:
        """Return where the files of a run lie."""
        return self.results / "runs" / run.folder

    @property
    def checkpoint_directories(self) -> list[Path]:
        """Return where checkpoints lie, in the order in which training jobs look for them."""
        return self.atlas.checkpoint_directories(self.results)

    def studies(self, run: Run) -> dict[str, str]:
        """Return {study: its name for the setting} of the studies that ask for a run."""
        return {
            plan.study: other.setting
            for plan in self.atlas.plans.values()
            for other in plan.asked
            if (other.name, other.epochs) == (run.name, run.epochs)
        }

    def images(self, run: Run) -> list[Path]:
        """Return the files of images that a run is trained on, and those it is validated on."""
        return self.atlas.image_files(run, self.results)

    def why_not_comparable(self, run: Run) -> str | None:
        """Return why a run cannot be held against the present code; None if it can."""
        folder = self.folder(run)
        if not folder.is_dir():
            return "not trained yet"
        if not any((folder / name).is_file() for name in Stamps(self.code)(run.configuration)):
            found = read_description(folder).get("code")
            changed = changed_code(found, self.code) if isinstance(found, dict) else []
            if changed:
                return f"made by other code: {', '.join(changed)} changed"
            return "unfinished: nothing says which code made it"
        missing = [name for name in FILES if not (folder / name).is_file()]
        return f"without {', '.join(missing)}" if missing else None

    def training_seconds(self, run: Run) -> float:
        """Return what a run took by its own timing, evaluation included; 0 if it does not tell."""
        return sum(row_seconds(self.folder(run)))

    def training_options(self, run: Run) -> list[str]:
        """Return the options of scripts/train.py that train a run as it was, but not where to."""
        names = ("--training-images", "--test-images")
        images = [
            text
            for name, path in zip(names, self.images(run), strict=False)
            for text in (name, str(path))
        ]
        return [
            *("--configuration", canonical_json(run.configuration), "--epochs", str(run.epochs)),
            *(*images, "--device", self.device(run), "--own-files", str(own_files_folder())),
        ]

    def kernel_choices(self, run: Run) -> dict[str, str]:
        """Return the variables by which kernels were chosen where a run was last trained."""
        parts = read_description(self.folder(run)).get("trained_in")
        found = parts[-1].get("environment") if has_shape(parts, [dict]) and parts else None
        return kernel_choices(found) if isinstance(found, dict) else {}

    def device(self, run: Run) -> str:
        """Return the CPU for a run that was trained on one, else what the configuration says."""
        made_on = read_description(self.folder(run)).get("device")
        return "cpu" if made_on == "cpu" else self.atlas.configuration.compute.device


def named_runs(plans: Mapping[str, Plan], names: Iterable[str]) -> list[Run]:
    """Return the runs that are meant by the names of runs, settings and studies.

    A name stands for all lengths of a run, and for the settings of that name in all studies.
    Raises UserError for a name that nothing has, with the nearest that there is.
    """
    by_name: dict[str, list[Run]] = {}
    for study, plan in plans.items():
        for run in plan.asked:
            for name in {study, run.setting, run.name}:
                by_name.setdefault(name, []).append(run)
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise UserError(
            "\n".join(
                f"no run, setting or study is named '{name}'{did_you_mean(name, by_name)}"
                for name in unknown
            )
        )
    return in_order(run for name in names for run in by_name[name])


def in_order(runs: Iterable[Run]) -> list[Run]:
    """Return the runs by name and length, each once."""
    by_key = {(run.name, run.epochs): run for run in runs}
    return [by_key[key] for key in sorted(by_key)]
