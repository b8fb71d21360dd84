"""Scatter of test results as texts: over seeds and images, and by source of chance."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.counted_things import counted
from lr_atlas.report.number_text import ahead, apart, between, in_words, level, listed, percent
from lr_atlas.studies.fresh_seeds import ALL
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import StudyTables

#: Names of sources of chance in sentences and tables.
SOURCE_NAMES = {
    ALL: "all together",
    "initialisation": "initial weights",
    "order": "order of batches",
    "split": "split of images",
    "rounding": "rounding",
}


def images_for_reading(tables: StudyTables, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return a row of texts per tested setting, and per pair that fresh seeds decide.

    labels: what a setting is called, by its name.
    """
    metric = tables.metric
    unit = metric.in_unit_of_difference
    rows = [
        {
            "setting": _named(row, labels),
            f"test {metric.title}": _value(metric, row),
            "runs": f"{row.n:g}" if row.n == row.n_most else f"{row.n:g} and {row.n_most:g}",
            metric.things: f"{row.images:,.0f}",
            **{
                f"over {name}{unit}": _half(metric, getattr(row, f"over_{name}"))
                for name in ("seeds", "images", "both")
            },
            "interval over both": between(metric, row.low, row.high, signed=bool(row.second)),
        }
        for row in tables.seeds_and_images.itertuples()
    ]
    return pd.DataFrame(rows)


def images_sentences(tables: StudyTables, labels: Mapping[str, str]) -> list[str]:
    """Return how sure the best setting's test result is over images, and so its verdicts."""
    metric, found = tables.metric, tables.seeds_and_images
    best = tables.optimizers.iloc[0]["best_setting"]
    own = found[(found["first"] == best) & (found["second"] == "") & found["over_images"].notna()]
    if own.empty:
        return []
    row = own.iloc[0]
    unit = metric.metric.unit_of_difference
    text = (
        f"The {row['images']:,.0f} test {metric.things} are a sample too: that test result is "
        f"known to {_half(metric, row['over_images'])} {unit} over the {metric.things}"
    )
    if pd.notna(row["over_both"]):
        text += (
            f", to {_half(metric, row['over_seeds'])} over the seeds, to "
            f"{_half(metric, row['over_both'])} over both"
        )
    pairs = found[(found["first"] == best) & (found["second"] != "") & found["low"].notna()]
    better = tables.optimizers.loc[tables.optimizers["behind_verdict"] == "behind", "best_setting"]
    pairs = pairs[pairs["second"].isin(better)]
    sentences = [f"{text}."]
    for is_shown, words in ((True, "holds"), (False, "is **not shown**")):
        rows = pairs[(pairs["low"] > 0) == is_shown]
        if len(rows):
            told = [
                f"{in_words(labels, each.second)} ({between(metric, each.low, each.high, True)})"
                for each in rows.itertuples()
            ]
            sentences.append(
                f"Over other {metric.things} of the kind, and other seeds, the lead over "
                f"{listed(told)} {words}."
            )
    return sentences


def variance_for_reading(tables: StudyTables) -> pd.DataFrame:
    """Return a row of texts per chosen setting and source of chance."""
    metric = tables.metric
    rows = [
        {
            "optimizer": optimizer_name(row.optimizer),
            "varied": SOURCE_NAMES.get(row.source, row.source),
            "n": f"{row.n:g}",
            f"standard deviation{metric.in_unit_of_difference}": _std(metric, row),
            "share of the variance": _share(row),
        }
        for row in tables.variance.itertuples()
    ]
    return pd.DataFrame(rows)


def variance_sentence(tables: StudyTables) -> str:
    """Return how much of the scatter each source brings by itself, optimizer by optimizer."""
    metric, sentences = tables.metric, []
    for optimizer, rows in tables.variance.groupby("optimizer", sort=False):
        by_source = rows.set_index("source")
        every = by_source.loc[[ALL]].iloc[0] if ALL in by_source.index else None
        shares = by_source["share"].drop(index=ALL, errors="ignore").dropna()
        if every is None or pd.isna(every["std"]) or shares.empty:
            continue
        told = [
            f"{SOURCE_NAMES.get(source, source)} {_share(by_source.loc[source])}"
            for source in shares.index
        ]
        sentences.append(
            f"The test result of {optimizer_name(optimizer)} scatters by "
            f"{metric.distance(every['std'])} over {counted(int(every['n']), 'seed')} "
            f"({_interval(metric, every)}); of that variance brings, varied alone: {listed(told)}."
        )
    return " ".join(sentences)


def images_note(tables: StudyTables) -> str:
    """Return how the table of seeds and images is made, and what it does not say."""
    if tables.seeds_and_images.empty:
        return ""
    things = tables.metric.things
    return (
        f"Over seeds: Student's t (of two settings Welch's) over runs. Over {things}: the {things} "
        f"as a sample, the runs as they are; of a difference on the same {things}, as in McNemar's "
        f"test. Over both: seeds crossed with {things}, by the mean squares of a two-way table "
        "(Searle, Casella and McCulloch 1992; compare Owen 2007, doi:10.1214/07-AOAS122), with "
        "Satterthwaite's degrees of freedom, and at least as wide as either. Half the widths of "
        "95 % intervals, each for itself; those of a pair have the share of the error that its "
        "verdict has. Verdicts are over the seeds alone. Limits: other "
        f"{things} of the same kind are meant, not another kind of {things}."
    )


def variance_note(tables: StudyTables) -> str:
    """Return how the scatter of each source is measured, and what it does not say."""
    if tables.variance.empty:
        return ""
    return (
        "From each of n fresh seeds there is a run in which all sources differ, and for each "
        "source one that differs from it in that source alone. Half the mean square of these "
        "differences is the variance of the source (the total effect of Jansen 1999; compare "
        "Bouthillier et al. 2021, arXiv:2103.03098), and its share 1 less their intraclass "
        "correlation (Shrout and Fleiss 1979): the scatter that would be left if all other sources "
        "were held. Sources that act together count in each, so shares may add up to more than "
        "100 %: where training amplifies any small difference, each source alone, rounding too, "
        "brings nearly all of it. Order: of the batches, with dropout and transforms. Split: which "
        "training images are held out. Rounding: all initial weights moved by one last bit "
        "(Summers and Dinneen 2021, arXiv:2103.04514), which stands for another library's "
        "rounding, but is done once and not at each step. In brackets 95 % intervals for normal "
        "values, each for itself."
    )


def _named(row: Any, labels: Mapping[str, str]) -> str:
    first = labels.get(row.first, row.first)
    return f"{first}, against {labels.get(row.second, row.second)}" if row.second else first


def _value(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.value):
        return row.refused
    return ahead(metric, row.value) if row.second else level(metric, row.value)


def _half(metric: StudyMetric, half: float) -> str:
    return "" if pd.isna(half) else f"±{apart(metric, half)}"


def _interval(metric: StudyMetric, row: Any) -> str:
    return between(metric, row["std_low"], row["std_high"])


def _std(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.std):
        return row.refused
    return f"{apart(metric, row.std)} ({between(metric, row.std_low, row.std_high)})"


def _share(row: Any) -> str:
    if pd.isna(row.share):
        return ""
    return f"{percent(row.share, 0)} ({100 * row.share_low:.0f} to {100 * row.share_high:.0f})"
