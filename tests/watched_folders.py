"""Folders with a small study for the live view: its runs wait, train, fail and finish."""

import json

from whole_runs import TINY_DATA

from lr_atlas.common.process_record import remember_process
from lr_atlas.runs.atlas_code import load_with_code
from lr_atlas.runs.run_files import DESCRIPTION, FILES, HISTORY
from lr_atlas.runs.start_record import Start, write_start
from lr_atlas.runs.training_code import TRAINING
from lr_atlas.tools.watch.live_view import LiveView
from lr_atlas.tools.watch.watched_studies import WatchedStudies
from lr_atlas.tools.watch.workflow_state import Phase, phase_of

CONFIGURATION = f"""\
figures: {{formats: [svg]}}
datasets:
  fashion_mnist: {{directory: {TINY_DATA}}}
studies:
  small:
    title: A small study
    dataset: fashion_mnist
    validation: 100
    model: {{hidden: [16]}}
    batch_size: BATCH
    epochs: EPOCHS
    seeds: SEEDS
    optimizers:
      - {{name: sgd, lr: 0.01}}
"""
AT = "2026-01-02 03:04:05"


def rows(first, last, epochs=4):
    """Return the lines that a job's log has for some epochs."""
    return [
        f"{AT} INFO epoch {epoch}/{epochs}  during 2.0  10.00%  after 1.5  20.00%"
        f"  validation 1.{epoch}  {10 * epoch}.00%  0.01 s + 0.00 s"
        for epoch in range(first, last + 1)
    ]


def begun(run="a", epochs=4):
    return [f"{AT} INFO {run}, {epochs} epochs", f"{AT} INFO 200 training images, 100 validation"]


def append(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))


class Folder:
    """A folder with a study of four runs of four epochs, on which no workflow has worked yet."""

    def __init__(self, path):
        self.path, self.results = path, path / "results"
        config = path / "config.yaml"
        text = CONFIGURATION.replace("SEEDS", "4").replace("EPOCHS", "4").replace("BATCH", "20")
        config.write_text(text, encoding="utf-8")
        atlas, code = load_with_code([config], {})
        self.start = Start("this", atlas, {TRAINING: code})
        self.runs = list(atlas.runs.values())

    def view(self):
        return LiveView(self.path, WatchedStudies(self.start, self.results, 0.0))

    def log(self, run, ending=".log"):
        return self.results / "logs" / "train" / f"{run.folder}{ending}"

    def begin_workflow(self):
        """Have this process work here, as Snakemake does."""
        own, locks = self.path / ".snakemake" / "lr-atlas", self.path / ".snakemake" / "locks"
        own.mkdir(parents=True)
        locks.mkdir()
        (locks / "0.input.lock").write_text("")
        assert phase_of(self.path) == Phase.STARTING
        remember_process(own / "process.json")
        write_start(own / "started.json", self.start, 1, {})

    def end_workflow(self):
        (self.path / ".snakemake" / "locks" / "0.input.lock").unlink()

    def finish(self, run, status="finished"):
        folder = self.results / "runs" / run.folder
        folder.mkdir(parents=True)
        stamp = next(iter(self.start.stamps(run.configuration)))
        for name in (*FILES, stamp):
            (folder / name).touch()
        (folder / DESCRIPTION).write_text(json.dumps({"status": status}))
        values = "".join(f"{epoch},1.5,0.{epoch}1\n" for epoch in range(1, 5))
        (folder / HISTORY).write_text(f"epoch,validation_loss,validation_accuracy\n{values}")

    def write_page(self):
        folder = self.results / "studies" / "small"
        folder.mkdir(parents=True)
        (folder / "report.html").write_text("<title>The answer</title>")
