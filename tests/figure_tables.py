"""Tables in the shape of a study's, small and made up, for the tests of its figures."""

import numpy as np
import pandas as pd

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.verdicts import compare_settings
from lr_atlas.tables.collect_dynamics import DYNAMICS_COLUMNS
from lr_atlas.tables.study_tables import COLUMNS, Mistakes, StudyTables

METRICS = [
    f"{prefix}_{metric}"
    for prefix in ("running", "train", "validation")
    for metric in ("loss", "accuracy")
]


def study(entries, seeds=3, epochs=4, statuses=None, rate=1.0):
    """The two collected tables of a study with these (optimizer, learning rate, parameters).

    statuses: (position of the entry, seed) -> (status, completed epochs).
    """
    generator = np.random.default_rng(1)
    epoch_rows, run_rows = [], []
    for position, (optimizer, learning_rate, parameters) in enumerate(entries):
        for seed in range(1, seeds + 1):
            status, completed = (statuses or {}).get((position, seed), ("finished", epochs))
            setting = f"{optimizer}-{position}"
            lead = {"study": "small", "run": f"{setting}-{seed}", "setting": setting}
            lead |= {"dataset": "mnist", "optimizer": optimizer, "learning_rate": learning_rate}
            lead |= parameters | {"seed": seed, "status": status}
            rows = [epoch_row(lead, epoch, generator, rate) for epoch in range(1, completed + 1)]
            last = {key: rows[-1][key] if rows else None for key in METRICS}
            epoch_rows += rows
            seconds = 1.0 if rows else None
            run_rows.append(
                lead
                | {"epochs_completed": completed, "seconds_per_epoch": seconds}
                | {"chance": 0.1, "images": "a b"}
                | last
            )
    columns = [*lead, "epoch", *METRICS, "train_seconds", "evaluate_seconds"]
    types = {"seed": "Int64"}
    epochs_table = pd.DataFrame(epoch_rows, columns=columns).astype(types | {"epoch": "Int64"})
    return epochs_table, pd.DataFrame(run_rows).astype(types)


def epoch_row(lead, epoch, generator, rate):
    row = lead | {"epoch": epoch, "train_seconds": 1.0, "evaluate_seconds": 0.1}
    for key in METRICS:
        value = 1 - np.exp(-rate * epoch) - 0.05 * generator.random()
        row[key] = value if key.endswith("accuracy") else 2.3 * (1 - value)
    return row


def tables_of(epochs, runs, reported=(), target=0.9):
    """Return the tables of a study's figures; those that are not collected are imitated simply.

    reported: (setting, accuracy) pairs.
    """
    chosen = choose(runs)
    return StudyTables(
        epochs=epochs,
        runs=runs,
        first_epoch=first_epoch_of(runs),
        dynamics=dynamics_of(runs),
        summary=summary_of(runs, chosen, target),
        pairs=compare_settings(runs),
        optimizers=chosen.rename(columns={"setting": "best_setting"}),
        best_of=best_of_table(runs),
        reported=pd.DataFrame(
            [(setting, "validation_accuracy", value) for setting, value in reported],
            columns=["setting", "metric", "reported"],
        ),
        variance=variance_of(chosen),
        measures=measures_of(epochs, runs, target),
        confusion=confusion_of(chosen),
        mistakes=mistakes_of(chosen),
    )


def first_epoch_of(runs):
    """Ten pieces of three steps; of runs that diverged at once four, then two steps, up to inf."""
    keys = ["run", "setting", "optimizer", "learning_rate", "seed", "status"]
    tables = []
    for _, run in runs.iterrows():
        step = np.arange(3, 31, 3)
        loss = 2.3 / np.sqrt(step)
        if run["status"] == "diverged" and run["epochs_completed"] == 0:
            step, loss = [3, 6, 9, 12, 13, 14], [2.3, 5.0, 40.0, 900.0, 1e5, np.inf]
        tables.append(pd.DataFrame({**run[keys].to_dict(), "step": step, "loss": loss}))
    return pd.concat(tables, ignore_index=True)


def dynamics_of(runs):
    """Three layers; an evaluation after each epoch, and five steps before a run diverged."""
    keys = ["run", "setting", "optimizer", "learning_rate", "seed", "status"]
    rows = []
    for _, run in runs.iterrows():
        places = [("evaluation", 30 * epoch) for epoch in range(1, run["epochs_completed"] + 1)]
        if run["status"] == "diverged":
            places += [("end", 30 * run["epochs_completed"] + step) for step in range(1, 6)]
        for place, (of, step) in enumerate(places):
            grown = 5.0**place if of == "end" else 1.0
            for layer in (1, 2, 3):
                rows.append(
                    run[keys].to_dict()
                    | {"of": of, "epoch": 1 + (step - 1) // 30, "step": step, "loss": 2.3 * grown}
                    | {"gradient_norm": grown / step**0.5, "effective_lr": run["learning_rate"]}
                    | {"spikes": float(place % 2), "clipped": np.nan}
                    | {"sharpness": 40.0 - 20 / step if of == "evaluation" else np.nan}
                    | {"preconditioned_sharpness": np.nan}
                    | {"threshold": 2 / run["learning_rate"], "layer": layer}
                    | {"layer_name": str(2 * layer), "update_ratio": 0.001 * layer * grown}
                )
    return pd.DataFrame(rows, columns=list(DYNAMICS_COLUMNS))


def summary_of(runs, chosen, target):
    rows = []
    kept = runs[runs["status"] != "diverged"]
    finals = kept.astype({"validation_accuracy": float}).groupby("setting")["validation_accuracy"]
    means, counts = finals.mean(), finals.size()
    margins = 2 * finals.std() / np.sqrt(counts)
    best = dict(zip(chosen["optimizer"], chosen["setting"], strict=True))
    for setting in runs.drop_duplicates("setting").itertuples():
        mean, margin = means.get(setting.setting), margins.get(setting.setting, np.nan)
        leader = best[setting.optimizer]
        near = mean is not None and means.get(leader, 0) - mean < 0.01
        rows.append(
            {
                "setting": setting.setting,
                "validation_accuracy_mean": mean,
                "validation_accuracy_low": None if mean is None else mean - margin,
                "validation_accuracy_high": None if mean is None else mean + margin,
                "best_of_optimizer": setting.setting == leader,
                "on_plateau": setting.setting == leader or near,
                "plateau_margin": 0.01,
                "target": None if kept.empty else target,
            }
        )
    return pd.DataFrame(rows)


def best_of_table(runs):
    accuracy = runs["validation_accuracy"].astype(float)
    values = accuracy.where(runs["status"] != "diverged", 0.1).groupby(runs["setting"]).mean()
    rows = []
    for optimizer, settings in runs.groupby("optimizer")["setting"].unique().items():
        ranked = np.sort(values[settings])
        count = len(ranked)
        below = np.arange(count + 1) / count
        for k in range(1, count + 1):
            rows.append((optimizer, k, float(ranked @ np.diff(below**k)), count))
    return pd.DataFrame(rows, columns=["optimizer", "k", "expected", "settings"])


def measures_of(epochs, runs, target):
    rows = []
    for run in runs.itertuples():
        mine = epochs[epochs["run"] == run.run].sort_values("epoch")
        accuracy = mine["validation_accuracy"].to_numpy(float)
        turns = np.flatnonzero(np.diff(np.sign(np.diff(accuracy)))) + 1
        hits = np.flatnonzero(accuracy >= target)
        diverged = run.status == "diverged"
        hit = hits[0] if len(hits) and not diverged else None
        rows.append(
            {
                "extrema": np.nan if diverged else len(turns),
                "swing": np.nan if diverged else swing(accuracy[turns]),
                "epochs_to_target": np.inf if hit is None else hit + 1,
                "seconds_to_target": np.inf
                if hit is None
                else mine["train_seconds"].iloc[: hit + 1].sum(),
            }
        )
    return runs.join(pd.DataFrame(rows, index=runs.index))


def swing(extrema):
    return float(np.abs(np.diff(extrema)).mean()) if len(extrema) > 1 else 0.0


def confusion_of(chosen):
    generator = np.random.default_rng(2)
    rows = []
    for setting in chosen.dropna(subset="validation_accuracy").itertuples():
        right = np.diag(generator.integers(800, 990, 10))
        wrong = generator.integers(0, 30, (10, 10)) * (generator.random((10, 10)) < 0.5)
        for (label, predicted), images in np.ndenumerate(right + wrong):
            rows.append((setting.optimizer, setting.setting, 3, label, predicted, images))
    columns = ["optimizer", "setting", "runs", "label", "predicted", "images"]
    return pd.DataFrame(rows, columns=columns)


def mistakes_of(chosen):
    found = chosen.dropna(subset="validation_accuracy")
    count = 12 if len(found) else 0
    generator = np.random.default_rng(3)
    rows, columns = np.mgrid[:28, :28]
    images = [(128 + 127 * np.sin((i + 1) * rows / 9 + columns / 5)) for i in range(count)]
    labels = generator.integers(0, 10, count)
    return Mistakes(
        images=np.array(images).reshape(count, 784).astype(np.uint8),
        labels=labels.astype(np.uint8),
        predicted=((labels + 1 + generator.integers(0, 9, count)) % 10).astype(np.uint8),
        probability=np.sort(generator.random(count).astype(np.float32))[::-1],
        setting=found["setting"].iloc[0] if len(found) else "",
        seed=1,
    )


def variance_of(chosen):
    """Eight seeds of each chosen setting: sources bring one tenth of the variance to nearly all."""
    shares = {"all": np.nan, "initialisation": 0.4, "order": 0.95, "split": 0.1, "rounding": 0.6}
    rows = []
    for place, row in enumerate(chosen.itertuples()):
        for source, share in shares.items():
            std = 0.002 * (1 + place) * (1 if np.isnan(share) else share**0.5)
            rows.append(
                {"optimizer": row.optimizer, "setting": row.setting, "source": source, "n": 8}
                | {"std": std, "std_low": 0.7 * std, "std_high": 2 * std, "share": share}
                | {"share_low": share / 4, "share_high": min(1, 2.5 * share), "refused": ""}
            )
    return pd.DataFrame(rows, columns=list(COLUMNS["variance"]))


def write_tables(tables, directory):
    """As the rules before that of the figures do."""
    for name in ("epochs", "runs", "first_epoch", "dynamics", "measures"):
        getattr(tables, name).to_parquet(directory / f"{name}.parquet")
    for name in (
        "summary",
        "pairs",
        "optimizers",
        "best_of",
        "sensitivity",
        "variance",
        "reported",
        "confusion",
        "schedules",
    ):
        getattr(tables, name).to_csv(directory / f"{name}.csv", index=False)
    np.savez(directory / "mistakes.npz", **vars(tables.mistakes))
