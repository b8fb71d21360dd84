"""Draw the jobs of a workflow, done and to do, from what `snakemake --dag` prints.

Of Snakemake's two prints of the job graph, only this one, in the dot language, tells a job that is
done (a dashed outline) from one that has to run, and only this one names the wildcards. Whatever
else was printed before the graph is skipped.

    snakemake --dag | python scripts/draw_job_graph.py --svg dag.svg --png dag.png
"""

import argparse
import re
import sys
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import networkx as nx
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch, PathPatch, Rectangle
from matplotlib.path import Path as Curve
from matplotlib.textpath import TextPath

#: A job's number; or the rule and the depth of jobs that are put together.
Node = Hashable
#: left, bottom, width, height
Box = tuple[float, float, float, float]

# Lengths are in inches, and one unit of the axes is one inch.
BOX_HEIGHT = 0.23
GROUP_HEIGHT = 0.46
BOX_GAP = 0.07
LINE_HEIGHT = 0.17
PADDING = 0.11
MARGIN = 0.3
HEADER_HEIGHT = 0.5
SMALLEST_WIDTH = 3.6
FONT_SIZE = 8
POINTS_PER_INCH = 72

# Told apart in grey and by colour-blind readers too; dark text reads well on both.
DONE, DONE_EDGE = "#9bd0c8", "#1b6e78"
TO_DO, TO_DO_EDGE = "#ffffff", "#d07a14"
TEXT, LINE = "#222222", "#a9b4ba"

NODE = re.compile(r'^\s*(\d+)\[label = "(.*)", color = ".*?", style="(.*?)"\];$')
NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:e[-+]?\d+)?)")
DIGEST = re.compile(r"[-~_.][0-9a-f]{12,}$")
LINK = re.compile(r"^\s*(\d+) -> (\d+)$")


def read_job_graph(text: str) -> nx.DiGraph:
    """Return the job graph that stands in the output of `snakemake --dag`.

    Args:
        text: the output, in the dot language; lines before the graph are skipped.

    Returns:
        A networkx.DiGraph with an edge from each job to the jobs that need it. Its nodes have the
        attributes `rule`, `wildcards` (a dictionary), `done` and `to_do` (numbers of jobs: one of
        them is 1, the other 0).

    Raises:
        ValueError: if there is no job graph in the text.
    """
    _, found, body = text.partition("digraph snakemake_dag {")
    if not found:
        raise ValueError("no job graph found: this takes what `snakemake --dag` prints")
    graph = nx.DiGraph()
    for line in body.splitlines():
        if node := NODE.match(line):
            number, label, style = node.groups()
            rule, *wildcards = label.split(r"\n")
            done = int("dashed" in style)
            graph.add_node(
                int(number),
                rule=rule,
                wildcards=dict(wildcard.split(": ", 1) for wildcard in wildcards),
                done=done,
                to_do=1 - done,
            )
        elif link := LINK.match(line):
            graph.add_edge(*map(int, link.groups()))
    if not graph:
        raise ValueError("the job graph is empty: nothing was asked for")
    return graph


def group_large_rules(graph: nx.DiGraph, limit: int) -> nx.DiGraph:
    """Return the graph with one node in place of the jobs of each rule that has more than `limit`.

    Only jobs at the same depth are put together, so that the graph stays free of cycles. Every node
    gets the attribute `column`, its depth: the longest way to it from a job that needs nothing.
    """
    depth = {
        job: column for column, jobs in enumerate(nx.topological_generations(graph)) for job in jobs
    }
    count: dict[tuple[str, int], int] = {}
    for job, rule in graph.nodes(data="rule"):
        count[rule, depth[job]] = count.get((rule, depth[job]), 0) + 1

    def node_of(job: Node) -> Node:
        group = (graph.nodes[job]["rule"], depth[job])
        return group if count[group] > limit else job

    grouped = nx.DiGraph()
    for job, attributes in graph.nodes(data=True):
        node = node_of(job)
        if node == job:
            grouped.add_node(node, **attributes, column=depth[job], grouped=False)
            continue
        if node not in grouped:
            grouped.add_node(
                node, rule=attributes["rule"], wildcards={}, done=0, to_do=0, column=depth[job]
            )
            grouped.nodes[node]["grouped"] = True
        grouped.nodes[node]["done"] += attributes["done"]
        grouped.nodes[node]["to_do"] += attributes["to_do"]
    grouped.add_edges_from((node_of(job), node_of(user)) for job, user in graph.edges)
    return grouped


def direct_edges(graph: nx.DiGraph) -> Iterable[tuple[Node, Node]]:
    """Return the edges without those that a longer way between the same two nodes implies."""
    return nx.transitive_reduction(graph).edges


def shorten(text: str, length: int = 64) -> str:
    """Return the text with its middle replaced by an ellipsis if it is longer than `length`."""
    if len(text) <= length:
        return text
    head = (length - 1) // 2
    return text[:head] + "…" + text[len(text) - (length - 1 - head) :]


def node_label(
    rule: str, wildcards: Mapping[str, str], done: int, to_do: int, grouped: bool
) -> str:
    """Return the one or two lines that stand in a node's box."""
    if grouped:
        return f"{rule}\n{done:,} done, {to_do:,} to do"
    words, numbers = [rule], []
    for name, value in wildcards.items():
        # A number says nothing without its name, and a digest nothing to a reader.
        if NUMBER.fullmatch(value):
            numbers.append(f"{name} {value}")
        else:
            words.append(DIGEST.sub("", value))
    return shorten(", ".join([" ".join(words), *numbers]))


def natural_key(text: str) -> list[tuple[float, str]]:
    """Return a sorting key that puts 2 before 10 and 1e-4 before 0.001."""
    parts = NUMBER.split(text)
    # Splitting at a group puts the numbers at the odd places.
    return [(float(part), "") if place % 2 else (0.0, part) for place, part in enumerate(parts)]


def order_columns(graph: nx.DiGraph, labels: Mapping[Node, str]) -> list[list[Node]]:
    """Return the nodes column by column, each column ordered so that few edges cross.

    A node stands at the mean height of what it needs; ties are broken by the labels.
    """
    columns: list[list[Node]] = [
        [] for _ in range(1 + max(column for _, column in graph.nodes(data="column")))
    ]
    for node, column in graph.nodes(data="column"):
        columns[column].append(node)
    rank: dict[Node, float] = {}
    for nodes in columns:

        def key(node: Node) -> tuple[float, list[tuple[float, str]]]:
            above = [rank[needed] for needed in graph.predecessors(node)]
            return sum(above) / len(above) if above else 0.0, natural_key(labels[node])

        nodes.sort(key=key)
        rank.update((node, place / len(nodes)) for place, node in enumerate(nodes))
    return columns


def text_width(text: str, size: float = FONT_SIZE) -> float:
    """Return the width in inches of the widest line of a text."""
    widths = [TextPath((0, 0), line, size=size).get_extents().width for line in text.split("\n")]
    return max(widths) / POINTS_PER_INCH


def place_boxes(
    graph: nx.DiGraph, columns: Sequence[Sequence[Node]], labels: Mapping[Node, str]
) -> tuple[dict[Node, Box], tuple[float, float]]:
    """Return where the boxes stand and how large the drawing is.

    Returns:
        A dictionary from each node to its box (left, bottom, width, height), and the size of the
        drawing (width, height), all in inches.
    """
    box_height = {
        node: GROUP_HEIGHT if grouped else BOX_HEIGHT
        for node, grouped in graph.nodes(data="grouped")
    }
    column_height = [
        sum(box_height[node] for node in nodes) + BOX_GAP * (len(nodes) - 1) for nodes in columns
    ]
    tallest = max(column_height)
    boxes, right = {}, 0.0
    for place, (nodes, height) in enumerate(zip(columns, column_height, strict=True)):
        # The steeper the edges, the more room they need.
        gap = min(0.5 + 0.07 * max(height, column_height[place - 1]), 1.3) if place else MARGIN
        left = right + gap
        width = max(text_width(labels[node]) for node in nodes) + 2 * PADDING
        top = MARGIN + tallest - (tallest - height) / 2
        for node in nodes:
            boxes[node] = (left, top - box_height[node], width, box_height[node])
            top -= box_height[node] + BOX_GAP
        right = left + width
    width = max(right + MARGIN, SMALLEST_WIDTH)
    return boxes, (width, tallest + 2 * MARGIN + HEADER_HEIGHT)


def draw_edge(axes: Axes, start: Box, end: Box) -> None:
    """Draw the curve that leads from one box to another."""
    x_start, y_start = start[0] + start[2], start[1] + start[3] / 2
    x_end, y_end = end[0], end[1] + end[3] / 2
    middle = (x_start + x_end) / 2
    curve = Curve(
        [(x_start, y_start), (middle, y_start), (middle, y_end), (x_end, y_end)],
        [Curve.MOVETO, Curve.CURVE4, Curve.CURVE4, Curve.CURVE4],
    )
    axes.add_patch(PathPatch(curve, facecolor="none", edgecolor=LINE, linewidth=0.8, zorder=1))


def draw_node(axes: Axes, box: Box, label: str, done: int, to_do: int) -> None:
    """Draw one box, filled from the left as far as its jobs are done."""
    left, bottom, width, height = box

    def rounded(**look: Any) -> Patch:
        shape = "round,pad=0,rounding_size=0.06"
        return axes.add_patch(FancyBboxPatch((left, bottom), width, height, shape, **look))

    background = rounded(facecolor=TO_DO, edgecolor="none", zorder=2)
    share = done / (done + to_do)
    fill = Rectangle((left, bottom), width * share, height, facecolor=DONE, zorder=3)
    axes.add_patch(fill).set_clip_path(background)
    rounded(facecolor="none", edgecolor=TO_DO_EDGE if to_do else DONE_EDGE, zorder=4)
    lines = label.split("\n")
    # From the middle of the box down to a baseline: half of a capital letter's height.
    baseline = bottom + height / 2 - 0.36 * FONT_SIZE / POINTS_PER_INCH
    baseline += LINE_HEIGHT * (len(lines) - 1) / 2
    text: dict[str, Any] = {
        "ha": "center",
        "size": FONT_SIZE,
        "color": TEXT,
        "zorder": 5,
        "parse_math": False,
    }
    for number, line in enumerate(lines):
        axes.text(left + width / 2, baseline - number * LINE_HEIGHT, line, **text)


def draw_legend(axes: Axes, done: int, to_do: int) -> None:
    """Say above the graph what the two colours mean and how many jobs there are of each."""
    entries = [
        Patch(facecolor=DONE, edgecolor=DONE_EDGE, label=f"done ({done:,})"),
        Patch(facecolor=TO_DO, edgecolor=TO_DO_EDGE, label=f"to do ({to_do:,})"),
    ]
    jobs = "job" if done + to_do == 1 else "jobs"
    legend = axes.legend(
        handles=entries,
        title=f"{done + to_do:,} {jobs}",
        loc="upper left",
        bbox_to_anchor=(0, 1),
        borderaxespad=1,
        ncols=2,
        fontsize=10,
        title_fontproperties={"size": 11, "weight": "bold"},
        alignment="left",
        frameon=False,
    )
    legend.set_zorder(6)


def draw_graph(graph: nx.DiGraph) -> Figure:
    """Return a matplotlib figure of a graph that `group_large_rules` returned."""
    labels = {}
    for node, attributes in graph.nodes(data=True):
        shown = ("rule", "wildcards", "done", "to_do", "grouped")
        labels[node] = node_label(**{name: attributes[name] for name in shown})
    boxes, (width, height) = place_boxes(graph, order_columns(graph, labels), labels)

    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    for needed, user in direct_edges(graph):
        draw_edge(axes, boxes[needed], boxes[user])
    for node, job in graph.nodes(data=True):
        draw_node(axes, boxes[node], labels[node], job["done"], job["to_do"])
    done, to_do = (sum(n for _, n in graph.nodes(data=name)) for name in ("done", "to_do"))
    draw_legend(axes, done, to_do)
    return figure


def draw_job_graph(
    text: str, svg: str | None = None, png: str | None = None, limit: int = 60
) -> None:
    """Draw the job graph in the output of `snakemake --dag` to files.

    Args:
        text: the output, in the dot language.
        svg: where to write the drawing as SVG, or None.
        png: where to write the drawing as PNG, or None.
        limit: a rule with more jobs than this is drawn as one box with two numbers.

    Raises:
        ValueError: if there is no job graph in the text.
    """
    figure = draw_graph(group_large_rules(read_job_graph(text), limit))
    # The same graph gives the same file: names inside are fixed, and the date is left out.
    with matplotlib.rc_context({"svg.hashsalt": "lr-atlas"}):
        if svg:
            figure.savefig(svg, format="svg", metadata={"Date": None})
        if png:
            figure.savefig(png, format="png", dpi=150)


def parse_arguments(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the keyword arguments of `draw_job_graph` that a command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "graph", nargs="?", default="-", help="file with the graph (default: standard input)"
    )
    parser.add_argument("--svg", help="where to write the drawing as SVG")
    parser.add_argument("--png", help="where to write the drawing as PNG")
    parser.add_argument(
        "--limit",
        type=int,
        default=60,
        help="draw a rule with more jobs than this as one box (default: %(default)s)",
    )
    parsed = vars(parser.parse_args(arguments))
    if not (parsed["svg"] or parsed["png"]):
        parser.error("name a file to write with --svg, --png or both")
    source = parsed.pop("graph")
    parsed["text"] = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8")
    return parsed


if __name__ == "__main__":
    draw_job_graph(**parse_arguments())
