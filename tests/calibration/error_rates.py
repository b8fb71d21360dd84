"""Print the error rates of verdicts and intervals as Markdown, for docs/results/error_rates.md.

From studies drawn at random, see simulated_studies.py; the tests beside this file hold the same
rates with fewer of them.
"""

from other_error_rates import OTHER_TABLES
from rate_tables import counts_of as _n
from rate_tables import percent as _percent
from rate_tables import percents as _percents
from rate_tables import table as _table
from simulated_studies import (
    CASES,
    LANDSCAPE,
    coverage_of_one_more_run,
    coverage_of_the_best,
    coverage_of_the_chosen,
    coverage_on_the_test_images,
    coverage_within,
    false_better,
    plateaus,
    power,
    with_a_better_one,
)

from lr_atlas.analysis.unadjusted import error_of_an_ordinary_test

#: The number of studies of simulations that take their time for each.
FEWER = 2_000
COUNTS, FRESH = (3, 5, 6, 10), (5, 10)


def main(studies):
    """Print all tables, of so many studies for each number."""
    parts = [_false, _power, _means, _within, _plateau]
    tables = [part(studies) for part in parts] + [part(FEWER) for part in OTHER_TABLES]
    print("\n\n".join("\n".join(lines) for lines in tables), flush=True)


def _false(studies):
    seeds = (3, 5, 6, 10, 30)
    rows = {}
    for name, case in CASES.items():
        rates = [false_better(case, studies, n) for n in seeds]
        rates += [false_better(case, studies, 3, m) for m in FRESH]
        # The integral behind it knows no runs that diverge.
        ordinary = None if case.diverging else error_of_an_ordinary_test(case.settings, 6)
        # A permutation test for each pair that is told apart takes its time.
        few = min(studies, FEWER) if case.diverging else studies
        found = power(few, 3, 10, with_a_better_one(case))
        rows[name] = [*(_percent(rate) for rate in (*rates, ordinary)), _percent(found, 0)]
    return [
        f"Of {studies:,} studies without any difference, in how many (%) some optimizer is called "
        "better: on the runs that chose, with n seeds; on m fresh seeds; and what an ordinary test "
        "of the picked settings does with 6 seeds. Power: how often (%) ten fresh seeds tell an "
        "optimizer that is better by a standard deviation of a run from another one (where runs "
        f"diverge: in {min(studies, FEWER):,} studies).",
        "",
        *_table("settings", [*_n(seeds), *_m(FRESH), "ordinary", "power, m = 10"], rows),
    ]


def _power(studies):
    rows = {
        "the runs that chose": [_percent(power(studies, n), 0) for n in COUNTS],
        "as many fresh seeds": [_percent(power(studies, n, n), 0) for n in COUNTS],
    }
    return [
        "Power (%): 5 settings against 5, one optimizer better by a standard deviation of a run.",
        "",
        *_table("decided on", _n(COUNTS), rows),
    ]


def _means(studies):
    chosen = {
        f"{k}": [
            *(coverage_of_the_chosen(k, studies, n) for n in COUNTS),
            coverage_of_the_chosen(k, studies, 5, 5),
        ]
        for k in (1, 5, 10, 20)
    }
    best = {f"{k}": [coverage_of_the_best(k, studies, m) for m in FRESH] for k in (2, 3, 5, 10)}
    tested = {
        f"{k}, correlation {r}": [coverage_on_the_test_images(k, r, studies, n) for n in COUNTS]
        for k in (5, 20)
        for r in (0, 0.5, 0.9)
    }
    more = {"one more run": [coverage_of_one_more_run(studies, n) for n in COUNTS]}
    return [
        "The interval of the chosen setting holds its true mean in (%):",
        "",
        *_table("chosen among", [*_n(COUNTS), "m = 5 fresh"], _percents(chosen)),
        "",
        "The interval of the optimizer that is best on m fresh seeds holds its true mean in (%):",
        "",
        *_table("the best of", _m(FRESH), _percents(best)),
        "",
        "The interval of the chosen setting on the test images, by the runs that chose it, holds "
        "its true mean in (%), if a run's test accuracy goes with its validation accuracy so much:",
        "",
        *_table("chosen among", _n(COUNTS), _percents(tested)),
        "",
        "The interval in which one more run is expected holds it in (%):",
        "",
        *_table("", _n(COUNTS), _percents(more)),
    ]


def _within(studies):
    truths = {f"{k}, all equal": [0.0] * k for k in (2, 5, 20)}
    truths["5, the landscape below"] = [-behind for behind in LANDSCAPE]
    rows = {
        name: [coverage_within(truth, min(studies, FEWER), n) for n in COUNTS]
        for name, truth in truths.items()
    }
    return [
        "All intervals of the chosen setting against its optimizer's other settings, which decide "
        f"on its plateau, hold the true differences in (%), of {min(studies, FEWER):,} studies:",
        "",
        *_table("settings", _n(COUNTS), _percents(rows)),
    ]


def _plateau(studies):
    counts = (*COUNTS, 20)
    found = [plateaus(min(studies, FEWER), n) for n in counts]
    rows = {
        "mean width in decades": [f"{width.mean():.2f}" for width, _ in found],
        "holds a rate that it should not (%)": [_percent(wrong.mean()) for _, wrong in found],
    }
    return [
        "The plateau of one landscape, five rates a decade apart, 4, 1, 0, 2 and 8 standard "
        "deviations of a run below the best, with a margin of 5 (so 3 decades are right), in "
        f"{min(studies, FEWER):,} studies:",
        "",
        *_table("", _n(counts), rows),
    ]


def _m(fresh):
    return [f"m = {m}" for m in fresh]


if __name__ == "__main__":
    main(20_000)
