"""Another Snakemake on the same workflow, for little work on this machine."""

import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass

#: Set for it: its studies consist of the runs that are finished, and it trains no others.
FINISHED_RUNS_ONLY = "LR_ATLAS_FINISHED_RUNS_ONLY"


@dataclass(frozen=True)
class AnotherSnakemake:
    """A Snakemake with the configuration of this one, and cores of this machine."""

    snakefile: str
    configfiles: Sequence[str]
    config: Sequence[str]  # KEY=VALUE
    cores: int
    deployment: Sequence[str]  # ways of software deployment
    conda_prefix: str | None

    def make(self, files: Collection[str], rules: Sequence[str]) -> str | None:
        """Make files by these rules alone, of finished runs; or return what it said."""
        process = subprocess.run(
            [sys.executable, "-m", "snakemake", *self._options(), *rules, "--", *files],
            env={**os.environ, FINISHED_RUNS_ONLY: "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return process.stdout if process.returncode else None

    def _options(self) -> list[str]:
        options = ["--snakefile", self.snakefile, "--nolock", "--no-hooks", "--quiet", "all"]
        for name, values in (
            ("--configfile", self.configfiles),
            ("--config", self.config),
            ("--software-deployment-method", self.deployment),
            ("--conda-prefix", [self.conda_prefix] if self.conda_prefix else []),
        ):
            options += [name, *map(str, values)] if values else []
        # Not the executor that failed.
        options += ["--executor", "local", "--cores", str(self.cores), "--keep-going"]
        return [*options, "--allowed-rules"]
