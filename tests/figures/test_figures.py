"""The figures of a study are whole and readable, in ordinary and in awkward cases."""

import colorsys
import itertools
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from figure_tables import study, tables_of, write_tables
from matplotlib import pyplot
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from lr_atlas.figures import drawn, looks, style
from lr_atlas.figures.axes import limit_loss
from lr_atlas.figures.curves import curves
from lr_atlas.figures.settings import describe_settings
from lr_atlas.figures.shown_settings import settings_with_curves, variants_compared
from lr_atlas.figures.study import figures_of_study, save_figure, save_figures
from lr_atlas.figures.wording import ENGLISH, Wording
from lr_atlas.locale.catalogue import languages
from lr_atlas.studies.atlas import load_atlas

ROOT = Path(__file__).parents[2]
WORDING = Wording(study="small", validation="test", loss="cross_entropy")
FIGURES = tuple(drawn.figures())
# Figures that change most with the settings; and the cases in which all others are drawn as well.
ALWAYS = ("curves", "validation_curves", "first_epoch", "sensitivity", "heatmap", "pairs")
AWKWARD = {
    "one setting, one seed, one epoch",
    "long labels",
    "some diverged, one collapsed",
    "all diverged at once",
    "a hundred learning rates",
}
# The longest words in the largest letters.
SPANISH_SLIDES = replace(WORDING, language=languages()["es"], style="slides")


def test_a_figure_says_what_it_is_and_has_a_caption():
    found = drawn.figures()
    assert next(iter(found)) == "sensitivity", "it stands beside the answer"
    assert len({figure.place for figure in found.values()}) == len(found)
    for name, figure in found.items():
        assert figure.title
        assert figure.reading.endswith("."), name
        assert "Limits: " in figure.caption, name
    program = "import sys; from lr_atlas.figures.drawn import figures; figures()"
    program += "; print({'matplotlib', 'pandas'} & set(sys.modules))"
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "scripts", capture_output=True, text=True
    )
    assert process.stdout == "set()\n", "the workflow reads them, and must not wait for these"


def test_without_titles_no_figure_has_one_and_its_axes_take_the_room():
    epochs, runs = study([("sgd", 0.1, {}), ("sgd", 1.0, {}), ("adam", 0.001, {})])
    tables = tables_of(epochs, runs)
    figures = dict(figures_of_study(tables, WORDING))
    bare = dict(figures_of_study(tables, replace(WORDING, titles=False)))
    assert all(draw().get_suptitle() == "" for draw in bare.values())
    assert all(draw().get_suptitle() for draw in figures.values())
    tops = []
    for figure in (figures["best_of"](), bare["best_of"]()):
        figure.canvas.draw()
        tops.append(figure.axes[0].get_position().y1)
    assert tops[1] > tops[0] + 0.03


def test_a_study_s_title_is_no_formula():
    figure = style.new_figure(4, 2)
    style.describe(figure, "Cost: 5$ \\and $x", "Study 5$ \\and $x.")
    figure.canvas.draw()  # a formula that cannot be read raises here
    assert figure.get_suptitle() == "Cost: 5$ \\and $x"


def test_a_value_of_ones_own_is_no_formula():
    tables = study([("Mine", 0.1, {"mode": mode}) for mode in (r"$\no$", r"a_{")])
    for figure in figures(*tables, names=("sensitivity", "heatmap")).values():
        figure.canvas.draw()  # a formula that cannot be read raises here
        assert any(r"$\no$" in text.get_text() for text in figure.findobj(Text))


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
    "thirteen learning rates, neighbours diverged": study(
        [(name, rate, {}) for name in ("sgd", "adam") for rate in np.logspace(-4, -1, 13)],
        seeds=2,
        statuses={(n, s): ("diverged", 0) for n in (*range(9, 13), *range(21, 26)) for s in (1, 2)},
    ),
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
    return request.param, CASES[request.param]


def figures(epochs, runs, wording=WORDING, names=(*FIGURES, "curves")):
    """The figures of these names; of the curves, those of the last setting in the table of runs."""
    drawings = dict(figures_of_study(tables_of(epochs, runs), wording))
    drawings["curves"] = partial(curves, epochs, runs, runs["setting"].iloc[-1], wording)
    return {name: drawings[name]() for name in names if name in drawings}


def legends(figure):
    return figure.legends + [axes.get_legend() for axes in figure.axes if axes.get_legend()]


def test_every_figure_is_drawn_with_nothing_covered_or_cut_off(tables):
    case, tables = tables
    names = (*FIGURES, "curves") if case in AWKWARD else ALWAYS
    for name, figure in figures(*tables, SPANISH_SLIDES, names).items():
        assert_nothing_is_covered_or_cut_off(name, figure)


def assert_nothing_is_covered_or_cut_off(name, figure):
    figure.draw_without_rendering()
    drawn = [axes.get_window_extent() for axes in figure.axes if axes.axison]
    for legend in legends(figure):
        assert not any(legend.get_window_extent().overlaps(box) for box in drawn), name
    needed, size = figure.get_tightbbox(), figure.get_size_inches()
    assert min(needed.x0, needed.y0) > -0.03, f"{name} is cut off"
    assert max(needed.x1 - size[0], needed.y1 - size[1]) < 0.03, f"{name} is cut off"
    labels = [axes.yaxis.label.get_window_extent() for axes in figure.axes if axes.axison]
    for box in labels:
        assert box.y0 > -3, f"a label of {name} is cut off"
        assert box.y1 < figure.bbox.height + 3, f"a label of {name} is cut off"
        assert not box.overlaps(figure._suptitle.get_window_extent()), f"{name}: label over title"
    for axes in [axes for axes in figure.axes if axes.axison]:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [label.get_window_extent() for label in axis.get_ticklabels() if said(label)]
            covered = [a for a, b in itertools.pairwise(labels) if a.overlaps(b)]
            assert not covered, f"labels of an axis of {name} overlap"
        texts = [text.get_window_extent() for text in axes.texts if said(text)]
        covered = [a for a, b in itertools.combinations(texts, 2) if a.overlaps(b)]
        assert not covered, f"texts of {name} overlap"
        covered = [box for box in texts if any(box.contains(*cross) for cross in crosses(axes))]
        assert not covered, f"a text of {name} stands on a cross"


def crosses(axes):
    """Return where the middles of the crosses of diverged runs are drawn."""
    lines = [line for line in axes.get_lines() if line.get_marker() == "x"]
    return [place for line in lines for place in line.get_transform().transform(line.get_xydata())]


def said(text):
    return text.get_visible() and text.get_text()


def test_axes_say_what_they_show_and_in_which_unit():
    names = ("curves", "validation_curves", "sensitivity", "accuracy_over_time", "heatmap")
    drawn = figures(*CASES["ordinary"], names=names)
    loss, accuracy, _ = drawn["curves"].axes
    assert (loss.get_xlabel(), loss.get_ylabel()) == ("epoch", "loss (nats per image)")
    assert accuracy.get_ylabel() == "accuracy (%)"
    label = "validation accuracy\non the test images (%)"
    assert drawn["validation_curves"].axes[0].get_ylabel() == label
    assert drawn["validation_curves"].axes[-1].get_xlabel() == "epoch"
    assert drawn["sensitivity"].axes[0].get_ylabel() == "final " + label
    assert drawn["sensitivity"].axes[0].get_xscale() == "log"
    time = drawn["accuracy_over_time"].axes[-1].get_xlabel()
    assert time == "training time (seconds)"
    colourbar = drawn["heatmap"].axes[-1]
    assert colourbar.get_ylabel() == "mean (%)"


def test_the_loss_axis_has_the_unit_of_the_settings_own_loss():
    epochs, runs = study([("sgd", 0.1, {"loss": loss}) for loss in ("mse", "cross_entropy")])
    figure = curves(epochs, runs, "sgd-0", WORDING)
    assert figure.axes[0].get_ylabel() == "loss (mean squared error)"


def test_held_out_images_are_not_called_test_images():
    wording = Wording(study="small", validation="10000", loss="mse")
    assert wording.validation_label == "validation accuracy (%)"
    assert "held-out" in wording.choice
    assert wording.loss_axis() == "loss (mean squared error)"


def test_what_nobody_knows_is_not_said_of_runs_from_elsewhere():
    wording = Wording(study="small", validation="unknown", loss="mse")
    assert wording.choice == ""
    assert wording.plateau(float("nan")) == ""


def test_an_optimizer_has_one_colour_in_every_figure_and_study():
    for name in ("one learning rate", "one setting, one seed, one epoch"):
        epochs, runs = CASES[name]
        names = ("validation_curves", "loss_curves", "accuracy_over_time", "sensitivity")
        drawn = figures(epochs, runs, names=(*names, "best_settings", "time_to_target", "best_of"))
        drawn["curves"] = curves(epochs, runs, "sgd-0", WORDING)
        for figure in drawn.values():
            lines = [line for axes in figure.axes for line in axes.get_lines()]
            colours = {to_hex(line.get_color()).upper() for line in lines}
            assert looks.optimizer_colour("sgd") in colours
    assert looks.optimizer_colour("mylab.Lion") == looks.optimizer_colour("mylab.Lion")
    for written, ours in (("AdamOptimizer", "adam"), ("SGD", "sgd"), ("lion", "Lion")):
        assert looks.optimizer_colour(written) == looks.optimizer_colour(ours)


def test_no_two_of_torchs_optimizers_share_a_colour():
    colours = [looks.optimizer_colour(name) for name in looks._OPTIMIZERS]
    assert len(set(colours)) == len(colours)


#: Matrices of linear light, by Machado et al. 2009: how eyes without one kind of cones see it.
EYES = {
    "usual": np.eye(3),
    "protan": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deutan": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritan": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def lab(colour, eyes):
    """Return CIE L*a*b* of a colour as such eyes see it."""
    light = [looks._linear(part) for part in to_rgb(colour)]
    seen = np.clip(np.array(EYES[eyes]) @ light, 0, 1)
    to_xyz = [[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0177, 0.1094, 0.8727]]
    x, y, z = np.cbrt(np.array(to_xyz) @ seen)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize(("eyes", "apart"), [("usual", 30), *((eyes, 15) for eyes in EYES)])
def test_the_optimizers_of_the_shipped_comparison_have_colours_that_are_told_apart(eyes, apart):
    shipped = load_atlas([ROOT / "studies" / "optimizers-and-schedules.yaml"])
    (plan,) = shipped.plans.values()
    optimizers = {run.parameters["optimizer"] for run in plan.runs}
    assert len(optimizers) == 7
    for first, second in itertools.combinations(sorted(optimizers), 2):
        colours = [lab(looks.optimizer_colour(name), eyes) for name in (first, second)]
        assert np.linalg.norm(colours[0] - colours[1]) > apart, (first, second)


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
    assert ENGLISH.value(value) == text


def test_a_diverged_run_is_shown_and_in_no_mean():
    epochs, runs = CASES["some diverged, one collapsed"]
    runs = runs.assign(
        validation_accuracy=runs["validation_accuracy"].where(runs["status"] != "diverged", 0.0)
    )
    settings = describe_settings(runs)
    assert list(settings["diverged"]) == [0, 2, 0]
    drawn = figures(epochs, runs, names=("heatmap", "sensitivity"))
    texts = [text.get_text() for text in drawn["heatmap"].axes[0].texts]
    survivor = runs.query("setting == 'sgd-1' and status == 'finished'")["validation_accuracy"]
    assert f"{100 * survivor.item():.1f}\n2 of 3\ndiverged" in texts
    assert any("1 of 3\ncollapsed" in text for text in texts)
    figure = curves(epochs, runs, "sgd-1", WORDING)
    assert "2 of 3 runs diverged" in figure.get_supxlabel()
    crosses = [line for line in figure.axes[1].get_lines() if line.get_marker() == "x"]
    # The run that completed epochs has a cross per series, the other one a cross at the lower edge.
    assert sorted(line.get_xdata()[0] for line in crosses) == [1, 2, 2, 2]
    crosses = drawn["sensitivity"].axes[0].texts
    assert "2/3" in [text.get_text() for text in crosses]


def crosses_of(axes):
    """(x, y) of the crosses, and where they lie in shares of the axes."""
    crosses = [line for line in axes.get_lines() if line.get_marker() == "x"]
    ends = [line.get_transform().transform(line.get_xydata()[0]) for line in crosses]
    return [
        (float(line.get_xdata()[0]), round(float(axes.transAxes.inverted().transform(end)[1]), 3))
        for line, end in zip(crosses, ends, strict=True)
    ]


def test_a_run_that_diverges_leaves_the_loss_axis_at_the_top_in_the_epoch_it_did_not_complete():
    epochs, runs = CASES["some diverged, one collapsed"]
    drawn = figures(epochs, runs, names=("loss_curves", "validation_curves"))
    sgd, adam = drawn["loss_curves"].axes
    (left, at_once) = sorted(crosses_of(sgd), reverse=True)
    assert left == (3.0, 1.0)
    assert at_once[0] == 1.0
    assert at_once[1] > 0.9
    assert [text.get_text() for text in sgd.texts] == ["0.1"]
    assert crosses_of(adam) == []
    lowest = min(crosses_of(drawn["validation_curves"].axes[0]))
    assert lowest[0] == 1.0
    assert lowest[1] < 0.1
    loss = curves(epochs, runs, "sgd-1", WORDING).axes[0]
    assert set(crosses_of(loss)) == {(3.0, 1.0), (1.0, 1.0)}


@pytest.mark.parametrize(("factor", "scale"), [(25.0, "linear"), (40.0, "log")])
def test_a_loss_axis_is_logarithmic_where_losses_span_decades(factor, scale):
    epochs, runs = study(SGD_ADAM, seeds=1)
    losses = ["running_loss", "train_loss", "validation_loss"]
    epochs[losses] = 0.1
    epochs.loc[epochs["epoch"] == 1, losses] = 0.1 * factor
    drawn = figures(epochs, runs, names=("loss_curves", "best_settings", "curves"))
    for name, figure in drawn.items():
        assert figure.axes[0].get_yscale() == scale, name


def test_a_loss_of_a_diverged_run_widens_the_axis_but_not_without_end():
    kept = np.array([2.0, 0.5])
    for lost, highest in ((np.array([400.0]), 400.0), (np.array([1e30]), 2.0)):
        axes = Figure().subplots()
        limit_loss(axes, kept, lost)
        assert highest < axes.get_ylim()[1] < 3 * highest


def colours_of(optimizers, rates):
    _, runs = study([(name, rate, {}) for name in optimizers for rate in rates], seeds=1, epochs=1)
    return describe_settings(runs).groupby("optimizer", sort=False)["colour"].agg(list)


def lightness(colour):
    linear = [(v + 0.055) / 1.055 for v in to_rgb(colour)]
    luminance = float(np.dot([0.2126, 0.7152, 0.0722], np.power(linear, 2.4)))
    return 116 * np.cbrt(luminance) - 16


@pytest.mark.parametrize("optimizers", [["sgd"], ["sgd", "adam", "adadelta"]])
def test_learning_rates_are_told_apart_by_evenly_darker_lines(optimizers):
    rates = [10**exponent for exponent in np.linspace(-5, 0, 12)]
    for colours in colours_of(optimizers, rates):
        steps = -np.diff([lightness(colour) for colour in colours])
        assert steps.min() > 4
        assert steps.max() < 10


def test_a_learning_rate_far_from_the_others_leaves_them_colours_of_their_own():
    (colours,) = colours_of(["sgd"], [1e-3, 1e-2, 1e-1, 1, 1e6])
    assert min(-np.diff([lightness(colour) for colour in colours])) > 7


def test_learning_rates_of_a_single_optimizer_differ_in_hue_and_not_in_shade_alone():
    def hues(colours):
        return [colorsys.rgb_to_hsv(*to_rgb(colour))[0] for colour in colours]

    alone, *both = (
        colours
        for names in (["sgd"], ["sgd", "adam"])
        for colours in colours_of(names, [1e-3, 1e-1, 1, 10, 1000])
    )
    assert np.ptp(hues(alone)) > 0.5
    assert max(np.ptp(hues(colours)) for colours in both) < 0.1


def test_many_learning_rates_of_an_optimizer_have_a_colour_bar_and_few_a_name_each():
    for case, named in (("many learning rates", 0), ("one learning rate", 2)):
        figure = figures(*CASES[case], names=["loss_curves"])["loss_curves"]
        texts = [text.get_text() for legend in legends(figure) for text in legend.get_texts()]
        assert len(texts) == named
        bars = [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]
        assert len(bars) == (not named)


def test_the_colours_of_the_bar_are_those_of_the_lines():
    epochs, runs = CASES["many learning rates"]
    figure = figures(epochs, runs, names=["validation_curves"])["validation_curves"]
    (bar,) = [axes._colorbar for axes in figure.axes if axes.get_label() == "<colorbar>"]
    drawn = [to_rgb(line.get_color()) for line in figure.axes[0].get_lines()]
    shown = [bar.mappable.to_rgba(rate)[:3] for rate in sorted(runs["learning_rate"].unique())]
    assert np.array(shown) == pytest.approx(np.array(drawn), abs=0.03)


def test_every_slide_is_16_to_9_and_has_no_note_but_what_would_mislead_without(tables):
    for name, figure in figures(*tables[1], SPANISH_SLIDES, FIGURES).items():
        width, height = figure.get_size_inches()
        assert width / height == pytest.approx(16 / 9), name
        assert "semillas" not in figure.get_supxlabel() or not figure.axes[0].axison, name


def test_the_first_epoch_shows_the_step_at_which_a_run_diverged():
    epochs, runs = CASES["some diverged, one collapsed"]
    sgd, adam = figures(epochs, runs, names=["first_epoch"])["first_epoch"].axes
    assert sgd.get_yscale() == "log"
    assert crosses_of(sgd) == [(14.0, 1.0)]
    assert crosses_of(adam) == []
    (left,) = [line for line in sgd.get_lines() if 13 in line.get_xdata()]
    assert list(left.get_ydata()[:4]) == [2.3, 5.0, 40.0, 900.0]
    assert set(left.get_ydata()[4:]) == {sgd.get_ylim()[1]}  # more than the axis has room for


def test_runs_without_losses_of_the_first_epoch_have_a_figure_that_says_so():
    tables = tables_of(*CASES["ordinary"])
    without = replace(tables, first_epoch=tables.first_epoch[:0])
    (axes,) = dict(figures_of_study(without, WORDING))["first_epoch"]().axes
    assert "without recording it" in axes.texts[0].get_text()


def test_time_is_that_of_training_alone_summed_over_epochs():
    drawn = figures(*CASES["ordinary"], names=["accuracy_over_time"])
    figure = drawn["accuracy_over_time"]
    assert list(figure.axes[0].get_lines()[0].get_xdata()) == [1.0, 2.0, 3.0, 4.0]


def test_drawing_leaves_no_trace_in_pyplot_or_its_settings():
    before = dict(pyplot.rcParams)
    figures(*CASES["ordinary"], names=["heatmap"])
    assert dict(pyplot.rcParams) == before
    assert pyplot.get_fignums() == []


def test_figures_of_a_large_study_show_the_best_of_each_optimizer_and_say_so():
    entries = [(name, 1e-3 * 1.01**i, {}) for name in ("sgd", "adam", "adamw") for i in range(50)]
    epochs, runs = study(entries, seeds=1, epochs=1, statuses={(7, 1): ("diverged", 1)})
    finals = runs[runs["status"] != "diverged"].set_index("setting")["validation_accuracy"]
    best = [
        setting
        for name in ("sgd", "adam", "adamw")
        for setting in finals[finals.index.str.startswith(f"{name}-")].nlargest(33).index
    ]
    assert set(settings_with_curves(runs, WORDING)[0]) == set(best)
    drawn = figures(epochs, runs, names=("validation_curves", "accuracy_over_time", "heatmap"))
    for name in ("validation_curves", "accuracy_over_time"):
        note = drawn[name].get_supxlabel().replace("\n", " ")
        assert "Shown: 99 of 150 settings, the 33 best of each optimizer by mean final" in note
    assert "Shown" not in drawn["heatmap"].get_supxlabel()


def test_of_many_variants_the_best_are_compared():
    entries = [("adam", 0.01, {"weight_decay": 0.001 * i}) for i in range(40)]
    _, runs = study(entries, seeds=2, epochs=1)
    settings, note = variants_compared(runs, WORDING)
    finals = runs.groupby("setting")["validation_accuracy"].mean()
    assert set(settings) == set(finals.nlargest(30).index)
    assert note.startswith("Shown: the 30 best of 40 variants")
    assert variants_compared(runs[runs["setting"].isin(settings)], WORDING)[1] == ""


def test_the_same_tables_give_the_same_bytes(tmp_path):
    epochs, runs = CASES["ordinary"]
    for name in ("first", "second"):
        save_figure(figures(epochs, runs, names=["pairs"])["pairs"], tmp_path / name)
    for kind in ("svg", "pdf", "png"):
        files = [(tmp_path / f"{name}.{kind}").read_bytes() for name in ("first", "second")]
        assert files[0] == files[1]
        assert b"CreationDate" not in files[0]


def test_several_processes_draw_the_same_files(tmp_path):
    epochs, runs = CASES["ordinary"]
    settings = list(runs["setting"].unique()[:3])
    drawings = [
        (f"curves/{name}", partial(curves, epochs, runs, name, WORDING)) for name in settings
    ]
    for processes in (1, 2):
        save_figures(drawings, tmp_path / str(processes), processes=processes)
    alone, shared = (sorted((tmp_path / str(n) / "curves").iterdir()) for n in (1, 2))
    assert len(alone) == 3 * len(settings)
    assert [path.name for path in shared] == [path.name for path in alone]
    assert [path.read_bytes() for path in shared] == [path.read_bytes() for path in alone]


def test_a_format_that_is_left_out_leaves_no_file_of_an_earlier_drawing(tmp_path):
    drawings = [("curves/a.1", partial(curves, *CASES["ordinary"], "sgd-0", WORDING))]
    save_figures(drawings, tmp_path)
    before = (tmp_path / "curves" / "a.1.svg").read_bytes()
    save_figures(drawings, tmp_path, ["svg"])
    assert [path.name for path in (tmp_path / "curves").iterdir()] == ["a.1.svg"]
    assert (tmp_path / "curves" / "a.1.svg").read_bytes() == before


def test_a_png_has_300_dots_per_inch_and_the_width_of_its_style(tmp_path):
    epochs, runs = CASES["ordinary"]
    for name, inches in (("paper", 7.2), ("slides", 12.6)):
        wording = replace(WORDING, style=name)
        save_figure(curves(epochs, runs, "sgd-0", wording), tmp_path / name)
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
            assert image.width == pytest.approx(300 * inches, abs=1)


def test_letters_in_a_pdf_stay_letters(tmp_path):
    save_figure(curves(*CASES["ordinary"], "sgd-0", WORDING), tmp_path / "curves")
    content = (tmp_path / "curves.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/Type3" not in content


def test_slides_have_larger_letters_and_thicker_strokes_beside_the_figure():
    sizes = {}
    for name in ("paper", "slides"):
        figure = curves(*CASES["ordinary"], "sgd-0", replace(WORDING, style=name))
        width = figure.get_figwidth()
        axes = figure.axes[0]
        line = axes.get_lines()[0].get_linewidth()
        sizes[name] = axes.xaxis.label.get_size() / width, line / width
    assert sizes["slides"][0] == pytest.approx(1.3 * sizes["paper"][0])
    assert sizes["slides"][1] == pytest.approx(1.4 * sizes["paper"][1])


def test_the_script_writes_every_figure_in_three_formats_and_warns_of_nothing(tmp_path):
    epochs, runs = CASES["one learning rate"]
    write_tables(tables_of(epochs, runs), tmp_path)
    arguments = ["--tables-directory", ".", "--study", "small", "--dataset", "mnist"]
    arguments += ["--validation", "test", "--loss", "mse", "--output-directory", "figures"]
    script = [sys.executable, "-W", "error", ROOT / "scripts" / "draw_figures.py"]
    process = subprocess.run(
        [*script, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert process.stderr.count("\n") == 1, process.stderr
    written = {
        str(path.relative_to(tmp_path / "figures")) for path in tmp_path.glob("figures/**/*.???")
    }
    names = [*FIGURES, *(f"curves/{setting}" for setting in runs["setting"].unique())]
    assert written == {f"{name}.{kind}" for name in names for kind in ("svg", "pdf", "png")}


def test_the_key_beside_one_optimizer_has_its_rates_alone_whatever_its_name():
    epochs, runs = study([("AdamWScheduleFree", rate, {}) for rate in (0.01, 0.1)])
    (figure,) = figures(epochs, runs, names=("loss_curves",)).values()
    keys = [
        text.get_text()
        for axes in figure.axes
        if axes.get_legend()
        for text in axes.get_legend().texts
    ]
    assert keys == ["0.01", "0.1"]
