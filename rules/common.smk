"""What the rules share: the studies, and functions from wildcards to plain values."""

import os
import re
import sys
import tempfile
import uuid
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# Jobs run the Python that runs Snakemake, so .venv/bin/snakemake works without being activated; a
# conda environment (--sdm conda) still comes before it, since it is activated later.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), os.getenv("PATH", "")]))

# Not workflow.basedir, which is that of the workflow that uses this one as a module.
PROJECT = Path(workflow.snakefile).parents[1]
SCRIPTS = PROJECT / "scripts"
sys.path.insert(0, str(SCRIPTS))

from lr_atlas.config.command_line import configuration_files
from lr_atlas.common.digests import rule_digests
from lr_atlas.common.entry_point import START
from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import code_digests, fingerprint, refuse_changes
from lr_atlas.studies.known_configurations import remember_configuration
from lr_atlas.common.machine import torch_version
from lr_atlas.common.process_record import remember_process
from lr_atlas.runs.run_files import (
    DESCRIPTION,
    FIRST_EPOCH,
    HISTORY,
    MODEL,
    TIMING,
    is_finished,
)
from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.placeholders import refuse_placeholders
from lr_atlas.runs.start_record import TRAINING, read_start, write_start
from lr_atlas.runs.tidying import tidy_up
from lr_atlas.runs.training_code import Stamps, training_code
from lr_atlas.training.parts import own_files_folder
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.common.work_folder import (
    RECORDS,
    check_folders,
    check_inside,
    check_project_path,
    check_space,
)

if workflow.modifier.is_main_snakefile():
    # Snakemake's `configfile:` would merge a given file into config.yaml, so that its studies would
    # be added to those of the project instead of taking their place.
    CONFIGURATION = {
        "paths": configuration_files(workflow.overwrite_configfiles, Path()),
        "overrides": workflow.config_settings.config,
    }
elif config:
    # Another workflow uses this one as a module, and this is what it hands over.
    CONFIGURATION = {"paths": [], "overrides": config, "origin": "the module's config"}
else:
    CONFIGURATION = {"paths": [PROJECT / "config.yaml"]}

# A module may have a prefix for all paths. Snakemake puts it before those of the rules' inputs and
# outputs; this is for all others.
placed = workflow.modifier.path_modifier.replace_prefix
RESULTS = placed("results/").rstrip("/")


#: The scripts whose code decides whether what they have made is up to date.
FINGERPRINTED = (
    "collect.py",
    "select_settings.py",
    "evaluate.py",
    "analyse.py",
    "draw_figures.py",
    "write_study_page.py",
    "write_report.py",
)
#: Those that refuse to run if they were edited after Snakemake had started.
CHECKED = (*FINGERPRINTED, "train.py", "train_pack.py")

# Where the workflow keeps what belongs to its own doings, beside Snakemake's record.
OWN = Path(placed(".snakemake/lr-atlas"))
#: What a Snakemake that runs jobs has started with.
STARTED = OWN / "started.json"
# What Snakemake keeps of what it has made lies beside the results, and may be lost or left behind.
# This file is always newer than the tables. For those in the record that means nothing, since its
# content is what it was; tables that the record does not know are made anew. (Runs need no record:
# they carry stamps.)
RECORD = str(OWN / "record")
#: A file that is newer than all runs, and has other content at every start.
THIS_START = OWN / "this-start"
#: Who holds Snakemake's lock.
OWNER = OWN / "process.json"

# Whoever only looks changes nothing: a dry run, the linter, pictures of the jobs (for which Snakemake
# is given neither cores nor a number of jobs).
ONLY_LOOKS = workflow.is_main_process and (
    workflow.output_settings.dryrun
    or "--lint" in sys.argv
    or (workflow.resource_settings.cores is None and workflow.resource_settings.nodes is None)
)
if ONLY_LOOKS:
    # Files that stand for those that a start would make, and go when this process does.
    TO_COME = [tempfile.NamedTemporaryFile(prefix="lr-atlas-") for _ in range(2)]
    THIS_START = Path(TO_COME[0].name)
    RECORD = RECORD if Path(RECORD).exists() else TO_COME[1].name
#: The key of this workflow's rules among the digests of scripts.
RULES = "Snakefile"


try:
    if workflow.is_main_process:
        check_project_path(PROJECT)
        check_folders(Path(RESULTS), map(Path, map(placed, RECORDS)))
        check_space([Path(RESULTS), OWN, Path()])
        asked_for = workflow.resource_settings.default_resources or {}
        refuse_placeholders({name: resource.raw for name, resource in asked_for.items()})
        ATLAS = load_atlas(**CONFIGURATION)
        check_inside(Path(RESULTS), OWN, ATLAS.plans)
        CODE = {name: code_digests(SCRIPTS / name) for name in CHECKED}
        CODE[RULES] = rule_digests(PROJECT)
        CODE[TRAINING] = training_code(run.configuration for run in ATLAS.possible_runs.values())
        ATTEMPTS = None
        os.environ[START] = uuid.uuid4().hex
        if not ONLY_LOOKS:
            # Here and not in onstart: Snakemake locks and decides what to run before that.
            images = [source.folder for source in ATLAS.data.values()]
            for said in tidy_up(Path(RESULTS), Path(".snakemake"), OWNER, Path(RECORD), images):
                logger.warning(said)
            THIS_START.write_text(os.environ[START])
    else:
        # The Snakemake of a single job, on a cluster perhaps hours after the one that has sent it.
        ATLAS, CODE, ATTEMPTS = read_start(STARTED, os.environ[START])
        refuse_changes(CODE[RULES], rule_digests(PROJECT))
    # The files of which one says that a run is up to date; other code asks for others.
    stamps_of = Stamps(
        CODE[TRAINING],
        torch_version() if ATLAS.configuration.recompute.on_new_torch else None,
    )
except (UserError, OSError) as error:
    # Not a WorkflowError, which would add lines about this file to the message; and not Snakemake's
    # logger, which writes to a file too, and ends in a traceback where the disk is full.
    sys.exit(str(error))


envvars:
    START,


wildcard_constraints:
    study="|".join(map(re.escape, ATLAS.plans)),
    data="|".join(re.escape(source.folder) for source in ATLAS.data.values()),
    run="[^/]+",
    epochs="[0-9]+",


# What belongs to this machine and not to the result reaches jobs as a resource: where the scripts
# and the data lie, which device is used. As a parameter it would make results look changed when the
# project is moved.


def script(name):
    """The path of a script of this project."""
    return str(SCRIPTS / name)


def code(script):
    """One value for the code behind a script, in place of Snakemake's tracking by time."""
    return fingerprint(CODE[script])
