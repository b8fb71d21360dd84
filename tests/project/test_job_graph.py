"""The drawing of the job graph, from a text that `snakemake --dag` printed."""

import subprocess
import sys
from pathlib import Path

import pytest

import draw_job_graph
from draw_job_graph import group_large_rules, read_job_graph

PRINTED = r"""Something that was printed before the graph
digraph snakemake_dag {
    graph[bgcolor=white, margin=0];
    node[shape=box, style=rounded, fontname=sans,                 fontsize=10, penwidth=2];
    edge[penwidth=2, color=grey];
	0[label = "all", color = "0.00 0.6 0.85", style="rounded"];
	1[label = "figure\nname: curves", color = "0.33 0.6 0.85", style="rounded"];
	2[label = "collect", color = "0.11 0.6 0.85", style="rounded"];
	3[label = "train\nrun: sgd-1\nseed: 10", color = "0.56 0.6 0.85", style="rounded,dashed"];
	4[label = "data\ndataset: mnist", color = "0.22 0.6 0.85", style="rounded,dashed"];
	5[label = "train\nrun: sgd-1\nseed: 2", color = "0.56 0.6 0.85", style="rounded"];
	1 -> 0
	2 -> 0
	2 -> 1
	3 -> 2
	5 -> 2
	4 -> 3
	4 -> 5
}
"""


def test_jobs_are_read_with_rule_wildcards_and_state():
    jobs = read_job_graph(PRINTED).nodes
    assert jobs[3] == {
        "rule": "train",
        "wildcards": {"run": "sgd-1", "seed": "10"},
        "done": 1,
        "to_do": 0,
    }
    assert [job for job, done in jobs(data="done") if done] == [3, 4]


def test_edges_lead_from_what_is_needed_to_what_needs_it():
    assert set(read_job_graph(PRINTED).edges) == {
        (1, 0),
        (2, 0),
        (2, 1),
        (3, 2),
        (5, 2),
        (4, 3),
        (4, 5),
    }


def test_text_without_a_graph_is_refused():
    with pytest.raises(ValueError, match="snakemake --dag"):
        read_job_graph("Nothing to be done.\n")


def test_columns_lead_from_data_to_all_in_natural_order():
    graph = group_large_rules(read_job_graph(PRINTED), limit=60)
    labels = {job: f"{job}" for job in graph} | {3: "train 10", 5: "train 2"}
    assert draw_job_graph.order_columns(graph, labels) == [[4], [5, 3], [2], [1], [0]]


def test_jobs_stand_beside_the_jobs_that_they_need():
    crossed = PRINTED.replace("4 -> 5", "6 -> 5").replace(
        "\t1 -> 0", '\t6[label = "data\\ndataset: a", color = "", style="rounded"];\n\t1 -> 0'
    )
    graph = group_large_rules(read_job_graph(crossed), limit=60)
    labels = {job: graph.nodes[job]["wildcards"].get("dataset", "same") for job in graph}
    assert draw_job_graph.order_columns(graph, labels)[:2] == [[6, 4], [5, 3]]


def test_smaller_numbers_come_first():
    labels = ["lr 10", "lr 0.01", "lr 1e-4", "lr 0.001", "lr 2", "lr", "adam 3"]
    assert sorted(labels, key=draw_job_graph.natural_key) == [
        "adam 3",
        "lr",
        "lr 1e-4",
        "lr 0.001",
        "lr 0.01",
        "lr 2",
        "lr 10",
    ]


def test_label_names_numbers_and_leaves_out_digests():
    wildcards = {"epochs": "30", "run": "mnist-adam-lr0.001-seed0-fe2ac2038839"}
    label = draw_job_graph.node_label("train", wildcards, done=1, to_do=0, grouped=False)
    assert label == "train mnist-adam-lr0.001-seed0, epochs 30"


def test_rule_with_many_jobs_becomes_one_node_with_counts():
    graph = group_large_rules(read_job_graph(PRINTED), limit=1)
    (train,) = [node for node, rule in graph.nodes(data="rule") if rule == "train"]
    assert graph.nodes[train]["done"] == graph.nodes[train]["to_do"] == 1
    assert set(graph.predecessors(train)) == {4}
    assert set(graph.successors(train)) == {2}


def test_rule_that_feeds_itself_is_grouped_without_a_cycle():
    chain = PRINTED.replace("4 -> 5", "3 -> 5")
    graph = group_large_rules(read_job_graph(chain), limit=0)
    assert sum(rule == "train" for _, rule in graph.nodes(data="rule")) == 2
    assert all(
        graph.nodes[needed]["column"] < graph.nodes[user]["column"] for needed, user in graph.edges
    )


def test_edge_implied_by_a_longer_way_is_not_drawn():
    graph = group_large_rules(read_job_graph(PRINTED), limit=60)
    assert set(graph.edges) - set(draw_job_graph.direct_edges(graph)) == {(2, 0)}


@pytest.mark.parametrize("length", [0, 44, 45, 300])
def test_shortened_label_is_never_too_long_and_keeps_both_ends(length):
    text = ("start " + "x" * length + " end")[:length]
    short = draw_job_graph.shorten(text, 44)
    assert len(short) == min(len(text), 44)
    assert (short[:10], short[-3:]) == (text[:10], text[-3:])


def test_boxes_stand_inside_the_drawing_and_apart():
    graph = group_large_rules(read_job_graph(PRINTED), limit=60)
    labels = {job: f"{rule} {job}" for job, rule in graph.nodes(data="rule")}
    columns = draw_job_graph.order_columns(graph, labels)
    boxes, (width, height) = draw_job_graph.place_boxes(graph, columns, labels)
    for left, bottom, box_width, box_height in boxes.values():
        assert left > 0
        assert bottom > 0
        assert left + box_width < width
        assert bottom + box_height < height
    upper, lower = boxes[columns[1][0]], boxes[columns[1][1]]
    assert lower[1] + lower[3] < upper[1]
    assert boxes[4][0] + boxes[4][2] < upper[0]


def test_same_graph_gives_the_same_drawing(tmp_path):
    for name in ("first.svg", "second.svg"):
        draw_job_graph.draw_job_graph(PRINTED, svg=tmp_path / name)
    first = (tmp_path / "first.svg").read_bytes()
    assert first == (tmp_path / "second.svg").read_bytes()
    assert b"<svg" in first


def test_command_line_reads_standard_input_and_writes_both_files(tmp_path):
    subprocess.run(
        [sys.executable, draw_job_graph.__file__, "--svg", "a b.svg", "--png", "dag.png"],
        input=PRINTED,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert (tmp_path / "a b.svg").stat().st_size > 1000
    assert (tmp_path / "dag.png").read_bytes().startswith(b"\x89PNG")


def test_command_line_reads_a_file(tmp_path):
    path = Path(tmp_path, "dag.dot")
    path.write_text(PRINTED)
    arguments = draw_job_graph.parse_arguments([str(path), "--png", "dag.png", "--limit", "9"])
    assert arguments == {"text": PRINTED, "svg": None, "png": "dag.png", "limit": 9}
