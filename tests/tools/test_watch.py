"""The live view: what it tells of runs on disk, its server, and how it ends."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading

import pytest
from watched_folders import AT, CONFIGURATION, Folder, append, begun, rows
from whole_runs import PROJECT

from lr_atlas.cli import main
from lr_atlas.runs.atlas_code import load_with_code
from lr_atlas.runs.checkpoints import Origin, checkpoint_path, write_checkpoint
from lr_atlas.runs.run_files import DESCRIPTION, HISTORY
from lr_atlas.runs.start_record import Start
from lr_atlas.runs.training_code import TRAINING
from lr_atlas.tools.watch.live_view import LiveView
from lr_atlas.tools.watch.run_log import End, RunLog
from lr_atlas.tools.watch.server import LiveServer
from lr_atlas.tools.watch.watch_command import Patience, watch
from lr_atlas.tools.watch.watched_studies import WatchedStudies
from lr_atlas.tools.watch.workflow_state import Phase, phase_of
from lr_atlas.training.progress import Progress
from lr_atlas.training.records import EpochRecord


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def states(sight):
    (study,) = sight.state["studies"]
    return [row[3] for row in study["runs"]]


# Logs of runs


def test_a_log_is_read_as_it_grows_and_a_line_that_is_not_complete_later(tmp_path):
    log = RunLog(tmp_path / "logs" / "a.log")
    assert not log.look()
    append(log.path, *begun(), *rows(1, 1))
    with open(log.path, "a") as file:
        file.write(rows(2, 2)[0][:60])
    assert log.look()
    assert log.reached == 1
    assert log.points[1] == {
        **{"running_loss": 2.0, "running_accuracy": 0.1, "train_loss": 1.5},
        **{"train_accuracy": 0.2, "validation_loss": 1.1, "validation_accuracy": 0.1},
    }
    assert not log.look()
    append(log.path, rows(2, 2)[0][60:])
    assert log.look()
    assert log.reached == 2


def test_an_attempt_that_goes_on_keeps_the_epochs_before_it_and_another_does_not(tmp_path):
    log = RunLog(tmp_path / "a.log")
    append(log.path, *begun(), *rows(1, 3), f"{AT} WARNING stopped by SIGTERM in epoch 4; the next")
    log.look()
    assert (log.end, log.reached) == (End.STOPPED, 3)
    log.path.unlink()
    append(log.path, *begun(), f"{AT} INFO going on after 2 of 4 epochs, from somewhere.zip")
    log.look()
    assert (log.end, log.reached, [*log.points]) == (End.NONE, 2, [1, 2])
    append(log.path, *begun(), *rows(1, 1))
    log.look()
    assert [*log.points] == [1]


@pytest.mark.parametrize(
    ("line", "end"),
    [
        (f"{AT} ERROR there is not enough memory here", End.FAILED),
        ("Traceback (most recent call last):", End.FAILED),
        (f"{AT} INFO finished", End.DONE),
        (f"{AT} INFO diverged: the loss is not finite", End.DONE),
        ("some words of a program \x1b[0m \udcff", End.NONE),
    ],
)
def test_the_log_says_how_an_attempt_ended(tmp_path, line, end):
    log = RunLog(tmp_path / "a.log")
    log.path.write_bytes(
        "".join(f"{each}\n" for each in [*begun(), line]).encode("utf-8", "replace")
    )
    log.look()
    assert log.end == end


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("0.4031  rmse 0.635", "validation_rmse", 0.635),
        ("0.4031", "validation_loss", 0.4031),
        ("nan  10.00%", "validation_accuracy", 0.1),
    ],
)
def test_other_metrics_and_steps_are_read_too(tmp_path, text, column, value):
    log = RunLog(tmp_path / "a.log")
    line = f"{AT} INFO step 200/1000  during 1.0  after 1.0  validation {text}  0.1 s + 0.0 s"
    append(log.path, line)
    log.look()
    assert log.points[200][column] == value


# The state of a folder


def test_waiting_running_finished_and_failed_runs_are_told_apart(folder):
    view, (_, running, finished, failed) = folder.view(), folder.runs
    sight = view.look()
    assert (sight.phase, states(sight)) == (Phase.NONE, ["waiting"] * 4)
    folder.begin_workflow()
    append(folder.log(running), *begun(), *rows(1, 2))
    append(folder.log(failed), *begun(), *rows(1, 1), f"{AT} ERROR {failed.name} cannot go on")
    folder.finish(finished)
    sight = view.look()
    assert (sight.phase, states(sight)) == (
        Phase.RUNNING,
        ["waiting", "running", "finished", "failed"],
    )
    assert sight.state["counts"] == "7 of 16 epochs, 1 of 4 runs"
    (told,) = sight.state["failed"]
    assert told["log"] == f"results/logs/train/{failed.folder}.log"
    assert told["lines"][-1].endswith("cannot go on")
    curves = {key: curve["epoch"] for key, (_, curve) in sight.curves.items()}
    assert curves == {
        running.folder: [1, 2],
        finished.folder: [1, 2, 3, 4],
        failed.folder: [1],
    }
    assert sight.state["studies"][0]["runs"][2][5] == "41.00 %"
    folder.end_workflow()
    assert states(view.look()) == ["waiting", "waiting", "finished", "failed"]


def test_epochs_before_an_interruption_come_from_the_checkpoint(folder):
    run, kept = folder.runs[0], folder.results / "checkpoints"
    path = checkpoint_of(run, kept, 2)
    told = path.relative_to(folder.path)
    append(
        folder.log(run),
        *begun(),
        f"{AT} INFO going on after 2 of 4 epochs, from {told}",
        *rows(3, 3),
    )
    sight = folder.view().look()
    (_, curve) = sight.curves[run.folder]
    assert curve["epoch"] == [1, 2, 3]
    assert curve["validation_accuracy"] == [0.123, 0.123, 0.3]
    path.write_bytes(b"no archive")
    assert folder.view().look().curves[run.folder][1]["epoch"] == [3]


def checkpoint_of(run, folder, epochs):
    """Write a checkpoint of a run in training, and return its path."""
    metrics = {"loss": 1.5, "accuracy": 0.123}
    records = [
        EpochRecord(epoch, metrics, metrics, metrics, 0.1, 0.1, 10 * epoch)
        for epoch in range(1, epochs + 1)
    ]
    progress = Progress(records=records, step=10 * epochs, epochs=epochs).as_dict()
    origin = Origin(run.configuration, {}, {}, "2", "cpu")
    path = checkpoint_path(folder, origin, run.epochs)
    tensors = {"model.pt": b"", "optimizer.pt": b""}
    write_checkpoint(path, origin, progress, [], tensors, description=None)
    return path


def test_only_curves_that_have_changed_are_sent_again(folder):
    view, (one, other, *_) = folder.view(), folder.runs
    for run in (one, other):
        append(folder.log(run), *begun(), *rows(1, 2))
    first = view.look()
    assert first.since(0)["curves"].keys() == {one.folder, other.folder}
    append(folder.log(one), *rows(3, 3))
    second = view.look()
    assert second.since(first.number)["curves"] == {one.folder: second.curves[one.folder][1]}
    assert first.curves[one.folder][1]["epoch"] == [1, 2]


SNAKEMAKE_LOG = """\
[Mon Nov 30 22:54:04 2026]
localrule train:
    log: {log}
    jobid: 12
    wildcards: run={run}, unit=epochs, epochs=4
[Mon Nov 30 22:54:04 2026]
localrule collect:
    log: results/logs/collect/small.log
    jobid: 3
    wildcards: study=small
"""


def test_a_job_that_was_killed_and_one_that_makes_tables_fail_by_snakemakes_log(folder):
    view, killed = folder.view(), folder.runs[0]
    folder.begin_workflow()
    log = f"results/logs/train/{killed.folder}.log"
    path = folder.path / ".snakemake" / "log" / "2026-01-01T000000.000001.snakemake.log"
    append(path, SNAKEMAKE_LOG.format(log=log, run=killed.name))
    append(folder.log(folder.runs[1], ".packed.log"), *begun(), *rows(1, 1))
    sight = view.look()
    assert states(sight) == ["starting", "running", "waiting", "waiting"]
    assert sight.state["doing"][0] == "small: tables of the runs"
    append(folder.log(killed), *begun(), *rows(1, 1))
    append(folder.results / "logs" / "collect" / "small.log", "no table can be made")
    for rule, number, said in (
        ("train", 12, log),
        ("collect", 3, "results/logs/collect/small.log"),
    ):
        at = f"    log: {said} (check log file(s) for error details)"
        append(path, f"Error in rule {rule}:", "    message: None", f"    jobid: {number}", at)
    sight = view.look()
    assert states(sight) == ["failed", "running", "waiting", "waiting"]
    assert [each["title"] for each in sight.state["failed"]] == [
        "small: tables of the runs",
        f"{killed.setting}, seed 0, whose job was ended from outside",
    ]
    assert sight.state["failed"][0]["lines"] == ("no table can be made",)


def test_damaged_and_half_written_files_are_no_harm(folder):
    view, run = folder.view(), folder.runs[0]
    folder.begin_workflow()
    (folder.path / ".snakemake" / "lr-atlas" / "started.json").write_text('{"start": "a", "atl')
    folder.log(run).parent.mkdir(parents=True)
    folder.log(run).write_bytes(b"\xff\xfe\0" * 500 + b"\n")
    assert states(view.look()) == ["starting", "waiting", "waiting", "waiting"]
    folder.log(run).unlink()
    folder.finish(folder.runs[1])
    for name in (HISTORY, DESCRIPTION):
        (folder.results / "runs" / folder.runs[1].folder / name).write_bytes(b"\xff,\n1")
    assert states(view.look()) == ["waiting", "finished", "waiting", "waiting"]


def test_a_workflow_that_was_killed_works_no_longer_though_its_locks_stay(folder):
    folder.begin_workflow()
    assert phase_of(folder.path) == Phase.RUNNING
    own = folder.path / ".snakemake" / "lr-atlas"
    words = "import sys; from pathlib import Path; from lr_atlas.common.process_record import *"
    program = f"{words}; remember_process(Path(sys.argv[1]))"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "scripts")}
    path = own / "process.json"
    subprocess.run([sys.executable, "-c", program, path], env=environment, check=True)
    assert phase_of(folder.path) == Phase.NONE


# The server


@pytest.fixture
def server(folder):
    folder.write_page()
    (folder.results / "secret.html").write_text("secret")
    (folder.results / "studies" / "small" / "link.html").symlink_to(folder.results / "secret.html")
    sight = folder.view().look()
    server = LiveServer(0, b"<title>live</title>", lambda: sight, folder.results / "studies")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def asked(server, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers={"Host": f"localhost:{server.server_port}", **headers})
    response = connection.getresponse()
    found = response.status, response.read().decode(), response.headers
    connection.close()
    return found


def test_the_server_shows_a_page_a_state_and_the_page_of_a_study(server):
    status, text, headers = asked(server, "/")
    assert (status, text) == (200, "<title>live</title>")
    assert "connect-src 'self'" in headers["Content-Security-Policy"]
    status, text, headers = asked(server, "/state.json?since=other.7")
    assert json.loads(text)["studies"][0]["title"] == "A small study"
    assert asked(server, "/state.json", **{"If-None-Match": headers["ETag"]})[:2] == (304, "")
    assert asked(server, "/page/small/report.html")[1] == "<title>The answer</title>"
    assert asked(server, "/", method="HEAD")[:2] == (200, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_the_server_refuses_what_could_change_something(server, method):
    status, _, headers = asked(server, "/", method=method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    [
        *("/page/small", "/page/small/", "/page/small/link.html", "/page/small/.hidden.html"),
        *("/page/../secret.html", "/page/%2e%2e/secret.html", "/page/small/..%2f..%2fsecret.html"),
        *("/results/secret.html", "//etc/passwd", "/state.json/", "/page//report.html"),
        *("/page/small/report.html%00", "/page/small/nothing.csv", "/page/small/report.py"),
    ],
)
def test_the_server_has_no_other_paths(server, path):
    assert asked(server, path)[0] == 404


def test_the_server_refuses_names_of_other_hosts_and_listens_on_loopback_alone(server):
    for host in ("evil.example", f"evil.example:{server.server_port}", "", "localhost:1"):
        assert asked(server, "/state.json", Host=host)[0] == 403
    assert server.socket.getsockname()[0] == "127.0.0.1"
    assert server.socket.family == socket.AF_INET


# The end


def test_nothing_is_served_where_all_is_finished(folder, capsys):
    for run in folder.runs:
        folder.finish(run)
    folder.write_page()
    assert main(["watch", str(folder.path / "config.yaml"), "--directory", str(folder.path)]) == 0
    assert capsys.readouterr().out.startswith("Nothing to watch: all runs are finished.")


def test_it_ends_by_itself_where_no_workflow_comes(folder, capsys):
    watch(folder.view(), 0, Patience(0.0), threading.Event())
    assert capsys.readouterr().out.endswith("No workflow has begun; the view has ended.\n")


def test_a_port_that_is_taken_is_refused_in_one_line(folder, server, caplog):
    given = ["watch", str(folder.path / "config.yaml"), "--directory", str(folder.path)]
    with pytest.raises(SystemExit, match="1"):
        main([*given, "--port", str(server.server_port)])
    assert caplog.messages == [
        f"--port {server.server_port} cannot be had: Address already in use; name another"
    ]


# A real run


def changed(folder):
    """When each file and folder was changed last, in content or otherwise."""
    return {path: path.stat().st_ctime_ns for path in folder.rglob("*")}


def test_a_run_of_the_workflow_is_seen_to_grow_and_to_end_and_nothing_is_written(tmp_path):
    config = tmp_path / "config.yaml"
    text = CONFIGURATION.replace("SEEDS", "1").replace("EPOCHS", "1500").replace("BATCH", "2")
    config.write_text(text, encoding="utf-8")
    atlas, code = load_with_code([config], {})
    (run,) = atlas.runs.values()
    command = [sys.executable, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile", "--cores"]
    command += ["1", f"results/runs/{run.folder}/{HISTORY}", "--configfile", config]
    view = LiveView(
        tmp_path, WatchedStudies(Start("", atlas, {TRAINING: code}), tmp_path / "results", 0.0)
    )
    said, told, curves, seen = [], [], [], threading.Event()
    process = subprocess.Popen(
        [*map(str, command), "--directory", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def follow(address):
        port = int(address.rstrip("/").rpartition(":")[2])
        while not seen.wait(0.2):
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request("GET", "/state.json")
                state = json.loads(connection.getresponse().read())
                ((_, _, _, *found),) = state["studies"][0]["runs"]
                told.append((state["phase"], *found[:2]))
                curves.extend(len(curve["epoch"]) for curve in state["curves"].values())

    def opening(address):
        threading.Thread(target=follow, args=(address,), daemon=True).start()

    try:
        watch(view, 0, Patience(300.0, 1.5), threading.Event(), say=said.append, opening=opening)
    finally:
        seen.set()
        process.wait()
    assert process.returncode == 0
    growing = {far for _, state, far in told if state == "running"}
    assert len(growing) > 2, told
    assert curves == sorted(curves)
    assert told[-1] == ("none", "finished", "finished, 1500 epochs")
    assert said[-1].startswith("The view has ended.")
    files = changed(tmp_path)
    assert view.look().state["counts"] == "1500 of 1500 epochs, 1 of 1 run"
    assert changed(tmp_path) == files
