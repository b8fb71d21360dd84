"""Describe every column of every table of a study: what it holds, of what kind, in which unit.

A column means the same wherever it stands, unless OF_TABLE says otherwise. What is named after the
study's metric is described by its parts, see `described`.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from lr_atlas.studies.metric_columns import metric_of, name_in, title_of
from lr_atlas.studies.study_metric import PER_CENT, StudyMetric
from lr_atlas.training.metric import Metric

TEXT, NUMBER, WHOLE, TRUTH = "string", "number", "integer", "boolean"
SHARE, SECONDS, DECADES = "share, 0 to 1", "seconds", "decades (powers of ten)"
#: Stands for the unit of the study's metric.
_OF_METRIC = "metric"


@dataclass(frozen=True)
class ColumnText:
    """A column: one sentence, the kind of its values as a Table Schema has it, their unit."""

    text: str
    kind: str
    unit: str = ""


#: {name of a table: one sentence on its rows}.
TABLES = {
    "epochs": "A row per run and epoch, or evaluation where runs are evaluated by steps.",
    "runs": "A row per run that settings are chosen by: how it ended, and what made it.",
    "defaults": "A row per run with default arguments, as the table of runs has them.",
    "first_epoch": "A row per run and piece of its first epoch: the training loss.",
    "dynamics": "A row per run, measured step and layer: gradients and updates.",
    "schedules": "A row per setting, schedule that is not constant, and point of its course.",
    "summary": "A row per setting: what its runs say together.",
    "pairs": "A row per pair of settings that is compared, with its verdict.",
    "optimizers": "A row per optimizer, the best first: budget, best setting, test result.",
    "best_of": "A row per optimizer and k: what a search of k random settings is worth.",
    "sensitivity": "A row per optimizer: how sensitive it is to its learning rate.",
    "seeds_and_images": "A row per tested setting or pair: how sure over seeds and over images.",
    "variance": "A row per chosen setting and source of chance: how much it scatters the result.",
    "varied_runs": "A row per run that varies one source of chance, on the test images.",
    "range_tests": "A row per optimizer, seed and step of a learning-rate finder's range test.",
    "finder": "A row per optimizer and way to read its range tests: what the finder suggests.",
    "findings": "A row per finding: what stands in the way of an answer, and what to do.",
    "claims": "A row per claim of a paper: confirmed, contradicted or inconclusive.",
    "looks": "A row per kind of look at the study: how many there were, and what they cost.",
    "reported": "A row per value that a paper reports, beside the measured one.",
    "measures": "A row per run: the table of runs with how soon and steadily each learned.",
    "test": "A row per run of the chosen settings, on the test images.",
    "confusion": "A row per chosen setting, true and predicted class: how many test images.",
    "right_answers": "A row per setting and test image: how many runs answer it rightly.",
}

_TEXTS = {
    "study": "name of the study",
    "run": "name of the run, by which its folder is called",
    "setting": "name of the setting: all that runs of different seeds have in common",
    "dataset": "name of the data set",
    "optimizer": "name of the optimizer",
    "status": "how the run ended: finished, diverged or collapsed",
    "reason": "why the run did not finish; empty if it did",
    "images": "digests of the data that was trained and validated on",
    "device": "device that trained it: cpu or cuda; none if nobody knows",
    "torch": "version of torch that trained it; none if nobody knows",
    "python": "version of Python that trained it; none if nobody knows",
    "blas": "library and kernel of the matrix products; none if nobody knows",
    "processor": "processor that trained it; none if nobody knows",
    "packages": "packages and versions that optimizer or network came from",
    "of": "what the row is of: evaluation, step, or end (a last step before a divergence)",
    "layer_name": "name of the layer, as the network calls it",
    "key": "key of the configuration that has the schedule",
    "name": "name of the schedule, with its arguments",
    "first": "the first setting of the comparison",
    "second": "the second setting of the comparison; empty where one alone is meant",
    "question": "which question the pair answers: between optimizers, or within one",
    "metric": "column of the metric that is compared",
    "method": "statistical method of the verdict",
    "verdict": "verdict on the row",
    "size": "what is shown of the size of the difference, where the study says what matters",
    "best_setting": "setting with the best mean score; empty if every run diverged",
    "behind_verdict": "whether it is behind or ahead of the first optimizer, or inconclusive",
    "behind_size": "what is shown of the size of that difference",
    "decided": "which runs decided: fresh seeds, or those that chose",
    "at_edge": "whether the best learning rate is the lowest or highest tried: low, high, both",
    "widest_setting": "setting among whose learning rates the scores differ most",
    "plateau_open": "sides on which the end of the plateau is not determined: low, high, both",
    "plateau_cut": "sides on which the grid ends before the plateau does: low, high, both",
    "around_refused": "why there is no sensitivity around the best rate; empty if there is",
    "optimum_refused": "why there is no fitted optimum; empty if there is",
    "defaults_setting": "setting with the optimizer's default arguments",
    "regret_refused": "why there is no regret of the defaults; empty if there is",
    "refused": "why values of this row are empty; empty if none is",
    "source": "where it comes from: figure or section of a paper, or source of chance",
    "code": "kind of the finding",
    "severity": "how much the finding stands in the way",
    "evidence": "what the runs show, in a sentence",
    "fix": "what to do about it",
    "claim": "the claim, in a sentence",
    "together": "verdict that holds for all claims of the study together",
    "kind": "kind of look: at runs that chose, at fresh seeds, at test images",
    "data": "name of the data whose images these are",
}

#: {column: (sentence, unit)}.
_NUMBERS = {
    "learning_rate": ("learning rate, before any schedule", ""),
    "train_seconds": ("seconds of training since the row before", SECONDS),
    "evaluate_seconds": ("seconds of the evaluation", SECONDS),
    "seconds_per_epoch": ("seconds of training per epoch, without evaluations", SECONDS),
    "chance": ("what guessing reaches: what a diverged run counts as", _OF_METRIC),
    "loss_chance": ("loss of guessing", ""),
    "loss": ("training loss; not finite where the run diverged", ""),
    "gradient_norm": ("norm of the gradient over all weights, before any clipping", ""),
    "effective_lr": ("learning rate in effect at the step", ""),
    "spikes": ("losses since the last evaluation that were spikes", "steps"),
    "clipped": ("steps since the last evaluation whose gradient was clipped", SHARE),
    "sharpness": ("largest eigenvalue of the Hessian of the training loss", ""),
    "preconditioned_sharpness": ("the same of the preconditioned Hessian", ""),
    "threshold": ("sharpness above which steps grow", ""),
    "update_ratio": ("norm of the layer's update, divided by that of its weights before", ""),
    "factor": ("what the scheduled value is multiplied by", ""),
    "score": ("mean score of the runs; a diverged run counts as guessing", _OF_METRIC),
    "generalisation_gap": (
        "by how much it is better on training than on validation data",
        _OF_METRIC,
    ),
    "extrema": ("turns of the validation curve of the metric", "count"),
    "loss_extrema": ("turns of the validation curve of the loss", "count"),
    "extrema_mean": ("mean number of turns of the validation curve", "count"),
    "swing": ("how far the validation curve goes up and down at its turns", _OF_METRIC),
    "swing_mean": ("mean swing of the validation curve", _OF_METRIC),
    "overfit_epoch": ("epoch from which on the run overfits; median over runs", "epochs"),
    "validation_loss_rise": ("rise of the smoothed validation loss above its smallest", SHARE),
    "validation_loss_rise_mean": ("mean rise of the smoothed validation loss", SHARE),
    "target": ("value of the metric that runs are timed to", _OF_METRIC),
    "epochs_to_target": ("epochs until the target; empty where it was missed", "epochs"),
    "steps_to_target": ("steps until the target; empty where it was missed", "steps"),
    "images_to_target": ("images trained on until the target; empty where missed", "images"),
    "seconds_to_target": ("seconds of training until the target; empty where missed", SECONDS),
    "target_step": ("step from which on the mean over all seeds is beyond the target", "steps"),
    "target_step_low": ("step before which that mean is short of the target", "steps"),
    "correlation": ("correlation of runs of equal seed", ""),
    "mean_first": ("mean of the first setting", _OF_METRIC),
    "mean_second": ("mean of the second setting", _OF_METRIC),
    "difference": ("first less second, or measured less reported", _OF_METRIC),
    "low": ("lower end of the interval", _OF_METRIC),
    "high": ("upper end of the interval", _OF_METRIC),
    "p": ("p of the pair by itself", "probability"),
    "smallest_difference": (
        "difference that so many runs find in four of five studies",
        _OF_METRIC,
    ),
    "improvement": ("difference such that more is better for the first", _OF_METRIC),
    "error": ("probability of any false verdict at this look", "probability"),
    "df": ("degrees of freedom", ""),
    "level": ("probability that the interval misses", "probability"),
    "matters": ("smallest difference that matters, as the study says", _OF_METRIC),
    "diverged_share": ("share of the runs that diverged", SHARE),
    "best_learning_rate": ("learning rate of the best setting", ""),
    "best_epoch": ("epoch at which the best setting's mean is best", "epochs"),
    "score_mean": ("mean score of the best setting", _OF_METRIC),
    "score_low": ("lower end of its 95 % interval", _OF_METRIC),
    "score_high": ("upper end of its 95 % interval", _OF_METRIC),
    "behind": ("how far it is behind the first optimizer", _OF_METRIC),
    "behind_low": ("lower end of that difference's interval", _OF_METRIC),
    "behind_high": ("upper end of that difference's interval", _OF_METRIC),
    "behind_p": ("p of that difference by itself", "probability"),
    "behind_shows": ("smallest difference that these runs find", _OF_METRIC),
    "ordinary_error": ("how often an ordinary test would err with these budgets", "probability"),
    "spread_fixed": (
        "range of scores over learning rates at the best's other parameters",
        _OF_METRIC,
    ),
    "spread_widest": ("widest such range at other parameters", _OF_METRIC),
    "spread_tuned": ("such range with the other arguments tuned anew", _OF_METRIC),
    "plateau_from": ("lowest learning rate of the plateau", ""),
    "plateau_to": ("highest learning rate of the plateau", ""),
    "plateau_decades": ("width of the plateau", DECADES),
    "plateau_margin": ("loss that the plateau allows", _OF_METRIC),
    "best_of_1": ("expected score of one random setting", _OF_METRIC),
    "best_of_3": ("expected best score of three random settings", _OF_METRIC),
    "best_of_same": ("expected best of as many settings as every optimizer has", _OF_METRIC),
    "best_of_same_low": ("lower end of its 95 % interval", _OF_METRIC),
    "best_of_same_high": ("upper end of its 95 % interval", _OF_METRIC),
    "test_chance": ("what guessing reaches on the test images", _OF_METRIC),
    "expected": (
        "expected best by the runs that choose, too high by the luck of the choice",
        _OF_METRIC,
    ),
    "corrected": ("expected best without the luck of the choice", _OF_METRIC),
    "corrected_low": ("lower end of its 95 % interval over the seeds", _OF_METRIC),
    "corrected_high": ("upper end of its 95 % interval over the seeds", _OF_METRIC),
    "drawn_low": ("below it lie 2.5 % of all draws of k settings", _OF_METRIC),
    "drawn_high": ("above it lie 2.5 % of all draws of k settings", _OF_METRIC),
    "from_rate": ("lowest learning rate of the line", ""),
    "to_rate": ("highest learning rate of the line", ""),
    "decades": ("width of the line of learning rates", DECADES),
    "sensitivity": ("how much less than the best the average learning rate reaches", _OF_METRIC),
    "sensitivity_low": ("lower end of its 95 % interval", _OF_METRIC),
    "sensitivity_high": ("upper end of its 95 % interval", _OF_METRIC),
    "around_below": ("how far below the best rate all grids reach", DECADES),
    "around_above": ("how far above the best rate all grids reach", DECADES),
    "around": ("sensitivity over these decades around the best rate", _OF_METRIC),
    "around_low": ("lower end of its 95 % interval", _OF_METRIC),
    "around_high": ("upper end of its 95 % interval", _OF_METRIC),
    "loss_sensitivity": ("sensitivity of the validation loss", ""),
    "loss_sensitivity_low": ("lower end of its 95 % interval", ""),
    "loss_sensitivity_high": ("upper end of its 95 % interval", ""),
    "optimum": ("fitted best learning rate", ""),
    "optimum_low": ("lower end of its 95 % interval", ""),
    "optimum_high": ("upper end of its 95 % interval", ""),
    "defaults_learning_rate": ("default learning rate", ""),
    "defaults_mean": ("mean score with default arguments", _OF_METRIC),
    "regret": ("how far default arguments are below the best setting", _OF_METRIC),
    "regret_low": ("lower end of its 95 % interval", _OF_METRIC),
    "regret_high": ("upper end of its 95 % interval", _OF_METRIC),
    "value": ("test result of the first, or by how much it is ahead of the second", _OF_METRIC),
    "over_seeds": ("half the 95 % interval over seeds", _OF_METRIC),
    "over_images": ("half the 95 % interval over images", _OF_METRIC),
    "over_both": ("half the 95 % interval over both", _OF_METRIC),
    "std": ("standard deviation over runs (n - 1)", _OF_METRIC),
    "std_low": ("lower end of its 95 % interval", _OF_METRIC),
    "std_high": ("upper end of its 95 % interval", _OF_METRIC),
    "share": ("share of the variance of all sources together", SHARE),
    "share_low": ("lower end of its 95 % interval", SHARE),
    "share_high": ("upper end of its 95 % interval", SHARE),
    "suggested": ("suggested learning rate: geometric mean over range tests", ""),
    "suggested_low": ("lower end of its 95 % interval", ""),
    "suggested_high": ("upper end of its 95 % interval", ""),
    "off": ("distance from the best measured rate to the suggestion", DECADES),
    "off_low": ("lower end of its 95 % interval", DECADES),
    "off_high": ("upper end of its 95 % interval", DECADES),
    "lost": ("how far the suggestion falls behind the best measured rate", _OF_METRIC),
    "lost_low": ("lower end of its 95 % interval", _OF_METRIC),
    "lost_high": ("upper end of its 95 % interval", _OF_METRIC),
    "reported": ("value that the paper reports", _OF_METRIC),
    "measured": ("measured mean over the runs that did not diverge", _OF_METRIC),
    "tolerance": ("largest difference that counts as reproduced", _OF_METRIC),
    "predicted_low": ("lower end of where one further run lies with 95 %", _OF_METRIC),
    "predicted_high": ("upper end of where one further run lies with 95 %", _OF_METRIC),
}

_WHOLES = {
    "seed": ("seed of the run", ""),
    "epoch": ("epoch, counted from 1; a part of one where runs are evaluated by steps", "epochs"),
    "step": ("step of the optimizer, counted from 1", "steps"),
    "diverged_epoch": ("epoch in which the run diverged; empty if it did not", "epochs"),
    "diverged_step": ("step at which the run diverged; empty if it did not", "steps"),
    "epochs_completed": ("epochs that the run completed", "epochs"),
    "steps_completed": ("steps that the run completed", "steps"),
    "best_validation_epoch": ("epoch at which the metric was best on validation data", "epochs"),
    "best_validation_step": ("step at which the metric was best on validation data", "steps"),
    "layer": ("number of the layer, from 1", ""),
    "seeds": ("number of seeds", "runs"),
    "diverged": ("number of runs that diverged", "runs"),
    "collapsed": ("number of runs that collapsed to one answer", "runs"),
    "overfits": ("number of runs that overfit", "runs"),
    "target_reached": ("number of runs that reached the target", "runs"),
    "target_runs": ("number of runs that the target is of", "runs"),
    "score_last": ("number of last rows that final values are the mean of", "rows"),
    "n": ("number of runs; of a pair the fewer", "runs"),
    "n_most": ("number of runs of the setting that has more", "runs"),
    "picked_first": ("number of settings that the first was picked among", "settings"),
    "picked_second": ("number of settings that the second was picked among", "settings"),
    "settings": ("number of settings", "settings"),
    "learning_rates": ("number of learning rates", ""),
    "seeds_min": ("fewest seeds of a setting", "runs"),
    "seeds_max": ("most seeds of a setting", "runs"),
    "runs": ("number of runs", "runs"),
    "epochs": ("epochs of all runs that were asked for", "epochs"),
    "steps": ("steps of all runs that were asked for", "steps"),
    "present": ("number of runs that are there", "runs"),
    "behind_n": ("number of runs of that difference; of both settings the fewer", "runs"),
    "behind_n_most": ("number of runs of the setting that has more", "runs"),
    "rates": ("number of learning rates of the line", ""),
    "tuned_rates": ("number of learning rates with other arguments tuned anew", ""),
    "plateau_settings": ("number of settings on the plateau", "settings"),
    "best_of_k": ("number of settings that every optimizer has at least", "settings"),
    "best_of_seeds": ("number of seeds that all of its settings have", "runs"),
    "test_n": ("number of tested runs", "runs"),
    "test_diverged": ("number of tested runs that diverged", "runs"),
    "k": ("number of random settings", "settings"),
    "same_k": ("number of settings up to which all optimizers can be compared", "settings"),
    "optimum_rates": ("number of learning rates that were fitted", ""),
    "defaults_n": ("number of runs with default arguments", "runs"),
    "defaults_diverged": ("number of these that diverged", "runs"),
    "looks": ("number of looks so far, this one included", ""),
    "label": ("true class, counted from 0", ""),
    "predicted": ("class that was answered, counted from 0", ""),
    "image": ("number of the test image, from 0", ""),
    "right": ("number of runs that answer it rightly", "runs"),
}

_TRUTHS = {
    "confirmation": "whether it is a run on fresh seeds, which decide",
    "confirmed": "whether fresh seeds gave the test result",
    "best_of_optimizer": "whether it is its optimizer's chosen setting",
    "on_plateau": "whether it lies on its optimizer's plateau",
    "reproduced": "whether the difference is within the tolerance; empty where nobody can tell",
}

#: Other meanings of the same names: {table: {column: text}}.
OF_TABLE = {
    "measures": {"overfits": ColumnText("whether the run overfits", TRUTH)},
    "reported": {
        "predicted": ColumnText(
            "whether the reported value lies there; empty if nobody can tell", TRUTH
        ),
    },
    "pairs": {"runs": ColumnText("which runs decide: fresh seeds, or those that chose", TEXT)},
    "seeds_and_images": {
        "runs": ColumnText("which runs were tested: fresh seeds, or those that chose", TEXT),
        "images": ColumnText("number of test images", WHOLE, "images"),
    },
    "confusion": {"images": ColumnText("number of test images, over all runs", WHOLE, "images")},
    "looks": {"seeds": ColumnText("number of seeds of each look, in their order", TEXT)},
    "schedules": {"epoch": ColumnText("epoch of the point, 0 at the beginning", NUMBER, "epochs")},
    "first_epoch": {
        "step": ColumnText("last step of the piece, counted from 1", WHOLE, "steps"),
    },
}

_SERIES = {
    "running": "{} during the epoch, while weights change",
    "train": "{} on all training data",
    "validation": "{} on validation data",
    "best_validation": "best {} on validation data over the run",
    "test": "{} on test data",
}
_STATISTICS = {
    "mean": "mean over runs of the {}",
    "std": "standard deviation over runs (n - 1) of the {}",
    "median": "median over runs of the {}",
    "iqm": "interquartile mean over runs of the {}",
    "low": "lower end of the 95 % interval of the mean {}",
    "high": "upper end of the 95 % interval of the mean {}",
}
_STATISTIC = re.compile(rf"_({'|'.join(_STATISTICS)})$")


def described(
    table: str, column: str, metric: StudyMetric, parameters: Collection[str] = ()
) -> ColumnText | None:
    """Return what a column of a table is; None of one that nobody has described.

    metric: of the study. parameters: columns that are parameters of settings, by their names alone.
    """
    own = OF_TABLE.get(table, {}).get(column)
    if own is not None:
        return own
    if column in parameters:
        words = column.replace("_", " ").strip()
        return ColumnText(f"{words}: a parameter in which settings differ", "")
    if column in _TEXTS:
        return ColumnText(_TEXTS[column], TEXT)
    if column in _TRUTHS:
        return ColumnText(_TRUTHS[column], TRUTH)
    for kind, known in ((NUMBER, _NUMBERS), (WHOLE, _WHOLES)):
        if column in known:
            text, unit = known[column]
            of_metric = _unit(metric.metric) if unit == _OF_METRIC else unit
            return ColumnText(text, kind, of_metric)
    return _of_metric(column, metric)


def _of_metric(column: str, metric: StudyMetric) -> ColumnText | None:
    """Return what such as validation_accuracy_mean is."""
    found = _STATISTIC.search(column)
    stem = column[: found.start()] if found else column
    name = name_in(stem)
    if not name:
        return None
    measured = metric.metric if name == metric.name else metric_of(stem)
    title = title_of(measured) if measured else name.replace("_", " ")
    series = stem.removesuffix(f"_{name}")
    text = _SERIES[series].format(title)
    if found:
        text = _STATISTICS[found.group(1)].format(text)
    return ColumnText(text, NUMBER, _unit(measured) if measured else "")


def _unit(metric: Metric) -> str:
    """Return the unit of the values in tables, which hold shares where people read per cent."""
    return SHARE if metric.scale == PER_CENT else metric.unit
