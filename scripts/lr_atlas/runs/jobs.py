"""Jobs of Snakemake's, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """A job, by what its rule and its wildcards say."""

    rule: str  # as it is called in rules/, whatever a module calls it
    wildcards: Mapping[str, str]
    logs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @property
    def run(self) -> tuple[str, int]:
        """Return the run that it trains, by name and epochs; for jobs of the rule `train`."""
        return self.wildcards["run"], int(self.wildcards["epochs"])

    @property
    def study(self) -> str:
        """Return the study that it works for; for jobs of the rules of studies."""
        return self.wildcards["study"]

    @property
    def pack(self) -> str:
        """Return "study/pack"; for jobs of the rule `train_pack`."""
        return f"{self.wildcards['study']}/{self.wildcards['pack']}"
