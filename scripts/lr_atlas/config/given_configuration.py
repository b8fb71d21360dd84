"""Looking at --configfile and --config before Snakemake reads them itself.

Snakemake's own reader knows another YAML (1.1), would wait for a pipe for ever, and names neither
file nor line; a target after --configfile is a file to it. A word after --config that is no
KEY=VALUE ends it in a traceback. profiles/default calls this.
"""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from lr_atlas.config.config_messages import Problems
from lr_atlas.config.config_text import ConfigError, read_file, read_text

#: A key as Snakemake takes it on the command line.
_KEY_AND_VALUE = re.compile(r"[a-zA-Z_][\w-]*\w=.*", re.DOTALL)


def check_given(files: Sequence[Path], values: Sequence[str] = ()) -> None:
    """End the process with one message if Snakemake cannot read these files or KEY=VALUEs."""
    problems = Problems()
    for text in values:
        with problems.noted():
            _check_value(text)
    for path in files:
        with problems.noted():
            _check_file(path, files)
    try:
        problems.tell()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


def _check_value(text: str) -> None:
    if not _KEY_AND_VALUE.fullmatch(text):
        raise ConfigError(
            f"--config {shlex.quote(text)}: this is not KEY=VALUE, such as "
            "'figures={style: paper}'. --config takes all words behind it; a target goes before it"
        )


def _check_file(path: Path, files: Sequence[Path]) -> None:
    if not os.path.exists(path):
        raise ConfigError(f"{path}: there is no such file{_as_target(path, files)}")
    read_file(path)
    try:
        yaml.load(read_text(path), Loader=yaml.FullLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(
            f"{path}:{line}: Snakemake, which reads YAML 1.1, cannot read this: {error.problem}"
        ) from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ConfigError(f"{path}: Snakemake cannot read this: {error}") from None


def _as_target(path: Path, files: Sequence[Path]) -> str:
    """Return what to write where a target stands among the files."""
    there = [str(file) for file in files if os.path.exists(file)]
    if path == files[0] or not there:
        return ""
    targets = shlex.join(str(file) for file in files if not os.path.exists(file))
    return (
        ". --configfile takes all words behind it as files; a target goes before it: "
        f"snakemake {targets} --configfile {shlex.join(there)}"
    )
