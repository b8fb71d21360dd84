"""Load what all rules share: the studies, the digests of the code, and the paths of everything."""

import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# Jobs run the Python that runs Snakemake, but for a conda environment (--sdm conda), which is activated
# later. They draw into files; a notebook would have them draw into it, by a module that they lack.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), os.getenv("PATH", "")]))
os.environ.update(MPLBACKEND="agg")

# workflow.basedir would be that of the workflow that uses this one as a module.
PROJECT = Path(workflow.snakefile).parents[1]
sys.path.insert(0, str(PROJECT / "scripts"))

from lr_atlas.common.system import refuse_windows

refuse_windows()

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.entry_point import START
from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import fingerprint
from lr_atlas.config.command_line import configuration_files
from lr_atlas.runs.beginning import Places, begin, begin_job, write_down
from lr_atlas.runs.run_files import DESCRIPTION, FIRST_EPOCH, HISTORY, MODEL, TIMING
from lr_atlas.runs.training_code import TRAINING
from lr_atlas.training.parts import own_files_folder

if workflow.modifier.is_main_snakefile():
    # Snakemake's `configfile:` would add the studies of a given file to those of config.yaml.
    CONFIGURATION = {
        "paths": configuration_files(workflow.overwrite_configfiles, Path()),
        "overrides": workflow.config_settings.config,
    }
elif config:
    # Another workflow uses this one as a module, and this is what it hands over.
    CONFIGURATION = {"paths": [], "overrides": config, "origin": "the module's config"}
else:
    CONFIGURATION = {"paths": [PROJECT / "config.yaml"]}

# Whoever only looks changes nothing: a dry run, the linter, pictures of the jobs (for which Snakemake
# is given neither cores nor a number of jobs).
ONLY_LOOKS = workflow.is_main_process and (
    workflow.output_settings.dryrun
    or "--lint" in sys.argv
    or (workflow.resource_settings.cores is None and workflow.resource_settings.nodes is None)
)
# Snakemake puts a module's prefix before the paths of inputs and outputs, and this before all others.
PLACES = Places(PROJECT, workflow.modifier.path_modifier.replace_prefix, ONLY_LOOKS)
RESULTS, STARTED = str(PLACES.results), str(PLACES.started)


def or_exit(function, *arguments):
    """Return what a function returns, or end Snakemake with the message of its UserError or OSError."""
    try:
        return function(*arguments)
    except (UserError, OSError) as error:
        # A WorkflowError would add lines about this file, and a logger fails where the disk is full.
        sys.exit(str(error))


if workflow.is_main_process:
    resources_of_all = workflow.resource_settings.default_resources or {}
    asked_of_cluster = {name: resource.raw for name, resource in resources_of_all.items()}
    THIS = or_exit(begin, PLACES, CONFIGURATION, asked_of_cluster, logger.warning)
else:
    THIS = or_exit(begin_job, PLACES)
ATLAS, CODE = THIS.atlas, THIS.code


envvars:
    START,


wildcard_constraints:
    study="|".join(map(re.escape, ATLAS.plans)),
    data="|".join(map(re.escape, ATLAS.stores)),
    imported="[0-9a-f]+",
    run="[^/]+",
    unit="epochs|steps",
    epochs="[0-9]+",


# Facts of this machine, such as where scripts and data lie, reach jobs as resources: as parameters they
# would make results look changed when the project is moved.


def script(name):
    """Return the path of a script of this project."""
    return str(PLACES.scripts / name)


def code(script):
    """Return one value for the code of a script, which replaces Snakemake's tracking by time."""
    return fingerprint(CODE[script])
