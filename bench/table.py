"""The results of `bench` as a page of Markdown: targets first, then every number."""

from collections.abc import Callable, Sequence

import step_extras

#: Targets are judged over the networks with this batch size, without dropout.
_BATCHES = (100, 10)
#: The ways to train a convolutional network of which the project is to be the fastest.
_FAST = ("eager", "torch.compile", "JAX")


def as_markdown(results: dict) -> str:
    """Return all tables. results: what bench/__main__.py puts together."""
    machine = results["machine"]
    # A few hundred images say nothing about speed.
    judged = [] if results["short"] else _table(["what", "measured", "target"], targets(results))
    lines = [
        f"{machine['processor']}, {machine['cores']} cores; matrix products by {machine['blas']}; "
        "one core and one thread where not said otherwise; medians.",
        "",
        *judged,
        "",
        "Seconds of an epoch, and ratios to the project's. GPU: the project on one; here: "
        f"{machine['card']}.",
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
        "Seconds of the steps of 20,000 images, batch 100, and with a cosine and clipping the "
        "ratio to those without.",
        "",
        *_extras(results["extras"]),
        "",
        "Milliseconds of a step of convolutional networks, as the core was used, and the project's "
        "ratio to them. Memory: of the project's process, at most.",
        "",
        *_convolutional(results["convolutional"]),
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
        rows += _worst(
            results, batch_size, "tutorial", "project", worst=min, target=f"at least {least}"
        )
    for batch_size in _BATCHES:
        rows += _worst(results, batch_size, "project", "JAX", worst=max, target="at most 1.0")
    rows += _worst(results, 100, "project", "floor", worst=max, target="at most 1.4")
    evaluation = max(row["project"] / row["floor"] for row in results["evaluations"])
    job, convolutional = results["job"], results["convolutional"]
    rows += [
        ("evaluation / its products alone, worst", f"{evaluation:.2f}", "at most 1.5"),
        (
            "a job outside epochs and evaluations",
            f"{job['outside']:.2f} s ({job['life']['import torch']:.2f} s of it import torch)",
            "at most 2 s",
        ),
        ("memory of a training job", f"{job['memory']:.0f} MB", "under 600 MB"),
    ]
    extras = max(map(step_extras.ratio, results["extras"]))
    rows.append(("cosine and clipping / without, worst", f"{extras:.3f}", "at most 1.03"))
    best = [max(v for k, v in row["ratios"].items() if k in _FAST) for row in convolutional]
    floor = [row["ratios"]["floor"] for row in convolutional]
    most = max(row["memory"] for row in convolutional)
    rows += [
        (
            "convolutional: project / the best of the others, worst",
            f"{max(best):.2f}",
            "at most 1.0",
        ),
        ("convolutional: project / its products, worst", f"{max(floor):.2f}", "at most 1.15"),
        ("memory of a convolutional job beside its data", f"{most:.0f} MB", "under 500 MB"),
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
    results: dict, batch_size: int, above: str, below: str, *, worst: Callable, target: str
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


def _extras(rows: Sequence[dict]) -> list[str]:
    ways = step_extras.WAYS
    cells = [
        (
            row["optimizer"],
            *_seconds(row, *ways),
            *(f"{row[way] / row['without']:.3f}" for way in ways[1:]),
        )
        for row in rows
    ]
    return _table(["optimizer", *ways, *(f"{way} / without" for way in ways[1:])], cells)


def _convolutional(rows: Sequence[dict]) -> list[str]:
    ways = ("tutorial", "eager", "torch.compile", "JAX", "floor")
    header = ["network", "optimizer", "project", *ways, *(f"project / {way}" for way in ways)]
    cells = [
        (
            *(row["network"], row["optimizer"]),
            *(f"{1000 * row[way]:.1f}" if way in row else "" for way in ("project", *ways)),
            *(f"{row['ratios'][way]:.2f}" if way in row else "" for way in ways),
            f"{row['memory']:.0f} MB",
        )
        for row in rows
    ]
    return _table([*header, "memory"], cells)


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
