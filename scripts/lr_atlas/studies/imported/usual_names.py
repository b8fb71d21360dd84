"""Names that columns usually have: of roles, of metrics, and of what says nothing of a setting.

A name is compared without what trackers put in front of it ("config.", "params/") and with all
between words as "_".
"""

import re
from dataclasses import dataclass

from lr_atlas.studies.metric_columns import metrics
from lr_atlas.training.metric import Metric

_IN_FRONT = re.compile(
    r"^(?:(?:config|params?|parameters|hparams|hyperparameters|args|tags|lr_atlas)[./_]+)+"
)
_BETWEEN = re.compile(r"[^a-z0-9@%]+")

#: {role: names}; of some, the first that is there is meant, since others say the same.
USUAL: dict[str, tuple[str, ...]] = {
    "run": ("run", "run_id", "run_uuid", "run_name", "trial_id", "trial_number", "trial"),
    "setting": ("setting",),
    "optimizer": ("optimizer", "optimiser", "optim", "opt", "optimizer_name", "optim_name"),
    "learning_rate": ("learning_rate", "lr", "base_lr", "init_lr", "initial_lr"),
    "seed": ("seed", "random_seed", "rng_seed", "manual_seed", "replicate", "repetition", "repeat"),
    "epoch": ("epoch", "current_epoch", "trainer_epoch", "train_epoch", "epochs_completed"),
    "step": (
        *("step", "global_step", "trainer_global_step", "train_global_step", "iteration", "iter"),
        *("update", "steps_completed"),
    ),
    "seconds": ("train_seconds", "epoch_seconds", "seconds"),
    "seconds_per_epoch": ("seconds_per_epoch",),
    "evaluate_seconds": ("evaluate_seconds",),
    "status": ("status", "state"),
    "chance": ("chance", "validation_chance"),
    "loss_chance": ("loss_chance",),
    "reason": ("reason",),
    "diverged_epoch": ("diverged_epoch",),
    "diverged_step": ("diverged_step",),
}
#: Roles of which several columns may be there, the first of which is meant.
FIRST_IS_MEANT = ("run", "epoch", "step", "seconds")

#: Words of a column that say what was measured on: {word: series}.
_SERIES = {
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval", "evaluation"), "validation"),
    **dict.fromkeys(("train", "training", "tr"), "train"),
    "running": "running",
    "test": "test",
}
#: Other names of our metrics.
_ALSO = {
    "acc": "accuracy",
    "categorical_accuracy": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "binary_accuracy": "accuracy",
    "f1_macro": "macro_f1",
}
#: Metrics that others measure, which way they are better.
_OTHERS = {
    "higher": (
        *("f1", "auc", "roc_auc", "precision", "recall", "bleu", "rouge", "iou", "miou", "map"),
        *("dice", "psnr", "ssim", "reward", "return", "score", "top1", "top_1", "top_5"),
    ),
    "lower": (
        *("error", "err", "error_rate", "perplexity", "ppl", "nll", "bpc", "bpb", "wer", "cer"),
        *("fid", "mape", "cross_entropy", "bits_per_byte"),
    ),
}
#: Bookkeeping of trackers and of our own tables, which tells runs apart and settings not.
_BOOKKEEPING = re.compile(
    r"(?:_?timestamp|date|datetime|time|wall_?time|_?runtime|duration|elapsed|elapsed_time|created"
    r"|created_at|updated_at|start_time|end_time|started|ended|name|display_name|id|uuid|index"
    r"|unnamed_\d+|notes|note|comment|description|user|username|user_id|host|hostname|node|gpu"
    r"|gpus|device|pid|job|(?:[a-z]+_)?job_id|version|commit|git_commit|git_sha|sha|path|file|dir"
    r"|folder|logdir|log_dir|output_dir|artifact_uri|experiment_id|lifecycle_stage|sweep|group|tags"
    r"|study|images|torch|python|blas|processor|packages"
    r"|epochs_completed|steps_completed|.*_seconds|seconds_.*|.*chance|best_.*)"
)


def plain(column: str) -> str:
    """Return a name as it is compared."""
    return _BETWEEN.sub("_", _IN_FRONT.sub("", column.strip().lower())).strip("_")


@dataclass(frozen=True)
class Measured:
    """Say what a column's name tells of what it measures.

    series: "validation", "train", "running", "test"; "" where it does not say.
    name: of the metric, such as accuracy. known: ours, or one of others of which the direction is
    known; None else. is_best: whether it is the best of a run, so that it is no curve.
    """

    series: str
    name: str
    known: Metric | None
    is_best: bool = False


def measured(column: str) -> Measured:
    """Return what a column measures, as far as its name says so."""
    words = plain(column).split("_")
    is_best = words[0] in ("best", "max", "min")
    words = words[1:] if is_best else words
    series = ""
    if len(words) > 1 and words[0] in _SERIES:
        series, words = _SERIES[words[0]], words[1:]
    elif len(words) > 1 and words[-1] in _SERIES:
        series, words = _SERIES[words[-1]], words[:-1]
    if words[-1] == "epoch" and len(words) > 1:  # as Lightning calls the mean over an epoch
        words = words[:-1]
    name = "_".join(words)
    name = _ALSO.get(name, name)
    return Measured(series, name, known_metric(name), is_best)


def known_metric(name: str) -> Metric | None:
    """Return the metric of a name: one of ours, or a common one of others."""
    ours = metrics().get(name)
    if ours:
        return ours
    better = next((way for way, names in _OTHERS.items() if name in names), None)
    return Metric(name, better == "higher", tasks=()) if better else None


def is_bookkeeping(column: str) -> bool:
    """Return whether a column is there for the tracker, and says nothing of a setting."""
    return bool(_BOOKKEEPING.fullmatch(plain(column)) or column.startswith("__"))
