"""The settings of a study, its reported values and its facts, as tables of texts and sentences."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from lr_atlas.common.rounding import compact, rounded_texts
from lr_atlas.config.own_parts import OwnNetwork
from lr_atlas.config.study_models import Study
from lr_atlas.data.datasets import DATASETS, shape_and_classes
from lr_atlas.report.number_text import between, counted
from lr_atlas.runs.provenance import software
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.studies.setting_match import matching_settings
from lr_atlas.tables.missing_runs import missing_by_setting, settings_without_runs

_ACCURACIES = {
    "validation accuracy": "validation_accuracy",
    "training accuracy": "train_accuracy",
    "during the epoch": "running_accuracy",
}


def summary_for_reading(summary: pd.DataFrame, missing: Sequence[Run] = ()) -> pd.DataFrame:
    """Return the summary as texts: parameters, means ± standard deviations, remarks by setting.

    missing: runs that the summary lacks, which become a remark.
    """
    parameters = list(summary.columns[: summary.columns.get_loc("seeds")])
    parameters = [name for name in parameters if name not in ("study", "setting", "dataset")]
    table = pd.DataFrame({name: _parameter_texts(summary[name]) for name in parameters})
    table = table.rename(columns=lambda name: name.replace("_", " "))
    for title, metric in _ACCURACIES.items():
        table[f"{title} (%)"] = [
            _mean_and_deviation(mean, deviation)
            for mean, deviation in zip(
                summary[f"{metric}_mean"], summary[f"{metric}_std"], strict=True
            )
        ]
        if f"{metric}_low" in summary:
            table["95 % interval"] = [
                between(low, high)
                for low, high in zip(
                    summary[f"{metric}_low"], summary[f"{metric}_high"], strict=True
                )
            ]
    table["gap (points)"] = summary["generalisation_gap"].map(
        lambda gap: "" if pd.isna(gap) else f"{100 * gap:.1f}"
    )
    table["best epoch"] = summary["best_validation_epoch"].map(_plain_value)
    table["s per epoch"] = summary["seconds_per_epoch"].map(
        lambda seconds: "" if pd.isna(seconds) else f"{seconds:.2f}"
    )
    table["runs"] = summary["seeds"].map(str)
    lacking = missing_by_setting(missing)
    table["remarks"] = [
        ", ".join(
            [
                *_place(row),
                *(
                    f"{count} {status}"
                    for count, status in (
                        (row.diverged, "diverged"),
                        (row.collapsed, "collapsed"),
                        (lacking[row.setting], "missing"),
                    )
                    if count
                ),
            ]
        )
        for row in summary.itertuples()
    ]
    return table


def _parameter_texts(values: pd.Series) -> pd.Series:
    """Return a parameter's values as texts, numbers rounded as far as they stay apart."""
    if pd.api.types.is_float_dtype(values):
        return values.map(rounded_texts(values.dropna())).fillna("")
    return values.map(_plain_value)


def _place(row: Any) -> list[str]:
    """Return that a setting is its optimizer's best, or on the plateau with it, if it is."""
    if getattr(row, "best_of_optimizer", False) in (True, "True"):
        return ["best of its optimizer"]
    return ["on its plateau"] if getattr(row, "on_plateau", False) in (True, "True") else []


def reported_for_reading(reported: pd.DataFrame) -> pd.DataFrame:
    """Return reported against measured values as text; accuracies in per cent."""
    rows = []
    for row in reported.itertuples():
        scale, digits = (100, 2) if row.metric.endswith("accuracy") else (1, 4)
        measured = "all runs diverged"
        if row.n:
            deviation = "" if pd.isna(row.std) else f" ± {scale * row.std:.{digits}f}"
            measured = f"{scale * row.measured:.{digits}f}{deviation}"
        rows.append(
            {
                "setting": row.setting,
                "value": row.metric.replace("_", " ") + (" (%)" if scale == 100 else ""),
                "reported": f"{scale * row.reported:.{digits}f}",
                "measured": measured,
                "95 % interval": _interval(row, scale),
                "n": str(row.n),
                "difference": f"{scale * row.difference:+.{digits}f}" if row.n else "",
                "reproduced": _said(row.reproduced),
                "one more run (95 %)": _interval(row, scale, "predicted_"),
                "within it": _said(row.predicted),
                "source": _plain_value(row.source),
            }
        )
    return pd.DataFrame(rows)


def _said(judged: Any) -> str:
    """Return "yes" or "no", from a table or from its file; or that it is not judged."""
    if pd.isna(judged) or judged == "":
        return "not judged"
    return "yes" if judged in (True, "True") else "no"


def _interval(row: Any, scale: int, which: str = "") -> str:
    low, high = (getattr(row, f"{which}{end}") for end in ("low", "high"))
    if pd.isna(low) or pd.isna(high):
        return ""
    return between(low, high) if scale == 100 else f"{low:.4f} to {high:.4f}"


def reported_note(reported: pd.DataFrame) -> str:
    """Return how the comparison was made."""
    tolerances: dict[str, None] = {}
    for row in reported.itertuples():
        if row.metric.endswith("accuracy"):
            text = f"{counted(100 * row.tolerance, 'point')} (accuracies)"
        elif row.metric.endswith("loss"):
            text = f"{row.tolerance:g} (losses)"
        else:
            continue
        tolerances[text] = None
    return (
        "Measured: mean ± standard deviation of the final value over n runs with different seeds. "
        f"Reproduced: the mean is within {' or '.join(tolerances) or 'its tolerance'} of the "
        "reported value. One more "
        "run: where a single further run lies with 95 %, by Student's t from the scatter of these; "
        "a reported value comes from a single run. Intervals hold one by one. Seconds are not "
        "judged: they are those of another machine and program."
    )


def not_reproduced(reported: pd.DataFrame, not_compared: Sequence[str] = ()) -> str:
    """Return sentences that name every reported value that the runs do not reproduce.

    not_compared: settings with reported values that are not in the table.
    """
    missed = reported_for_reading(reported[reported["reproduced"].map(_said) == "no"])
    if len(missed):
        listed = "; ".join(
            f"{row.setting}, {row.value}: reported {row.reported}, measured {row.measured}"
            for row in missed.itertuples()
        )
        text = f"**Not reproduced:** {listed}."
    else:
        text = f"Every {'value above' if not_compared else 'judged value'} was reproduced."
    if not_compared:
        text += f" **Not compared**, since every run is missing: {', '.join(not_compared)}."
    return text


def settings_not_compared(plan: Plan, study: Study, missing: Sequence[Run]) -> list[str]:
    """Return the settings that have reported values, and of which every run is missing."""
    values = study.reference.values if study.reference else ()
    referred = {setting for each in values for setting in matching_settings(plan, each.where)}
    return [setting for setting in settings_without_runs(plan, missing) if setting in referred]


def _network(study: Study) -> str:
    """Return such as "784-128-64-10, relu, dropout 0", or the name of one's own with arguments."""
    model = study.model
    if isinstance(model, OwnNetwork):
        arguments = [f"{key} {compact(value)}" for key, value in (model.model_extra or {}).items()]
        return ", ".join([model.name, *arguments])
    shape, classes = shape_and_classes(study.dataset)
    network = "-".join(map(str, [math.prod(shape), *model.hidden, classes]))
    if model.hidden:
        network += f", {model.activation}, dropout {model.dropout:g}"
    return network


def study_facts(plan: Plan, study: Study, data: dict, runs: pd.DataFrame) -> list[str]:
    """Return what a reader must know before the numbers: data, validation, network, software."""
    fixed = "; ".join(
        f"{optimizer}: {', '.join(f'{key} {compact(value)}' for key, value in arguments.items())}"
        for optimizer, arguments in plan.fixed_arguments().items()
    )
    return [
        _images_sentence(study, data),
        _validation_sentence(study),
        f"Network: {_network(study)}; loss: {study.loss.replace('_', '-')}; pixels scaled to "
        f"[{study.pixels[0]:g}, {study.pixels[1]:g}]; batches of {study.batch_size}, "
        f"{counted(study.epochs, 'epoch')}, unless the table says otherwise.",
        "Optimizer arguments are torch's defaults"
        + (f", except {fixed}." if fixed else ", unless the table says otherwise."),
        software(runs),
    ]


def reading_notes(study: Study) -> list[str]:
    """Return how the summary was made and what it does not show; sentences."""
    return [
        "Accuracies are of the last epoch: mean ± standard deviation over the runs of a setting, "
        "which differ in the seed alone; with one run there is no deviation.",
        "Intervals are Student's t over these runs, each for itself. A diverged run is counted in "
        "the remarks and is in no mean of this table; where settings are ranked it counts as "
        "guessing.",
        "Gap: training minus validation accuracy. Best epoch: where the mean validation accuracy "
        "was highest. Seconds are those of training on the machine that ran it, whatever else it "
        "did at the time.",
        *(
            ["All choices that this table suggests would be made on the test images."]
            if study.validation == "test"
            else []
        ),
    ]


def ended_early(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that diverged or collapsed, with where and why."""
    table = runs[runs["status"] != "finished"]
    return pd.DataFrame(
        {
            "setting": table["setting"],
            "seed": table["seed"].map(str),
            "status": table["status"],
            "epoch": table["diverged_epoch"].map(_plain_value),
            "step": table["diverged_step"].map(_plain_value),
            "why": table["reason"],
        }
    )


def _images_sentence(study: Study, data: dict) -> str:
    title = DATASETS[study.dataset].title
    counts = f"{data['training_images']} training and {data['test_images']} test images"
    text = f"Data: {title}, {counts}."
    if data["digest"] is not None:
        text = (
            "Data: own images, the IDX files of a folder that the configuration names (digest "
            f"{data['digest'][:12]}), in the place of {study.dataset}: {counts}. They are **not "
            f"the canonical {title} images**."
        )
        if data["transposed"]:
            text += (
                " If they are digits or clothes they stand **transposed**, rows and columns "
                "exchanged, as EMNIST's files do: class 1 is far wider than tall."
            )
    if study.training_images != "all":
        text += (
            f" Trained on {study.training_images:,} of {data['training_images']:,} training "
            "images: the first of each class that are not held out, each class with its share."
        )
    return text


def _validation_sentence(study: Study) -> str:
    if study.validation == "test":
        return "Validation: **on the test images**; what is chosen by it is chosen on the test set."
    return f"Validation: on {study.validation} training images held out, stratified by class."


def _mean_and_deviation(mean: float, deviation: float) -> str:
    if pd.isna(mean):
        return ""
    return f"{100 * mean:.2f}" + ("" if pd.isna(deviation) else f" ± {100 * deviation:.2f}")


def _plain_value(value: Any) -> str:
    if pd.isna(value):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
