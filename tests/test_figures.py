"""What holds for the figures of a study, in ordinary and in awkward cases."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex

from lr_atlas.figures import style
from lr_atlas.figures.curves import curves
from lr_atlas.figures.heatmap import heatmap
from lr_atlas.figures.selection import best_variants
from lr_atlas.figures.sensitivity import sensitivity
from lr_atlas.figures.settings import Wording, describe_settings, value_text
from lr_atlas.figures.study import figures_of_study, save_figure
from lr_atlas.figures.trajectories import accuracy_over_time, validation_curves

ROOT = Path(__file__).parents[1]
WORDING = Wording(study="small", validation="test", loss="cross_entropy")
METRICS = [
    f"{prefix}_{metric}"
    for prefix in ("running", "train", "validation")
    for metric in ("loss", "accuracy")
]


def study(entries, seeds=3, epochs=4, statuses=None):
    """The two tables of a study with these (optimizer, learning rate, parameters).

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
            rows = [epoch_row(lead, epoch, generator) for epoch in range(1, completed + 1)]
            last = {key: rows[-1][key] if rows else None for key in METRICS}
            epoch_rows += rows
            run_rows.append(lead | {"epochs_completed": completed} | last)
    columns = [*lead, "epoch", *METRICS, "train_seconds", "evaluate_seconds"]
    types = {"seed": "Int64"}
    epochs_table = pd.DataFrame(epoch_rows, columns=columns).astype(types | {"epoch": "Int64"})
    return epochs_table, pd.DataFrame(run_rows).astype(types)


def epoch_row(lead, epoch, generator):
    row = lead | {"epoch": epoch, "train_seconds": 1.0, "evaluate_seconds": 0.1}
    for key in METRICS:
        value = 1 - np.exp(-epoch) - 0.05 * generator.random()
        row[key] = value if key.endswith("accuracy") else 2.3 * (1 - value)
    return row


SGD_ADAM = [("sgd", 0.01, {}), ("sgd", 0.1, {}), ("adam", 0.01, {})]
LONG = {"weight_decay": 0.0001, "betas": "0.95-0.9999", "hidden": "512-256-128", "epochs": 200}
RATES = [10.0**exponent for exponent in range(-6, 0)]
CASES = {
    "ordinary": study(SGD_ADAM),
    "one seed": study(SGD_ADAM, seeds=1),
    "one learning rate": study([SGD_ADAM[0], SGD_ADAM[2]]),
    "one setting, one seed, one epoch": study(SGD_ADAM[:1], seeds=1, epochs=1),
    "parameters": study(
        [("sgd", 0.01, {"momentum": m, "nesterov": m > 0}) for m in (0.0, 0.5, 0.9)]
        + [("adam", 0.01, {"momentum": None, "nesterov": None})]
    ),
    "long labels": study(
        [("mylab.optimizers.Lion", rate, LONG) for rate in (0.01, 0.1)]
        + [("mylab.optimizers.Lion", 0.01, dict.fromkeys(LONG))]
    ),
    "some diverged, one collapsed": study(
        SGD_ADAM,
        statuses={(1, 1): ("diverged", 2), (1, 2): ("diverged", 0), (2, 1): ("collapsed", 4)},
    ),
    "all diverged": study(
        SGD_ADAM[:1], seeds=2, statuses={(0, s): ("diverged", 2) for s in (1, 2)}
    ),
    "all diverged at once": study(
        SGD_ADAM[:1], seeds=2, statuses={(0, s): ("diverged", 0) for s in (1, 2)}
    ),
    "many settings": study(
        [(o, rate, {}) for o in ("sgd", "rmsprop", "adam", "adamw") for rate in RATES], seeds=2
    ),
    "many learning rates": study([("sgd", 0.001 * 1.3**i, {}) for i in range(25)], seeds=2),
    "a hundred learning rates": study(
        [(o, 0.001 * 1.06**i, {}) for o in ("sgd", "adam") for i in range(100)],
        seeds=1,
        epochs=2,
        statuses={(99, 1): ("diverged", 1)},
    ),
    "many variants": study(
        [("adam", 0.01, {"weight_decay": 0.001 * i}) for i in range(25)], seeds=1, epochs=2
    ),
}


@pytest.fixture(params=CASES, ids=str)
def tables(request):
    return CASES[request.param]


def figures(epochs, runs):
    setting = runs["setting"].iloc[-1]
    return {
        "curves": curves(epochs, runs, setting, WORDING),
        "validation_curves": validation_curves(epochs, runs, WORDING),
        "sensitivity": sensitivity(runs, WORDING),
        "heatmap": heatmap(runs, WORDING),
        "accuracy_over_time": accuracy_over_time(epochs, runs, WORDING),
    }


def legends(figure):
    return figure.legends + [axes.get_legend() for axes in figure.axes if axes.get_legend()]


def test_every_figure_is_drawn_with_nothing_covered_or_cut_off(tables):
    for name, figure in figures(*tables).items():
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
        assert pixels.std() > 5, f"{name} is blank"
        drawn = [axes.get_window_extent() for axes in figure.axes if axes.axison]
        for legend in legends(figure):
            assert not any(legend.get_window_extent().overlaps(box) for box in drawn), name
        needed, size = figure.get_tightbbox(), figure.get_size_inches()
        assert min(needed.x0, needed.y0) > -0.03, f"{name} is cut off"
        assert max(needed.x1 - size[0], needed.y1 - size[1]) < 0.03, f"{name} is cut off"


def test_axes_say_what_they_show_and_in_which_unit():
    drawn = figures(*CASES["ordinary"])
    loss, accuracy, _ = drawn["curves"].axes
    assert (loss.get_xlabel(), loss.get_ylabel()) == ("epoch", "loss (nats per image)")
    assert accuracy.get_ylabel() == "accuracy (%)"
    label = "validation accuracy on the test images (%)"
    assert drawn["validation_curves"].get_supylabel() == label
    assert drawn["validation_curves"].axes[-1].get_xlabel() == "epoch"
    assert drawn["sensitivity"].axes[0].get_ylabel() == "final " + label
    assert drawn["sensitivity"].axes[0].get_xscale() == "log"
    time = drawn["accuracy_over_time"].axes[-1].get_xlabel()
    assert time == "training time, without evaluation (seconds)"
    colourbar = drawn["heatmap"].axes[-1]
    assert colourbar.get_ylabel() == "mean accuracy (%)"


def test_the_loss_axis_has_the_unit_of_the_settings_own_loss():
    epochs, runs = study([("sgd", 0.1, {"loss": loss}) for loss in ("mse", "cross_entropy")])
    figure = curves(epochs, runs, "sgd-0", WORDING)
    assert figure.axes[0].get_ylabel() == "loss (mean squared error)"


def test_held_out_images_are_not_called_test_images():
    wording = Wording(study="small", validation="10000", loss="mse")
    assert wording.validation_accuracy == "validation accuracy"
    assert wording.loss_axis() == "loss (mean squared error)"


def test_an_optimizer_has_one_colour_in_every_figure_and_study():
    for name in ("one learning rate", "one setting, one seed, one epoch"):
        epochs, runs = CASES[name]
        drawn = {
            "curves": curves(epochs, runs, "sgd-0", WORDING),
            "validation_curves": validation_curves(epochs, runs, WORDING),
            "sensitivity": sensitivity(runs, WORDING),
            "accuracy_over_time": accuracy_over_time(epochs, runs, WORDING),
        }
        for figure in drawn.values():
            lines = [line for axes in figure.axes for line in axes.get_lines()]
            colours = {to_hex(line.get_color()).upper() for line in lines}
            assert style.optimizer_colour("sgd") in colours
    assert style.optimizer_colour("mylab.Lion") == style.optimizer_colour("mylab.Lion")


def test_no_two_of_torchs_optimizers_share_a_colour():
    colours = [style.optimizer_colour(name) for name in style._OPTIMIZERS]
    assert len(set(colours)) == len(colours)


def test_settings_are_told_apart_by_what_differs_and_listed_in_a_fixed_order():
    settings = describe_settings(CASES["parameters"][1].sample(frac=1, random_state=0))
    assert list(settings["variant"]) == [
        "SGD, momentum 0, nesterov no",
        "SGD, momentum 0.5, nesterov yes",
        "SGD, momentum 0.9, nesterov yes",
        "Adam",
    ]
    assert settings["label"].iloc[1] == "SGD, learning rate 0.01, momentum 0.5, nesterov yes"


def test_a_parameter_in_which_optimizers_differ_is_named_for_both():
    _, runs = study([("sgd", 0.1, {"batch_size": 10}), ("adam", 0.1, {"batch_size": 32.0})])
    assert list(describe_settings(runs)["variant"]) == ["SGD, batch size 10", "Adam, batch size 32"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (64.0, "64"),
        (1_000_000, "1000000"),
        (1e-5, "1e-05"),
        (np.True_, "yes"),
        ("128-64", "128-64"),
        ([0.9, 0.999], "0.9-0.999"),
        ([], "none"),
        (np.nan, None),
        ("", None),
    ],
)
def test_a_value_is_said_in_the_shortest_way(value, text):
    assert value_text(value) == text


def test_a_diverged_run_is_shown_and_in_no_mean():
    epochs, runs = CASES["some diverged, one collapsed"]
    runs = runs.assign(
        validation_accuracy=runs["validation_accuracy"].where(runs["status"] != "diverged", 0.0)
    )
    settings = describe_settings(runs)
    assert list(settings["diverged"]) == [0, 2, 0]
    texts = [text.get_text() for text in heatmap(runs, WORDING).axes[0].texts]
    survivor = runs.query("setting == 'sgd-1' and status == 'finished'")["validation_accuracy"]
    assert f"{100 * survivor.item():.1f}\n2 of 3\ndiverged" in texts
    assert any("1 of 3\ncollapsed" in text for text in texts)
    figure = curves(epochs, runs, "sgd-1", WORDING)
    assert "2 of 3 runs diverged" in figure.get_supxlabel()
    crosses = [line for line in figure.axes[1].get_lines() if line.get_marker() == "x"]
    assert len(crosses) == 3  # of the one that completed an epoch, a cross per series
    assert "2 of 3" in [text.get_text() for text in sensitivity(runs, WORDING).axes[0].texts]


def test_time_is_that_of_training_alone_summed_over_epochs():
    figure = accuracy_over_time(*CASES["ordinary"], WORDING)
    assert list(figure.axes[0].get_lines()[0].get_xdata()) == [1.0, 2.0, 3.0, 4.0]


def test_drawing_leaves_no_trace_in_pyplot_or_its_settings():
    before = dict(pyplot.rcParams)
    heatmap(CASES["ordinary"][1], WORDING)
    assert dict(pyplot.rcParams) == before
    assert pyplot.get_fignums() == []


def test_figures_of_a_large_study_show_the_best_of_each_optimizer_and_say_so():
    entries = [(name, 1e-3 * 1.01**i, {}) for name in ("sgd", "adam", "adamw") for i in range(50)]
    epochs, runs = study(entries, seeds=1, epochs=1, statuses={(7, 1): ("diverged", 1)})
    drawn = dict(figures_of_study(epochs, runs, WORDING))
    finals = runs[runs["status"] != "diverged"].set_index("setting")["validation_accuracy"]
    best = [
        setting
        for name in ("sgd", "adam", "adamw")
        for setting in finals[finals.index.str.startswith(f"{name}-")].nlargest(33).index
    ]
    assert {name for name in drawn if name.startswith("curves/")} == {f"curves/{s}" for s in best}
    for name in ("validation_curves", "accuracy_over_time"):
        note = drawn[name].get_supxlabel().replace("\n", " ")
        assert "Shown: 99 of 150 settings, the 33 best of each optimizer by mean final" in note
    assert "Shown" not in drawn["heatmap"].get_supxlabel()


def test_of_many_variants_the_best_are_compared():
    entries = [("adam", 0.01, {"weight_decay": 0.001 * i}) for i in range(40)]
    _, runs = study(entries, seeds=2, epochs=1)
    settings, note = best_variants(runs)
    finals = runs.groupby("setting")["validation_accuracy"].mean()
    assert set(settings) == set(finals.nlargest(30).index)
    assert note.startswith(" Shown: the 30 best of 40 variants")
    assert best_variants(runs[runs["setting"].isin(settings)])[1] == ""


def test_the_same_table_gives_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        save_figure(sensitivity(CASES["ordinary"][1], WORDING), tmp_path / name)
    for kind in ("svg", "png"):
        files = [(tmp_path / f"{name}.{kind}").read_bytes() for name in ("first", "second")]
        assert files[0] == files[1]


def test_the_script_writes_every_figure_twice_and_warns_of_nothing(tmp_path):
    epochs, runs = CASES["one learning rate"]
    epochs.to_parquet(tmp_path / "epochs.parquet")
    runs.to_parquet(tmp_path / "runs.parquet")
    arguments = ["--epochs", "epochs.parquet", "--runs", "runs.parquet", "--study", "small"]
    arguments += ["--validation", "test", "--loss", "mse", "--output-directory", "figures"]
    script = [sys.executable, "-W", "error", ROOT / "scripts" / "draw_figures.py"]
    subprocess.run([*script, *arguments], cwd=tmp_path, check=True)
    written = {str(path.relative_to(tmp_path / "figures")) for path in tmp_path.rglob("*.???")}
    names = ["accuracy_over_time", "heatmap", "sensitivity", "validation_curves"]
    names += [f"curves/{setting}" for setting in runs["setting"].unique()]
    assert written == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
