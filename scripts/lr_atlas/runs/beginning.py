"""The beginning of a workflow: what it is asked for is read and looked at, before anything runs."""

import os
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.digests import rule_digests
from lr_atlas.common.entry_point import START
from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import code_digests, refuse_changes
from lr_atlas.common.linked_places import refuse_links
from lr_atlas.common.placeholders import refuse_placeholders
from lr_atlas.common.process_record import remember_process
from lr_atlas.common.work_folder import (
    RECORDS,
    check_folders,
    check_inside,
    check_project_path,
    check_runs,
    check_space,
)
from lr_atlas.data.input_files import input_around
from lr_atlas.runs.run_files import FILES
from lr_atlas.runs.start_record import Start, read_start, write_start
from lr_atlas.runs.tidying import tidy_up
from lr_atlas.runs.training_code import TRAINING, training_code
from lr_atlas.studies.atlas import Atlas, load_atlas
from lr_atlas.studies.known_configurations import remember_configuration
from lr_atlas.training.parts import own_files_folder

#: The scripts that refuse to run if their code was edited after Snakemake had started. The code of
#: those that make tables, figures and pages says whether these are up to date.
CHECKED = (
    *(
        "import_runs.py",
        "collect.py",
        "select_settings.py",
        "evaluate.py",
        "analyse.py",
        "find_rates.py",
    ),
    *("draw_figures.py", "write_study_page.py", "write_report.py"),
    *("train.py", "train_pack.py"),
)
#: The key of the rules among the digests of scripts.
RULES = "Snakefile"


class Places:
    """Folders and files of a workflow, relative to the folder that it works in.

    What belongs to its own doings lies in `own`, beside Snakemake's record.
    """

    def __init__(self, project: Path, placed: Callable[[str], str], only_looks: bool) -> None:
        """Take the folder of the workflow, and what puts a module's prefix before a path.

        only_looks: whether nothing on disk may change. Then files that stand for those that a
        start would make lie elsewhere, and go when this process ends.
        """
        self.project = project
        self.placed = placed
        self.scripts = project / "scripts"
        self.results = Path(placed("results/"))
        self.records = [Path(placed(each)) for each in RECORDS]
        self.snakemake = Path(".snakemake")
        self.own = Path(placed(".snakemake/lr-atlas"))
        #: Hold what a Snakemake that runs jobs has started with.
        self.started = self.own / "started.json"
        #: Who holds Snakemake's lock.
        self.owner = self.own / "process.json"
        #: A file that is newer than all tables. To those in Snakemake's record that means nothing,
        #: since its content is what it was; tables that the record does not know, since it is lost
        #: or was left behind, are made anew. (Runs need no record: they carry stamps.)
        self.record = self.own / "record"
        #: A file that is newer than all runs, and has other content at every start.
        self.this_start = self.own / "this-start"
        #: Snakemake's report reads the captions of figures here; absolute, since it would look
        #: beside the rules.
        self.captions = self.own.absolute()
        self.only_looks = only_looks
        if only_looks:
            self._elsewhere = tempfile.TemporaryDirectory(prefix="lr-atlas-")
            self.this_start = Path(self._elsewhere.name, "this-start")
            self.this_start.touch()
            self.captions = Path(self._elsewhere.name)
            if not self.record.exists():
                self.record = Path(self._elsewhere.name, "record")
                self.record.touch()


def begin(
    places: Places,
    configuration: Mapping[str, Any],
    default_resources: Mapping[str, object],
    say: Callable[[str], None],
) -> Start:
    """Return what the workflow starts with, once all that it needs is there and tidy.

    configuration: arguments of `load_atlas`. default_resources: what jobs ask a cluster for. say:
    takes a sentence on each thing that was put right.
    Raises UserError with what is wrong and what to do, and OSError.
    """
    check_project_path(places.project)
    check_folders(places.results, places.records)
    check_space([places.results, places.own, Path()])
    refuse_placeholders(default_resources)
    atlas = load_atlas(**configuration)
    _refuse_inputs_around(atlas, places.results)
    check_inside(places.results, places.own, atlas.plans)
    start = Start(uuid.uuid4().hex, atlas, _digests(places, atlas))
    os.environ[START] = start.name
    if not places.only_looks:
        images = list(atlas.stores)
        where = (places.results, places.snakemake, places.owner, places.record)
        for said in tidy_up(*where, images):
            say(said)
        with open_atomically(places.this_start) as file:
            file.write(start.name.encode())
    runs = atlas.runs.values()
    to_do = [(run.name, run.epochs) for run in runs if not start.is_up_to_date(run, places.results)]
    refuse_links(places.results, to_do)
    check_runs(places.results, to_do, FILES)
    return start


def _refuse_inputs_around(atlas: Atlas, results: Path) -> None:
    """Raise UserError for an input in which the results lie: each run would change it."""
    for name, study in atlas.configuration.studies.items():
        inputs = getattr(study, "inputs", [])
        found = input_around(own_files_folder(), inputs, results)
        if found:
            raise UserError(
                f"studies.{name}.inputs: the results are written into {found}, so each run would "
                "change this input; name the files and folders that the program reads"
            )


def write_down(
    places: Places,
    start: Start,
    attempts: int,
    packs: Mapping[str, list],
    configuration: Mapping[str, Any],
) -> None:
    """Write down what jobs have to know, and, for later starts, who works here and on what.

    attempts, packs: as in `write_start`. configuration: arguments of `load_atlas`.
    """
    remember_process(places.owner)
    write_start(places.started, start, attempts, packs)
    overrides = configuration.get("overrides", {})
    remember_configuration(places.own, configuration["paths"], overrides)


def begin_job(places: Places) -> Start:
    """Return what the workflow started with, for the Snakemake of one of its jobs.

    That may read the workflow hours later, on another machine. Raises UserError.
    """
    start = read_start(places.started, os.environ[START])
    refuse_changes(start.code[RULES], rule_digests(places.project))
    return start


def _digests(places: Places, atlas: Atlas) -> dict[str, dict[str, str]]:
    """Return {script, RULES or TRAINING: the digests of all files that it depends on}."""
    return {
        **{name: code_digests(places.scripts / name) for name in CHECKED},
        RULES: rule_digests(places.project),
        TRAINING: training_code(atlas.run_configurations),
    }
