"""The command lines by which the workflow is checked and started in any folder."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.common.workflow_folder import workflow_folder

#: Say by themselves how much is done at a time.
_OWN_WORDS = ("--cores", "-c", "--jobs", "-j", "--profile")


def check_words(configfiles: Sequence[Path]) -> list[str]:
    """Return the words that check configuration files and say what they ask for."""
    script = workflow_folder() / "scripts" / "check_config.py"
    return [sys.executable, str(script), *map(str, configfiles)]


def snakemake_words(
    configfiles: Sequence[Path] = (),
    values: Sequence[str] = (),
    cores: str | None = None,
    directory: Path = Path(),
    more: Sequence[str] = (),
) -> list[str]:
    """Return the words that start the workflow with this Python.

    values: KEY=VALUE each. cores: a number or `all`; None: all, unless `more` says it. more: words
    for Snakemake itself. Raises UserError where it is not installed.
    """
    if importlib.util.find_spec("snakemake") is None:
        raise UserError(
            "the workflow needs Snakemake, torch and what else it runs with, which are not "
            "installed in this environment; `pip install lr-atlas` without --no-deps brings them"
        )
    # Without the folder in which one is on Python's path: a file there may bear a module's name.
    words = [sys.executable, "-P", "-m", "snakemake", *more]
    words += ["--snakefile", str(workflow_folder() / "Snakefile"), "--directory", str(directory)]
    if cores is not None or not any(word.split("=")[0] in _OWN_WORDS for word in more):
        words += ["--cores", cores or "all"]
    words += ["--config", *values] if values else []
    return words + (["--configfile", *map(str, configfiles)] if configfiles else [])
