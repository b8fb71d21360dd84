"""Scatter of test results as texts: over seeds and images, and by source of chance."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, numeral, say, say_counted, say_word
from lr_atlas.report.number_text import (
    ahead,
    apart,
    between,
    in_words,
    level,
    listed,
    number,
    percent,
)
from lr_atlas.studies.fresh_seeds import ALL
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import StudyTables

#: Names of sources of chance in sentences and tables, as `say_word` says them.
SOURCE_NAMES = {
    ALL: mark("all together"),
    "initialisation": mark("initial weights"),
    "order": mark("order of batches"),
    "split": mark("split of images"),
    "rounding": mark("rounding"),
}
#: The reason that analysis.variance_by_source gives where some runs diverged.
_DIVERGED = re.compile(r"(\d+) of its runs diverged")


def images_for_reading(tables: StudyTables, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return a row of texts per tested setting, and per pair that fresh seeds decide.

    labels: what a setting is called, by its name.
    """
    metric = tables.metric
    unit = metric.in_unit_of_difference
    rows = [
        {
            say("setting"): _named(row, labels),
            say("test {metric}", metric=metric.called): _value(metric, row),
            say("runs"): _runs(row),
            say_word(metric.things): numeral(f"{row.images:,.0f}"),
            f"{say('over seeds')}{unit}": _half(metric, row.over_seeds),
            f"{say('over images')}{unit}": _half(metric, row.over_images),
            f"{say('over both')}{unit}": _half(metric, row.over_both),
            say("interval over both"): between(metric, row.low, row.high, signed=bool(row.second)),
        }
        for row in tables.seeds_and_images.itertuples()
    ]
    return pd.DataFrame(rows)


def _runs(row: Any) -> str:
    if row.n == row.n_most:
        return number(row.n)
    return say("{fewest:g} and {most:g}", fewest=row.n, most=row.n_most)


def images_sentences(tables: StudyTables, labels: Mapping[str, str]) -> list[str]:
    """Return how sure the best setting's test result is over images, and so its verdicts."""
    metric, found = tables.metric, tables.seeds_and_images
    best = tables.optimizers.iloc[0]["best_setting"]
    own = found[(found["first"] == best) & (found["second"] == "") & found["over_images"].notna()]
    if own.empty:
        return []
    sentences = [_over_images(metric, own.iloc[0])]
    pairs = found[(found["first"] == best) & (found["second"] != "") & found["low"].notna()]
    better = tables.optimizers.loc[tables.optimizers["behind_verdict"] == "behind", "best_setting"]
    pairs = pairs[pairs["second"].isin(better)]
    for is_shown in (True, False):
        rows = pairs[(pairs["low"] > 0) == is_shown]
        if len(rows):
            told = [
                f"{in_words(labels, each.second)} ({between(metric, each.low, each.high, True)})"
                for each in rows.itertuples()
            ]
            sentences.append(_lead(metric, listed(told), is_shown))
    return sentences


def _over_images(metric: StudyMetric, row: pd.Series) -> str:
    """Return how sure a test result is over images, and where that is known over both."""
    unit = say_word(metric.metric.unit_of_difference)
    values = {
        "count": row["images"],
        "things": say_word(metric.things),
        "over_images": f"{_half(metric, row['over_images'])} {unit}".rstrip(),
    }
    if pd.isna(row["over_both"]):
        return say(
            "The {count:,.0f} test {things} are a sample too: that test result is known to "
            "{over_images} over the {things}.",
            **values,
        )
    return say(
        "The {count:,.0f} test {things} are a sample too: that test result is known to "
        "{over_images} over the {things}, to {over_seeds} over the seeds, to {over_both} over "
        "both.",
        **values,
        over_seeds=_half(metric, row["over_seeds"]),
        over_both=_half(metric, row["over_both"]),
    )


def _lead(metric: StudyMetric, others: str, is_shown: bool) -> str:
    """Return whether the lead over others would be there over other images too."""
    things = say_word(metric.things)
    if is_shown:
        return say(
            "Over other {things} of the kind, and other seeds, the lead over {others} holds.",
            things=things,
            others=others,
        )
    return say(
        "Over other {things} of the kind, and other seeds, the lead over {others} is **not "
        "shown**.",
        things=things,
        others=others,
    )


def variance_for_reading(tables: StudyTables) -> pd.DataFrame:
    """Return a row of texts per chosen setting and source of chance."""
    metric = tables.metric
    deviation = f"{say('standard deviation')}{metric.in_unit_of_difference}"
    rows = [
        {
            say("optimizer"): optimizer_name(row.optimizer),
            say("varied"): _source(row.source),
            "n": number(row.n),
            deviation: _std(metric, row),
            say("share of the variance"): _share(row),
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
        told = [f"{_source(source)} {_share(by_source.loc[source])}" for source in shares.index]
        sentences.append(
            say(
                "The test result of {optimizer} scatters by {deviation} over {seeds} ({interval}); "
                "of that variance brings, varied alone: {shares}.",
                optimizer=optimizer_name(optimizer),
                deviation=metric.distance(every["std"]),
                seeds=counted(int(every["n"]), "seed"),
                interval=_interval(metric, every),
                shares=listed(told),
            )
        )
    return " ".join(sentences)


def images_note(tables: StudyTables) -> str:
    """Return how the table of seeds and images is made, and what it does not say."""
    if tables.seeds_and_images.empty:
        return ""
    return say(
        "Over seeds: Student's t (of two settings Welch's) over runs. Over {things}: the {things} "
        "as a sample, the runs as they are; of a difference on the same {things}, as in McNemar's "
        "test. Over both: seeds crossed with {things}, by the mean squares of a two-way table "
        "(Searle, Casella and McCulloch 1992; compare Owen 2007, doi:10.1214/07-AOAS122), with "
        "Satterthwaite's degrees of freedom, and at least as wide as either. Half the widths of "
        "95 % intervals, each for itself; those of a pair have the share of the error that its "
        "verdict has. Verdicts are over the seeds alone. Limits: other {things} of the same kind "
        "are meant, not another kind of {things}.",
        things=say_word(tables.metric.things),
    )


def variance_note(tables: StudyTables) -> str:
    """Return how the scatter of each source is measured, and what it does not say."""
    if tables.variance.empty:
        return ""
    return say(
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
    if not row.second:
        return first
    return say("{first}, against {second}", first=first, second=labels.get(row.second, row.second))


def _source(source: str) -> str:
    return say_word(SOURCE_NAMES.get(source, source))


def _refused(why: str) -> str:
    """Return why there is no number, as a table of the analysis says it."""
    found = _DIVERGED.fullmatch(why)
    if found:
        return say_counted(
            "{count} of its runs diverged", "{count} of its runs diverged", int(found[1])
        )
    return say_word(why)


def _value(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.value):
        return _refused(row.refused)
    return ahead(metric, row.value) if row.second else level(metric, row.value)


def _half(metric: StudyMetric, half: float) -> str:
    return "" if pd.isna(half) else f"±{apart(metric, half)}"


def _interval(metric: StudyMetric, row: Any) -> str:
    return between(metric, row["std_low"], row["std_high"])


def _std(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.std):
        return _refused(row.refused)
    return f"{apart(metric, row.std)} ({between(metric, row.std_low, row.std_high)})"


def _share(row: Any) -> str:
    if pd.isna(row.share):
        return ""
    low, high = (f"{100 * end:.0f}" for end in (row.share_low, row.share_high))
    return f"{percent(row.share, 0)} ({say('{low} to {high}', low=low, high=high)})"
