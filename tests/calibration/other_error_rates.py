"""More tables for docs/results/error_rates.md: looks, other noise, claims and findings."""

from rate_tables import counts_of, percents, table
from simulated_claims import rates_at_the_border, rates_of_all_or_none
from simulated_findings import (
    at_the_edge,
    called_coarse,
    called_overfitting,
    found_at_the_smallest_difference,
    found_when_advice_is_followed,
    scatter_limits_hold,
    still_improving,
)
from simulated_studies import (
    CASES,
    HARD,
    NOISES,
    OTHER_NOISE,
    coverage_of_the_chosen,
    false_better,
    false_better_in_looks,
)

COUNTS = (3, 5, 6, 10)
#: Numbers of seeds of looks in turn, by what they are called.
LOOKS = {
    "3, 6": (3, 6),
    "3, 5, 10": (3, 5, 10),
    "3, 4 … 10": tuple(range(3, 11)),
    "3, 4 … 20": tuple(range(3, 21)),
    "10, 20, 40": (10, 20, 40),
}


def _looks(studies):
    alone = CASES["1 against 1"]
    rows = {
        name: [
            false_better_in_looks(alone, studies, sizes, counted=False),
            false_better_in_looks(alone, studies, sizes),
            false_better_in_looks(alone, studies, sizes, fresh=True),
        ]
        for name, sizes in LOOKS.items()
    }
    few = {
        f"3, 5, 10: {name}": [
            false_better_in_looks(CASES[name], studies // 4, LOOKS["3, 5, 10"], counted=False),
            false_better_in_looks(CASES[name], studies // 4, LOOKS["3, 5, 10"]),
            false_better_in_looks(CASES[name], studies // 4, LOOKS["3, 5, 10"], fresh=True),
        ]
        for name in ("1 against 20", "four with 1 each")
    }
    columns = ["looks not counted", "counted, as verdicts are", "counted, fresh seeds"]
    return [
        f"Looking again after more seeds, of {studies:,} studies without any difference (of the "
        f"last two rows {studies // 4:,}), in how many (%) some look calls an optimizer better; 6 "
        "is said. One setting against one, but for the last rows:",
        "",
        *table("seeds of the looks", columns, percents(rows | few)),
    ]


def _other_noise(studies):
    cases = OTHER_NOISE | {"1 against 1, scatter 1 and 3, skewed": HARD}
    rows = {
        name: [false_better(case, studies, n) for n in COUNTS]
        + [false_better(case, studies, 3, m) for m in (5, 10)]
        for name, case in cases.items()
    }
    means = {
        noise: [coverage_of_the_chosen(1, studies, n, noise=noise) for n in COUNTS]
        for noise in NOISES
    }
    return [
        "Runs that are not normal (heavy tails: Student's t with three degrees of freedom; skewed: "
        "exponential; outliers: one in ten five times as far), or of unequal scatter: how often "
        f"(%) an optimizer is called better without any difference, in {studies:,} studies:",
        "",
        *table("settings", [*counts_of(COUNTS), "m = 5", "m = 10"], percents(rows)),
        "",
        "The interval of the mean of a setting that was not picked holds it in (%):",
        "",
        *table("runs", counts_of(COUNTS), percents(means)),
    ]


def _claims(studies):
    studies = studies // 4
    found = [rates_at_the_border(studies, n) for n in (3, 6)]
    rows = {name: [rate for rates, _ in found for rate in rates[name]] for name in found[0][0]}
    rows["any, all together"] = [share for _, together in found for share in (together, None)]
    halves = {
        side: [rates_of_all_or_none(n)[place] for n in (*COUNTS, 12)]
        for place, side in enumerate(("confirmed", "contradicted"))
    }
    columns = [f"{side}, n = {n}" for n in (3, 6) for side in ("confirmed", "contradicted")]
    return [
        f"Claims that stand exactly at their border are decided in (%), of {studies:,} studies; "
        "the last row: any of them, after Holm's correction over all:",
        "",
        *table("claim", columns, percents(rows)),
        "",
        "`overfits` and `collapses`, where half of all runs do, are in (%, exact):",
        "",
        *table("", counts_of((*COUNTS, 12)), percents(halves)),
    ]


def _findings(studies):
    few = studies // 4
    rows = {
        "`edge`: 3 equal rates": [at_the_edge([0] * 3, studies, n) for n in COUNTS],
        "`edge`: 5 equal rates": [at_the_edge([0] * 5, studies, n) for n in COUNTS],
        "`edge`: 7 equal rates": [at_the_edge([0] * 7, studies, n) for n in COUNTS],
        "`edge`: best of 5 in the middle, 0.5 per step": [
            at_the_edge([-1, -0.5, 0, -0.5, -1], studies, n) for n in COUNTS
        ],
        "`edge`: best of 5 the last, 0.5 per step": [
            at_the_edge([-2, -1.5, -1, -0.5, 0], studies, n) for n in COUNTS
        ],
        "`coarse`: 3 equal rates, margin 5": [called_coarse([0] * 3, few, n, 5) for n in COUNTS],
        "`coarse`: neighbours 8 behind, margin 5": [
            called_coarse([-8, 0, -8], few, n, 5) for n in COUNTS
        ],
        "`still_improving`: level curves": [still_improving(few, n) for n in COUNTS],
        "`still_improving`: level, half of an epoch's noise kept": [
            still_improving(few, n, kept=0.5) for n in COUNTS
        ],
        "`still_improving`: 1 point more": [still_improving(few, n, gain=0.01) for n in COUNTS],
        "`few_seeds`: the difference that it names is found": [
            found_at_the_smallest_difference(studies, n) for n in COUNTS
        ],
        "`below_noise`: the limits of the seeds advised hold": [
            scatter_limits_hold(few, n) for n in COUNTS
        ],
        "`below_noise`: the difference is found with the seeds advised": [
            found_when_advice_is_followed(few, n) for n in COUNTS
        ],
    }
    epochs = (10, 15, 30, 60)
    losses = {
        f"level, noise {100 * noise:g} %": [
            called_overfitting(studies, length, noise=noise) for length in epochs
        ]
        for noise in (0.01, 0.03, 0.06)
    }
    losses["rises by 10 %, noise 2 %"] = [
        called_overfitting(studies, length, rise=0.1, noise=0.02) for length in epochs
    ]
    return [
        "Findings are made in (%); distances in standard deviations of a run, curves with a noise "
        "of 0.5 points an epoch:",
        "",
        *table("finding", counts_of(COUNTS), percents(rows)),
        "",
        "A run is said to overfit in (%), by its validation loss:",
        "",
        *table("loss", [f"{length} epochs" for length in epochs], percents(losses)),
    ]


#: Functions of the number of studies that return the lines of tables.
OTHER_TABLES = (_looks, _other_noise, _claims, _findings)
