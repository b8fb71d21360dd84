"""The results of `bench` as figures."""

from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

#: Okabe and Ito's colours, which people with any colour vision tell apart.
COLOURS = {
    "floor": "#999999",
    "project": "#D55E00",
    "JAX": "#0072B2",
    "eager": "#009E73",
    "tutorial": "#E69F00",
    "GPU": "#CC79A7",
}


def draw(results: dict, directory: Path) -> None:
    """Write epochs.svg, epochs.png, job.svg and job.png."""
    for name, figure in (("epochs", epochs(results)), ("job", job(results))):
        for ending in ("svg", "png"):
            figure.savefig(directory / f"{name}.{ending}", dpi=150, bbox_inches="tight")
        plt.close(figure)


def epochs(results: dict) -> plt.Figure:
    """Draw seconds of an epoch of each way, for each network and optimizer, on a log axis."""
    rows = results["epochs"]
    ways = [way for way in COLOURS if way in rows[0]]
    figure, axes = plt.subplots(figsize=(8, 0.32 * len(rows) + 1.4))
    for way in ways:
        axes.plot(
            [row[way] for row in rows],
            range(len(rows)),
            "|" if way == "floor" else "o",
            color=COLOURS[way],
            markersize=12 if way == "floor" else 6,
            markeredgewidth=2 if way == "floor" else 0,
            label={"floor": "matrix products alone", "GPU": "project, GPU"}.get(way, way),
        )
    axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), [f"{row['network']}, {row['optimizer']}" for row in rows])
    axes.invert_yaxis()
    axes.grid(axis="x", which="both", linewidth=0.3)
    axes.set_xlabel(
        f"seconds of an epoch of {results['evaluations'][0]['images']:,} images, one core, median "
        f"of {rows[0]['rounds']}"
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, 1.12), ncols=len(ways), frameon=False)
    return figure


def job(results: dict) -> plt.Figure:
    """Draw the parts of a training job's life as one stacked bar."""
    life = results["job"]["life"]
    figure, axes = plt.subplots(figsize=(8, 1.8))
    start = 0.0
    colours = plt.get_cmap("tab10")
    for number, (part, seconds) in enumerate(life.items()):
        axes.barh(0, seconds, left=start, color=colours(number), label=f"{part}: {seconds:.2f} s")
        start += seconds
    axes.set_yticks([])
    axes.set_xlabel(
        f"seconds from the start of a job of {results['job']['epochs']} epochs, median of "
        f"{results['job']['repeats']}"
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.4), ncols=3, frameon=False)
    return figure
