"""The figures of the statistics show what is in their tables."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from figure_tables import study, tables_of
from matplotlib.colors import to_hex, to_rgb

from lr_atlas.analysis.random_search import best_of_table
from lr_atlas.figures import looks
from lr_atlas.figures.drawn.best_of import best_of
from lr_atlas.figures.drawn.best_settings import best_settings
from lr_atlas.figures.drawn.confusion import confusion
from lr_atlas.figures.drawn.heatmap import heatmap
from lr_atlas.figures.drawn.mistakes import mistakes
from lr_atlas.figures.drawn.pairs import pairwise
from lr_atlas.figures.drawn.sensitivity import sensitivity
from lr_atlas.figures.drawn.stability import FEWEST_EPOCHS, stability
from lr_atlas.figures.drawn.time_to_target import reached_over_time, time_to_target
from lr_atlas.figures.wording import Wording
from lr_atlas.locale.catalogue import languages
from lr_atlas.tables.study_tables import read_mistakes

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
    near = tables_of(TABLES.epochs, TABLES.runs, reported=[("sgd-0", 0.95)])
    axes = drawn_sensitivity(near).axes[0]
    (diamond,) = lines_with(axes, "D")
    assert list(diamond.get_ydata()) == [95.0]
    assert diamond.get_xdata()[0] == pytest.approx(0.001, rel=0.2)
    without = drawn_sensitivity(tables_of(TABLES.epochs, TABLES.runs))
    assert not lines_with(without.axes[0], "D")


def test_a_reported_value_far_away_stands_at_the_edge_with_its_value_and_compresses_nothing():
    figure = drawn_sensitivity(TABLES)
    axes = figure.axes[0]
    assert axes.get_ylim()[0] > 60
    assert "\N{DOWNWARDS ARROW} 50.0" in [text.get_text() for text in axes.texts]
    edge = [line for line in lines_with(axes, "D") if line.get_ydata()[0] < 1]
    assert len(edge) == 1


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


def pairs_table(numbers):
    """The pairs of TABLES with other (difference, low, high), in points, and verdicts."""
    columns = ["difference", "low", "high", "verdict"]
    table = pd.DataFrame(numbers, columns=columns)
    table[columns[:3]] /= 100
    return TABLES.pairs[["first", "second", "question", "runs"]].join(table, how="right")


def bars(axes):
    """{place: ends} of all intervals."""
    lines = [line for line in axes.get_lines() if line.get_marker() == "None"]
    return {line.get_ydata()[0]: list(line.get_xdata()) for line in lines[1:]}  # but that at 0


def test_each_compared_pair_is_a_row_with_its_difference_its_interval_and_its_verdict():
    numbers = [
        (0.5, -0.5, 1.5, "inconclusive"),
        (-1.25, -2.0, -0.5, "second better"),
        (2.0, np.nan, np.nan, "inconclusive"),
    ]
    axes, _ = pairwise(pairs_table(numbers), TABLES.runs, WORDING).axes
    texts = [label.get_text() for label in axes.get_yticklabels()]
    rows = ["SGD 0.01 over Adam 0.01", "SGD 0.001", "SGD 0.1"]
    assert texts == ["between the chosen settings", rows[0], "SGD 0.01 (chosen) over", *rows[1:]]
    place = dict(zip(texts, axes.get_yticks(), strict=True))
    dots = {line.get_ydata()[0]: line for line in lines_with(axes, "o")}
    assert {at: dot.get_xdata()[0] for at, dot in dots.items()} == pytest.approx(
        {place[row]: numbers[0] for row, numbers in zip(rows, numbers, strict=True)}
    )
    assert bars(axes) == {
        place[rows[0]]: pytest.approx([-0.5, 1.5]),
        place[rows[1]]: pytest.approx([-2.0, -0.5]),
    }
    filled = [dots[place[row]].get_markerfacecolor() != "white" for row in rows]
    assert filled == [False, True, False]


def test_a_pair_that_is_told_apart_has_the_colour_of_the_better_one_and_others_are_grey():
    for verdict, name in (("first better", "sgd"), ("second better", "adam")):
        axes = pairwise(pairs_table([(1, 0.5, 1.5, verdict)]), TABLES.runs, WORDING).axes[0]
        (dot,) = lines_with(axes, "o")
        assert dot.get_color() == looks.optimizer_colour(name)
    axes = pairwise(pairs_table([(1, -0.5, 2.5, "inconclusive")]), TABLES.runs, WORDING).axes[0]
    (dot,) = lines_with(axes, "o")
    assert len(set(to_rgb(dot.get_markeredgecolor()))) == 1


def test_an_interval_that_is_far_longer_than_the_differences_ends_in_arrows():
    numbers = [(0.5, -30, 31, "inconclusive"), (1, 0.5, 1.5, "first better")]
    axes = pairwise(pairs_table(numbers), TABLES.runs, WORDING).axes[0]
    first, second = (line.get_ydata()[0] for line in lines_with(axes, "o"))
    for marker, end in (("<", 0), (">", 1)):
        (arrow,) = lines_with(axes, marker)
        assert tuple(arrow.get_xydata()[0]) == (bars(axes)[first][end], first)
    assert bars(axes)[second] == pytest.approx([0.5, 1.5])


def test_what_is_in_doubt_is_enlarged_beside_what_is_far_apart():
    numbers = [
        (0.2, -0.4, 0.8, "inconclusive"),
        (0.3, -0.3, 0.9, "inconclusive"),
        (80, 79.5, 80.5, "first better"),
    ]
    whole, enlarged, _ = pairwise(pairs_table(numbers), TABLES.runs, WORDING).axes
    assert [line.get_xdata()[0] for line in lines_with(whole, "o")] == pytest.approx([0.2, 0.3, 80])
    assert [line.get_xdata()[0] for line in lines_with(enlarged, "o")] == pytest.approx([0.2, 0.3])
    assert sorted(bars(enlarged).values()) == pytest.approx(np.array([(-0.4, 0.8), (-0.3, 0.9)]))
    (arrow,) = lines_with(enlarged, ">")
    assert arrow.get_ydata()[0] == lines_with(whole, "o")[2].get_ydata()[0]
    assert not lines_with(whole, ">")


@pytest.mark.parametrize(("optimizers", "rates", "between"), [(2, 30, 1), (8, 5, 20), (10, 2, 30)])
def test_of_many_pairs_the_nearest_of_each_question_are_shown_and_a_note_says_so(
    optimizers, rates, between
):
    entries = [(f"lab.O{i}", 0.1 / 2**j, {}) for i in range(optimizers) for j in range(rates)]
    tables = tables_of(*study(entries, seeds=1, epochs=1))
    pairs = tables.pairs
    figure = pairwise(pairs, tables.runs, WORDING)
    expected = []
    for question, most in (("between optimizers", between), ("within optimizer", 40 - between)):
        mine = 100 * pairs[pairs["question"] == question]["difference"]
        expected += sorted(mine)[:most]
    drawn = [line.get_xdata()[0] for line in lines_with(figure.axes[0], "o")]
    assert sorted(drawn) == pytest.approx(sorted(expected))
    note = figure.get_supxlabel().replace("\n", " ")
    assert f"Shown: the 40 nearest of {len(pairs)} pairs" in note
    few = pairwise(pairs.head(40), tables.runs, WORDING)
    assert "Shown" not in few.get_supxlabel()


def test_the_figure_of_pairs_says_where_fresh_seeds_decide_between_optimizers():
    for runs, is_said in (("fresh seeds", True), ("runs that chose", False)):
        figure = pairwise(TABLES.pairs.assign(runs=runs), TABLES.runs, WORDING)
        note = figure.get_supxlabel().replace("\n", " ")
        assert ("on fresh seeds and the test images" in note) == is_said


@pytest.mark.parametrize("settings", [1, 4])
def test_with_nothing_to_compare_the_figure_of_pairs_says_so(settings):
    runs = TABLES.runs[TABLES.runs["setting"].isin(TABLES.runs["setting"].unique()[:settings])]
    figure = pairwise(TABLES.pairs.iloc[:0], runs, WORDING)
    (text,) = figure.axes[0].texts
    assert ("one setting alone" if settings == 1 else "No two settings") in text.get_text()


def test_the_expected_best_of_k_is_drawn_for_every_k_of_every_optimizer():
    axes = best_of(TABLES.best_of, WORDING).axes[0]
    by_label = {line.get_label(): line for line in axes.get_lines()}
    assert set(by_label) == {"SGD (3 settings)", "Adam (one setting)"}
    expected = TABLES.best_of.query("optimizer == 'sgd'")["expected"]
    assert list(by_label["SGD (3 settings)"].get_ydata()) == pytest.approx(list(100 * expected))


def test_a_corrected_best_of_k_is_drawn_over_seeds_and_over_draws_apart():
    runs = TABLES.runs
    table = best_of_table(runs)
    figure = best_of(table, WORDING)
    assert [axes.get_title("left") for axes in figure.axes] == [
        "shaded: 95 % interval over the seeds",
        "shaded: 95 % of all draws of k",
    ]
    own = table[table["optimizer"] == "sgd"]
    for axes, ends in zip(figure.axes, ("corrected", "drawn"), strict=True):
        lines = {line.get_label(): line for line in axes.get_lines()}
        drawn = lines["SGD (3 settings)"].get_ydata()
        assert list(drawn) == pytest.approx(list(100 * own["corrected"]))
        (low, high) = (own[f"{ends}_{end}"].to_numpy() for end in ("low", "high"))
        corners = axes.collections[0].get_paths()[0].vertices[:, 1]
        assert corners.min() == pytest.approx(100 * low.min())
        assert corners.max() == pytest.approx(100 * high.max())


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
    measures = TABLES.measures.assign(extrema=2.0, swing=0.03, epochs_completed=FEWEST_EPOCHS)
    upper, lower = stability(measures, WORDING).axes
    for axes, value in ((upper, 2.0), (lower, 3.0)):
        assert {y for line in lines_with(axes, "o") for y in line.get_ydata()} == {value}
        assert axes.get_ylim()[0] == 0


def test_stability_of_few_epochs_is_not_drawn_but_said_to_be_chance():
    longer = TABLES.measures.assign(epochs_completed=FEWEST_EPOCHS)
    assert len(stability(longer, WORDING).axes) == 2
    (axes,) = stability(TABLES.measures, WORDING).axes
    assert axes.texts[0].get_text().startswith("Fewer than 8 epochs")


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


def test_of_many_classes_those_that_are_hardest_are_drawn_and_the_note_says_so():
    table = pd.DataFrame(
        [
            ("sgd", "sgd-1", 1, i, j, (60 + i if i == j else 40 - i if j == (i + 1) % 40 else 0))
            for i in range(40)
            for j in range(40)
        ],
        columns=["optimizer", "setting", "runs", "label", "predicted", "images"],
    )
    names = tuple(f"c{number}" for number in range(40))
    figure = confusion(table, TABLES.runs, dataclasses.replace(WORDING, classes=names))
    matrix, classes, _ = figure.axes
    shown = [label.get_text() for label in matrix.get_yticklabels()]
    assert shown == list(names[:30])
    assert list(classes.get_lines()[0].get_xdata()) == [60.0 + i for i in range(30)]
    note = figure.get_supxlabel().replace("\n", " ")
    assert "Of 40 classes the 30 that the best model is worst at." in note


def test_names_of_classes_that_no_figure_has_a_place_for_are_cut_off():
    wording = dataclasses.replace(WORDING, classes=("bee", "x" * 200))
    assert wording.class_names() == ["bee", "x" * 19 + "…"]


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


@pytest.mark.parametrize("language", languages().values(), ids=list(languages()))
def test_names_of_classes_that_are_given_stand_in_both_figures_as_they_are(language):
    names = ("Dress", r"$\no $5", *"cdefghij")
    wording = dataclasses.replace(WORDING, classes=names, language=language)
    figure = confusion(TABLES.confusion, TABLES.runs, wording)
    figure.canvas.draw()
    shown = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert shown == [*names]
    found = TABLES.mistakes
    figure = mistakes(found, TABLES.runs, wording)
    figure.canvas.draw()
    titles = [axes.get_title() for axes in figure.axes[: len(found.labels)]]
    shown = [title.replace("\n", " ") for title in titles]
    assert shown == [names[label] for label in found.labels]


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
