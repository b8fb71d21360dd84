"""What the figures of the statistics show, against their tables."""

import numpy as np
import pandas as pd
import pytest
from figure_tables import study, tables_of
from matplotlib.colors import to_hex

from lr_atlas.figures import looks
from lr_atlas.figures.best_of import best_of
from lr_atlas.figures.best_settings import best_settings
from lr_atlas.figures.classes import confusion
from lr_atlas.figures.heatmap import heatmap
from lr_atlas.figures.mistakes import mistakes
from lr_atlas.figures.pairs import pairwise
from lr_atlas.figures.sensitivity import sensitivity
from lr_atlas.figures.stability import stability
from lr_atlas.figures.tables import read_mistakes
from lr_atlas.figures.time_to_target import reached_over_time, time_to_target
from lr_atlas.figures.wording import Wording

WORDING = Wording(study="small", validation="10000", loss="cross_entropy")
ENTRIES = [("sgd", 0.001, {}), ("sgd", 0.01, {}), ("sgd", 0.1, {}), ("adam", 0.01, {})]
TABLES = tables_of(*study(ENTRIES, statuses={(2, 1): ("diverged", 1)}), reported=[("sgd-0", 0.5)])
ALL_DIVERGED = tables_of(
    *study(ENTRIES[:2], seeds=1, statuses=dict.fromkeys([(0, 1), (1, 1)], ("diverged", 0)))
)


def lines_with(axes, marker):
    return [
        line for line in axes.get_lines() if line.get_marker() == marker and len(line.get_xdata())
    ]


def drawn_sensitivity(tables):
    return sensitivity(tables.runs, tables.summary, tables.reported, WORDING)


def test_a_star_stands_on_the_best_setting_of_each_optimizer():
    axes = drawn_sensitivity(TABLES).axes[0]
    best = TABLES.summary[TABLES.summary["best_of_optimizer"]]
    drawn = sorted(float(line.get_ydata()[0]) for line in lines_with(axes, "*"))
    assert drawn == pytest.approx(sorted(100 * best["validation_accuracy_mean"]))


def test_bars_are_the_intervals_of_the_summary():
    axes = drawn_sensitivity(TABLES).axes[0]
    ends = {
        round(y, 6)
        for collection in axes.collections
        if hasattr(collection, "get_segments")
        for segment in collection.get_segments()
        for y in segment[:, 1]
    }
    summary = TABLES.summary
    for name in ("low", "high"):
        assert {round(100 * y, 6) for y in summary[f"validation_accuracy_{name}"].dropna()} <= ends


def test_a_reported_value_is_a_diamond_at_its_learning_rate():
    axes = drawn_sensitivity(TABLES).axes[0]
    (diamond,) = lines_with(axes, "D")
    assert list(diamond.get_ydata()) == [50.0]
    assert diamond.get_xdata()[0] == pytest.approx(0.001, rel=0.2)
    without = drawn_sensitivity(tables_of(TABLES.epochs, TABLES.runs))
    assert not lines_with(without.axes[0], "D")


def test_a_plateau_is_shaded_in_its_optimizers_colour_where_the_summary_says():
    runs, summary = TABLES.runs, TABLES.summary
    for on_plateau, widths in (([1, 1, 0, 0], [2]), ([1, 0, 1, 0], [1, 1]), ([0, 0, 0, 0], [])):
        axes = sensitivity(
            runs, summary.assign(on_plateau=np.array(on_plateau, bool)), TABLES.reported, WORDING
        ).axes[0]
        shaded = [line for line in axes.get_lines() if line.get_alpha() == 0.25]
        assert [len(line.get_xdata()) for line in shaded] == widths
        colours = {to_hex(line.get_color()).upper() for line in shaded}
        assert colours <= {looks.optimizer_colour("sgd")}


def test_settings_far_below_the_others_do_not_flatten_them():
    runs = TABLES.runs.assign(
        validation_accuracy=TABLES.runs["validation_accuracy"].where(
            TABLES.runs["setting"] != "sgd-0", 0.1
        )
    )
    figure = drawn_sensitivity(tables_of(TABLES.epochs, runs))
    whole, enlarged = figure.axes
    assert whole.get_ylim()[0] < 10 < 80 < enlarged.get_ylim()[0]


def test_the_heat_map_marks_the_best_the_plateau_and_diverged_runs():
    axes = heatmap(TABLES.runs, TABLES.summary, WORDING).axes[0]
    marks = {
        marker: {
            (int(x), int(y)) for line in lines_with(axes, marker) for x, y in [line.get_xydata()[0]]
        }
        for marker in "*ox"
    }
    place = {"sgd-0": (0, 0), "sgd-1": (1, 0), "sgd-2": (2, 0), "adam-3": (1, 1)}
    best = TABLES.summary[TABLES.summary["best_of_optimizer"]]["setting"]
    plateau = TABLES.summary[TABLES.summary["on_plateau"]]["setting"]
    assert marks["*"] == {place[setting] for setting in best}
    assert marks["o"] == {place[setting] for setting in set(plateau) - set(best)}
    assert marks["x"] == {place["sgd-2"]}


def test_a_matrix_of_pairs_holds_each_difference_twice_and_the_verdicts_of_its_table():
    pairs = TABLES.pairs.assign(verdict="inconclusive")
    pairs.loc[0, ["difference", "verdict"]] = [0.0123, "first better"]
    axes = pairwise(pairs, TABLES.runs, TABLES.optimizers["best_setting"], WORDING).axes[0]
    texts = [text.get_text() for text in axes.texts]
    assert texts.count("+1.2") >= 1
    assert texts.count("-1.2") >= 1
    assert len(texts) == 2 * len(pairs)
    assert len(lines_with(axes, "<")) == len(lines_with(axes, "v")) == 1


@pytest.mark.parametrize("settings", [1, 4])
def test_with_nothing_to_compare_a_matrix_of_pairs_says_so(settings):
    runs = TABLES.runs[TABLES.runs["setting"].isin(TABLES.runs["setting"].unique()[:settings])]
    pairs = TABLES.pairs.iloc[:0]
    figure = pairwise(pairs, runs, TABLES.optimizers["best_setting"], WORDING)
    (text,) = figure.axes[0].texts
    assert ("one setting alone" if settings == 1 else "No two settings") in text.get_text()


def test_the_expected_best_of_k_is_drawn_for_every_k_of_every_optimizer():
    axes = best_of(TABLES.best_of, WORDING).axes[0]
    by_label = {line.get_label(): line for line in axes.get_lines()}
    assert set(by_label) == {"SGD (3 settings)", "Adam (one setting)"}
    expected = TABLES.best_of.query("optimizer == 'sgd'")["expected"]
    assert list(by_label["SGD (3 settings)"].get_ydata()) == pytest.approx(list(100 * expected))


def test_without_losses_from_sight_the_share_reached_is_that_of_the_runs():
    times, ends = np.array([2.0, 3.0, np.inf, np.inf]), np.full(4, 5.0)
    reached = reached_over_time(times, ends)
    assert list(reached.times) == [0.0, 2.0, 3.0, 5.0]
    assert list(reached.shares) == [0.0, 0.25, 0.5, 0.5]
    assert list(reached.share_at_censored) == [0.5, 0.5]


def test_runs_that_ended_early_count_as_long_as_they_were_seen():
    # Worked out by hand: of four runs one reaches it at 1; one ends at 2; of the two left one at 3.
    reached = reached_over_time(
        np.array([1.0, np.inf, 3.0, np.inf]), np.array([4.0, 2.0, 4.0, 4.0])
    )
    assert list(reached.shares) == pytest.approx([0, 0.25, 1 - 0.75 * 0.5, 1 - 0.75 * 0.5])
    assert list(reached.censored) == [2.0, 4.0]
    assert list(reached.share_at_censored) == pytest.approx([0.25, 0.625])


def test_a_target_that_no_run_reaches_is_a_line_at_nought():
    reached = reached_over_time(np.full(3, np.inf), np.full(3, 4.0))
    assert set(reached.shares) == {0.0}
    assert len(reached.censored) == 3


def test_runs_that_miss_the_target_are_marked_and_not_dropped():
    tables = tables_of(TABLES.epochs, TABLES.runs, target=0.999)
    best = tables.optimizers["best_setting"]
    figure = time_to_target(tables.measures, best, 0.999, WORDING)
    for axes in figure.axes[:2]:
        assert sum(len(line.get_xdata()) for line in lines_with(axes, "|")) == 6
    assert "99.9 % validation accuracy" in figure.get_supxlabel()


def test_stability_shows_the_mean_number_and_size_of_extrema():
    measures = TABLES.measures.assign(extrema=2.0, swing=0.03)
    upper, lower = stability(measures, WORDING).axes
    for axes, value in ((upper, 2.0), (lower, 3.0)):
        assert {y for line in lines_with(axes, "o") for y in line.get_ydata()} == {value}
        assert axes.get_ylim()[0] == 0


def test_the_best_setting_of_each_optimizer_is_shown_in_all_three_series():
    best = TABLES.optimizers["best_setting"]
    epochs = TABLES.epochs[TABLES.epochs["setting"].isin(best)]
    panels = best_settings(TABLES.epochs, TABLES.runs, best, WORDING).axes[:6]
    for axes, column in zip(
        panels,
        (
            f"{series}_{metric}"
            for series in ("running", "train", "validation")
            for metric in ("loss", "accuracy")
        ),
        strict=True,
    ):
        scale = 100 if column.endswith("accuracy") else 1
        kept = epochs[epochs["status"] != "diverged"]
        finals = kept[kept["epoch"] == 4].groupby("setting")[column].mean() * scale
        assert sorted(line.get_ydata()[-1] for line in axes.get_lines()) == pytest.approx(
            sorted(finals)
        )


def test_a_confusion_matrix_is_in_per_cent_of_the_true_class_and_names_the_classes():
    table = pd.DataFrame(
        [
            ("sgd", "sgd-1", 2, i, j, 180 if i == j else 20 * (j == (i + 1) % 10))
            for i in range(10)
            for j in range(10)
        ],
        columns=["optimizer", "setting", "runs", "label", "predicted", "images"],
    )
    figure = confusion(table, TABLES.runs, WORDING)
    matrix, classes, _ = figure.axes
    assert sorted(text.get_text() for text in matrix.texts) == ["10"] * 10 + ["90"] * 10
    assert [label.get_text() for label in matrix.get_yticklabels()] == list("0123456789")
    assert list(classes.get_lines()[0].get_xdata()) == pytest.approx([90.0] * 10)
    assert "Sum of 2 runs, 1,000 test images each." in figure.get_supxlabel().replace("\n", " ")


def test_each_mistake_has_its_true_and_its_predicted_class_and_how_sure_it_was():
    found = TABLES.mistakes
    figure = mistakes(found, TABLES.runs, WORDING)
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == len(found.labels)
    for axes, true, wrong, image in zip(
        shown, found.labels, found.predicted, found.images, strict=True
    ):
        assert axes.get_title(loc="center") == str(true)
        assert axes.texts[0].get_text().startswith(f"{wrong}\n")
        assert np.array_equal(axes.images[0].get_array().ravel(), image)


def test_mistakes_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "mistakes.npz"
    np.savez(path, **vars(ALL_DIVERGED.mistakes))
    found = read_mistakes(path)
    assert (len(found.labels), found.setting, found.seed) == (0, "", 1)


def test_where_every_run_diverged_the_figures_say_so_in_words():
    tables, best = ALL_DIVERGED, ALL_DIVERGED.optimizers["best_setting"]
    drawn = [
        best_settings(tables.epochs, tables.runs, best, WORDING),
        time_to_target(tables.measures, best, tables.target, WORDING),
        stability(tables.measures, WORDING),
        confusion(tables.confusion, tables.runs, WORDING),
    ]
    for figure in drawn:
        (text,) = figure.axes[0].texts
        assert "diverged" in text.get_text()
