"""Say how a study is cited and repeated, the same wherever and whenever the page is written."""

import hashlib
import io
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from lr_atlas.config.study_models import Study
from lr_atlas.locale.speech import say
from lr_atlas.report.latex_text import escaped
from lr_atlas.training.configuration import DEFAULTS
from lr_atlas.training.records import METRICS
from lr_atlas.training.steps.precisions import FLOAT32, PRECISION, TF32

_LENGTH = 12


def results_fingerprint(epochs: pd.DataFrame, columns: Sequence[str] = METRICS) -> str:
    """Return 12 hex digits for what was measured: every metric of every epoch of every run.

    epochs: the table of collect.collect_study. columns: of the metrics. Seconds and machines do not
    count, so whoever repeats the study to the same bytes finds the same fingerprint.
    """
    table = epochs[["run", "epoch", *columns]].drop_duplicates()
    table = table.sort_values(["run", "epoch"], kind="stable")
    text = table.to_csv(index=False, float_format="%.10g", lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def project_version(pyproject: Path) -> str:
    """Return the version in a pyproject.toml."""
    return tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"]


def bibtex(
    study: str, version: str, results: str, verified_at: str | None = None, title: str = ""
) -> str:
    """Return an entry for a bibliography.

    version: of the project. results: as from `results_fingerprint`. verified_at: ISO time at which
    runs were last recomputed, the only date that belongs to the results; None without one.
    title: of the study; default: its name.
    """
    note = say("Optimizer and learning rate, measured; results {results}", results=results)
    if verified_at:
        note = say(
            "Optimizer and learning rate, measured; results {results}, recomputed on {date}",
            results=results,
            date=verified_at[:10],
        )
    fields = {
        # Styles sort by the author, who is not known here; this stands in that place.
        "key": "LR Atlas",
        "title": "{LR Atlas}, " + say("study {title}", title=escaped(title or study)),
        "howpublished": say("Software, version {version}", version=version),
        "note": note,
        **({"year": verified_at[:4]} if verified_at else {}),
    }
    lines = [f"  {name:<13}= {{{value}}}," for name, value in fields.items()]
    # @software is known to biblatex alone.
    return "\n".join([f"@misc{{lr-atlas-{study},", *lines, "}"])


def study_yaml(name: str, study: Study, threads: int, precision: str = FLOAT32) -> str:
    """Return the study as a `config.yaml` that asks for the same runs; defaults are left out.

    threads, precision: compute threads of a run and how it rounds products, which are part of it.
    """
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 100
    stream = io.StringIO()
    values = study.model_dump(mode="json", exclude_defaults=True)
    for index, entry in enumerate(values.get("optimizers", ())):
        values["optimizers"][index] = {"name": entry.pop("name"), **entry}
    content: dict[str, Any] = {"studies": {name: values}}
    said = {"threads": threads, PRECISION: precision}
    usual = {"threads": DEFAULTS["threads"], PRECISION: FLOAT32}
    compute = {key: value for key, value in said.items() if value != usual[key]}
    if precision == TF32:
        compute["device"] = "cuda"  # without which it is refused
    if compute:
        content["compute"] = compute
    yaml.dump(content, stream)
    return stream.getvalue()
