"""A failure is reported, and finished runs become tables and pages all the same."""

import itertools

import pytest
from whole_runs import PROJECT, TINY

from lr_atlas.runs.another_snakemake import AnotherSnakemake
from lr_atlas.runs.beginning import Places
from lr_atlas.runs.failure import GO_ON, STUDY_RULES, Failure, Workshop
from lr_atlas.runs.jobs import Job
from lr_atlas.runs.run_files import FILES
from lr_atlas.runs.start_record import Start
from lr_atlas.runs.training_code import TRAINING, training_code
from lr_atlas.studies.atlas import load_atlas


class Made:
    """A workshop in an empty folder, with what it said and what it had made."""

    def __init__(self, folder):
        atlas = load_atlas([TINY])
        start = Start("a", atlas, {TRAINING: training_code(atlas.run_configurations)})
        places = Places(PROJECT, lambda path: str(folder / path), only_looks=False)
        self.said, self.made, self.fails = [], [], None
        self.workshop = Workshop(start, places, {}, self.make, self.said.append)
        self.atlas = atlas

    def make(self, files, rules):
        self.made.append((list(files), list(rules)))
        return self.fails

    def finish(self, run):
        folder = self.workshop.places.results / "runs" / run.folder
        folder.mkdir(parents=True)
        for name in (*FILES, next(iter(self.workshop.start.stamps(run.configuration)))):
            (folder / name).touch()

    def report(self, failed, others=(), **circumstances):
        training = [
            Job("train", {"run": run.name, "epochs": str(run.epochs)})
            for run in self.atlas.runs.values()
        ]
        usual = {"was_stopped": False, "on_cluster": False, **circumstances}
        planned = [*training, *failed, *others]
        self.workshop.report(Failure(failed, planned, **usual), may_make=True)
        return "\n".join(self.said)


@pytest.fixture
def made(tmp_path):
    return Made(tmp_path)


TABLES = [
    Job("analyse", {"study": study}, ("log",), (f"results/studies/{study}/summary.csv",))
    for study in ("tiny", "shared")
]
REPORT = Job("report", {}, (), ("results/report.html",))


def failed_run(made):
    run = next(iter(made.atlas.runs.values()))
    wildcards = {"run": run.name, "epochs": str(run.epochs)}
    return [Job("train", wildcards, ("results/logs/train/one.log",))]


@pytest.mark.parametrize("on_cluster", [False, True])
def test_who_stops_gets_a_count_and_waits_for_nothing(on_cluster, made):
    said = made.report([], TABLES, was_stopped=True, on_cluster=on_cluster)
    assert said.startswith("Stopped. Tables, figures and report are as they were.")
    assert ("look into the queue" in said) == on_cluster
    assert said.endswith(GO_ON)
    assert "0 of the " in said
    assert not made.made


def test_with_nothing_finished_nothing_is_made(made):
    said = made.report(failed_run(made), TABLES)
    assert "1 job failed. What happened is in\n  results/logs/train/one.log" in said
    assert "There is nothing yet to make tables of." in said
    assert not made.made


def test_tables_of_studies_with_finished_runs_are_made_and_others_are_not(made):
    # The other study does not ask for this run.
    run = next(
        run
        for run in made.atlas.plans["tiny"].runs
        if run.name not in {each.name for each in made.atlas.plans["shared"].runs}
    )
    made.finish(run)
    said = made.report(failed_run(made), [*TABLES, REPORT])
    assert made.made == [(["results/studies/tiny/summary.csv"], list(STUDY_RULES))]
    assert "1 of the " in said
    assert "They name the runs that are missing." in said


def test_a_study_whose_own_tables_failed_is_not_tried_again(made):
    for run in made.atlas.runs.values():
        made.finish(run)
    said = made.report(TABLES[:1], [REPORT])
    assert "Nothing else can be made before this is put right." in said
    assert not made.made


def test_what_snakemake_said_is_shown_where_it_could_not_make_them(made):
    for run in made.atlas.runs.values():
        made.finish(run)
    made.fails = "the disk is full"
    said = made.report(failed_run(made), TABLES)
    assert "the disk is full\nSome could not be made, see above." in said


def test_another_snakemake_has_the_configuration_of_this_one_and_never_its_executor():
    again = AnotherSnakemake("Snakefile", ["a b.yaml"], ["x=1"], 2, ["conda"], "/envs")
    options = again._options()
    pairs = dict(itertools.pairwise(options))
    assert pairs["--configfile"] == "a b.yaml"
    assert pairs["--config"] == "x=1"
    assert pairs["--executor"] == "local"
    assert pairs["--conda-prefix"] == "/envs"
    assert options[-1] == "--allowed-rules"
    assert "--config" not in AnotherSnakemake("Snakefile", [], [], 1, [], None)._options()
