"""The results of `bench` as a page of Markdown: targets first, then every number."""

from collections.abc import Callable, Sequence

#: What is measured over the networks with this batch size, without dropout.
_BATCHES = (100, 10)


def as_markdown(results: dict) -> str:
    """All tables. results: what bench/__main__.py puts together."""
    machine = results["machine"]
    # A few hundred images say nothing about speed.
    judged = [] if results["short"] else _table(["what", "measured", "target"], targets(results))
    lines = [
        f"{machine['processor']}, {machine['cores']} cores; matrix products by {machine['blas']}; "
        "one core and one thread where not said otherwise; medians.",
        "",
        *judged,
        "",
        "Seconds of an epoch, and ratios to the project's. GPU: the project on one, empty where "
        "there was none.",
        "",
        *_epochs(results["epochs"]),
        "",
        f"Evaluation of {results['evaluations'][0]['images']:,} images:",
        "",
        *_table(
            ["network", "project (s)", "products alone (s)", "ratio"],
            [
                (row["network"], *_seconds(row, "project", "floor"), _ratio(row, "floor"))
                for row in results["evaluations"]
            ],
        ),
        "",
        f"A training job of {results['job']['epochs']} epochs, from start to end, median of "
        f"{results['job']['repeats']}:",
        "",
        *_table(
            ["part", "seconds"],
            [(part, f"{value:.2f}") for part, value in results["job"]["life"].items()],
        ),
        "",
        f"Studies of trivial runs, on {machine['cores']} cores, once each:",
        "",
        *_table(
            ["runs", "dry run (s)", "all trained and collected (s)", "nothing to do (s)"],
            [
                (
                    f"{row['runs']:,}",
                    *(
                        "not measured" if row[key] is None else f"{row[key]:.1f}"
                        for key in ("dry_run", "real_run", "no_op")
                    ),
                )
                for row in results["planning"]
            ],
        ),
    ]
    return "\n".join(lines) + "\n"


def targets(results: dict) -> list[tuple[str, str, str]]:
    """Return (what, what was measured, what it should be); the worst optimizer counts."""
    rows = []
    for batch_size, least in zip(_BATCHES, (15, 7), strict=True):
        rows += _worst(results, batch_size, "tutorial", "project", min, f"at least {least}")
    for batch_size in _BATCHES:
        rows += _worst(results, batch_size, "project", "JAX", max, "at most 1.0")
    rows += _worst(results, 100, "project", "floor", max, "at most 1.4")
    evaluation = max(row["project"] / row["floor"] for row in results["evaluations"])
    job = results["job"]
    rows += [
        ("evaluation / its products alone, worst", f"{evaluation:.2f}", "at most 1.5"),
        (
            "a job outside epochs and evaluations",
            f"{job['outside']:.2f} s ({job['life']['import torch']:.2f} s of it import torch)",
            "at most 2 s",
        ),
        ("memory of a training job", f"{job['memory']:.0f} MB", "under 600 MB"),
    ]
    if results["studies"]:
        studies = results["studies"]
        share = studies["wall"] / (studies["training"] / studies["cores"])
        rows.append(
            (
                f"default studies ({studies['runs']} runs, {studies['wall']:.0f} s) / "
                "(their epochs and evaluations / cores)",
                f"{share:.2f}",
                "at most 1.25",
            )
        )
    limits = {10: "at most 3 s", 1000: "at most 6 s"}
    rows += [
        (f"{row['runs']:,} runs, nothing to do", f"{row['no_op']:.1f} s", limits[row["runs"]])
        for row in results["planning"]
        if row["runs"] in limits
    ]
    return rows


def _worst(
    results: dict, batch_size: int, above: str, below: str, worst: Callable, target: str
) -> list[tuple[str, str, str]]:
    ratios = {
        (row["network"], row["optimizer"]): row[above] / row[below]
        for row in results["epochs"]
        if row["batch_size"] == batch_size and not row["dropout"] and above in row and below in row
    }
    if not ratios:
        return []
    network, optimizer = worst(ratios, key=ratios.get)
    best = (max if worst is min else min)(ratios.values())
    what = f"{above} / {below}, batch {batch_size}: {network.split(', ')[1]}, {optimizer}"
    measured = f"{ratios[network, optimizer]:.2f} (best of {len(ratios)}: {best:.2f})"
    return [(what, measured, target)]


def _epochs(rows: Sequence[dict]) -> list[str]:
    ways = ("project", "tutorial", "eager", "JAX", "GPU", "floor")
    header = ["network", "optimizer", *ways, *(f"{way} / project" for way in ways[1:])]
    cells = [
        (
            *(row["network"], row["optimizer"], *_seconds(row, *ways)),
            *(f"{row[way] / row['project']:.2f}" if way in row else "" for way in ways[1:]),
        )
        for row in rows
    ]
    return _table(header, cells)


def _seconds(row: dict, *ways: str) -> list[str]:
    return [f"{row[way]:.3f}" if way in row else "" for way in ways]


def _ratio(row: dict, below: str) -> str:
    return f"{row['project'] / row[below]:.2f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(header)} |",
        f"| {' | '.join('---' for _ in header)} |",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
