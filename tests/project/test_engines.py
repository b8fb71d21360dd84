"""No engine is named by the workflow, and docs/engines.md says of each whether it was tested."""

import re

import pytest
from ruamel.yaml import YAML
from whole_runs import PROJECT

PAGE = (PROJECT / "docs" / "engines.md").read_text(encoding="utf-8")
ENGINES = re.compile(
    r"slurm|sbatch|squeue|\b(lsf|bsub|sge|qsub|pbs)\b|htcondor|condor_|kubernetes", re.IGNORECASE
)
WORKFLOW = [PROJECT / "Snakefile", *PROJECT.glob("rules/*.smk"), *PROJECT.glob("scripts/**/*.py")]
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = dict(SECTION.findall(PAGE))
#: The names of the engines' sections, with what follows the colon: how far it was tested.
STATES = dict(title.split(": ") for title in SECTIONS if ": " in title)


def profile_of(section):
    """The profile in a section of the page: (its lines, its content)."""
    (text,) = re.findall(r"```yaml\n(executor:.*?)```", section, re.DOTALL)
    return text.splitlines(), YAML(typ="safe").load(text)


def test_the_workflow_names_no_engine():
    assert len(WORKFLOW) > 40
    found = {path.name: ENGINES.search(path.read_text(encoding="utf-8")) for path in WORKFLOW}
    assert {name: match[0] for name, match in found.items() if match} == {}


def test_every_engine_is_marked_as_tested_or_not():
    table = PAGE.split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| .+? \| (.+?) \|$", table, re.MULTILINE)
    states = dict(rows[2:])
    assert len(states) == 7
    assert all(re.match("tested here|not tested", state) for state in states.values())
    assert set(STATES) == {"LSF", "SGE", "Any submit command", "HTCondor", "Kubernetes"}
    assert all(re.match("tested here|not tested", state) for state in STATES.values())


@pytest.mark.parametrize("name", ["LSF", "SGE", "Any submit command", "HTCondor"])
def test_every_profile_is_short_and_has_what_a_cluster_needs(name):
    lines, profile = profile_of(SECTIONS[f"{name}: {STATES[name]}"])
    assert 5 <= len(lines) <= 12
    plugin = f"`snakemake-executor-plugin-{profile['executor']}`"
    assert plugin in PAGE.split("\n## ")[0]
    assert (profile["retries"], profile["latency-wait"]) == (2, 30)
    assert profile["set-resources"] == {"train_pack": {"runs_per_job": 10}}
