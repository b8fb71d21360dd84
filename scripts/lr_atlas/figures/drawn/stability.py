"""Draw the restlessness of validation curves against the learning rate."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import style
from lr_atlas.figures.settings import describe_settings, seeds_text
from lr_atlas.figures.shown_settings import of_variants
from lr_atlas.figures.spread import mean_and_spread, without_diverged
from lr_atlas.figures.variants import (
    draw_means,
    draw_runs,
    legend_handles,
    legend_height,
    variants_of,
)
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Stability against learning rate",
    "reading": "Ups and downs of validation {metric} over epochs, and how large they are.",
    "section": "2. Learning rate",
    "place": 100,
    "caption": """
        How restless validation {{ snakemake.params.metric }} is over epochs, against the learning
        rate, study ``{{ snakemake.params.study }}`` ({{ snakemake.params.seeds }}). Above: the
        number of local extrema of a run, epochs at which it turns from rising to falling or back;
        below: the mean change between neighbouring extrema, of shares in points. A line joins the
        means of one variant: an optimizer with its other parameters. Bars reach from the smallest
        to the largest value over the seeds, small points are the runs; diverged runs are left out,
        and so are those of fewer than eight epochs, whose ups and downs are chance.

        A smooth curve has few extrema and small swings. Many extrema with tiny swings are the noise
        of a curve that has come to rest; many with large ones are a learning rate that is too high.

        Limits: longer training has more extrema, so variants with other numbers of epochs are not
        comparable in the upper panel. {{ snakemake.params.validation_note }}
    """,
}

#: A curve of fewer epochs has too few points for its ups and downs to be more than chance.
FEWEST_EPOCHS = 8


@style.themed
def stability(measures: pd.DataFrame, wording: Wording) -> Figure:
    """Draw two panels: how many local extrema the metric has over epochs, and their size.

    `measures` has a row per run, as analysis.measures.measure_runs returns it.
    """
    settings = describe_settings(measures, wording)
    title = wording.say("Stability of training: {study}", study=wording.study)
    kept = without_diverged(measures)
    if kept.empty:
        reason = wording.say("Every run diverged, so no curve has extrema to count.")
        return style.in_words(title, reason, seeds_text(settings, wording))
    kept = kept[kept["epochs_completed"] >= FEWEST_EPOCHS]
    if kept.empty:
        reason = wording.say(
            "Fewer than {count} epochs: the ups and downs of so short a curve are chance.",
            count=FEWEST_EPOCHS,
        )
        return style.in_words(title, reason, seeds_text(settings, wording))
    settings = settings[settings["setting"].isin(kept["setting"])]
    variants = variants_of(settings)
    figure = style.new_figure(9, 5.4, max(legend_height(variants), style.TWO_PANELS))
    upper, lower = figure.subplots(2, 1, sharex=True)
    _panel(upper, kept["extrema"].astype(float), kept, settings, variants)
    _panel(
        lower, kept["swing"].astype(float) * wording.metric.metric.scale, kept, settings, variants
    )
    upper.set_ylabel(wording.say("local extrema"))
    upper.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    lower.set_ylabel(
        wording.say("mean swing (points)")
        if wording.metric.is_share
        else f"{wording.say('mean swing')}{wording.metric.in_unit_of_difference}"
    )
    ranges.learning_rate_axis(lower, settings["learning_rate"], wording, share=0.75)
    upper.legend(handles=legend_handles(variants), loc="upper left", bbox_to_anchor=(1.01, 1.03))
    style.describe(figure, title, _note(settings, wording))
    return figure


def _panel(
    axes: Axes,
    values: pd.Series,
    runs: pd.DataFrame,
    settings: pd.DataFrame,
    variants: pd.DataFrame,
) -> None:
    axes.set_xscale("log")
    axes.set_ylim(0, max(values.max() * 1.08, 1e-9) if values.max() > 0 else 1)
    means = mean_and_spread(runs.assign(value=values), "setting", "value")
    means = settings.merge(means, left_on="setting", right_index=True)
    rates = settings["learning_rate"]
    axes.set_xlim(rates.min() * 0.8, rates.max() * 1.25)
    for variant in variants.itertuples():
        members = means[means["variant"] == variant.variant]
        mine = runs["setting"].isin(members["setting"])
        draw_runs(axes, variant, runs.loc[mine, "learning_rate"], values[mine])
        draw_means(axes, variant, members)


def _note(settings: pd.DataFrame, wording: Wording) -> str:
    parts = [
        wording.of_metric(
            "Extrema: evaluations at which validation {metric} turns from rising to falling or "
            "back; swing: mean change between neighbouring extrema."
        )
        if wording.by_steps
        else wording.of_metric(
            "Extrema: epochs at which validation {metric} turns from rising to falling or back; "
            "swing: mean change between neighbouring extrema."
        ),
        seeds_text(settings, wording),
    ]
    if (settings["runs"] - settings["diverged"]).max() > 1:
        parts.append(
            wording.say(
                "Line: mean over the seeds; bar: smallest to largest value over the seeds; small "
                "points: the runs."
            )
        )
    if settings["diverged"].any():
        parts.append(wording.say("Diverged runs are left out."))
    parts.append(
        wording.say("More evaluations give more extrema; the chance of the batches is in both.")
        if wording.by_steps
        else wording.say(
            "More epochs give more extrema; the chance of the mini-batches is in both."
        )
    )
    return wording.note(*parts, wording.selection)


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_variants(tables, wording)
    return stability(tables.measures, wording)
