"""The next configuration is what the findings ask for, and every other character is left alone."""

import re
import shutil
import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from study_tables import tables_of

import suggest
from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.tools.suggest.yaml_edits import EditedText

CONFIG = """\
# The file of a user.
studies:
  a:   # a study
    dataset: mnist
    validation: test
    epochs: 10      # passes

    seeds: [0, 1]   # replicates
    optimizers:
      # plain
      - {name: sgd, lr: [0.001, 0.01, 0.1]}   # three
      - name: adam      # in lines
        lr:
          - 1e-3   # small
          - 0.01   # large
        betas: [0.9, 0.99]
"""
LEVEL = np.tile([0.0, 0.001], 5)


def accuracy(best):
    """A level curve for each run, highest at an optimizer's best learning rate."""

    def curve(run):
        far = 0 if run.parameters["learning_rate"] == best[run.parameters["optimizer"]] else 0.05
        wobble = np.random.default_rng([run.seed, len(run.setting)]).normal(0, 0.0005)
        return 0.9 - far + wobble + np.resize(LEVEL, run.epochs)

    return curve


def with_tables(directory, text=CONFIG, curve=None, **more):
    """Write a configuration, and tables of all its studies; returns the configuration."""
    path = directory / "config.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    make_tables(directory, [path], curve or accuracy({"sgd": 0.1, "adam": 0.01}), **more)
    return path


def make_tables(directory, paths, curve, **more):
    for name, plan in load_atlas(paths).plans.items():
        folder = directory / "results" / "studies" / name
        folder.mkdir(parents=True, exist_ok=True)
        for table, rows in zip(("epochs", "runs"), tables_of(plan, curve, **more), strict=True):
            rows.to_parquet(folder / f"{table}.parquet")


@pytest.fixture
def run(monkeypatch, capsys):
    """Call the script's main on a folder; returns what it prints."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def call(directory, *files, yes=False, config=()):
        suggest.main(list(files), list(config), directory, 2, yes)
        return capsys.readouterr().out

    return call


def lines_changed(old, new):
    """The lines that are only in one of two texts."""
    first, second = old.splitlines(), new.splitlines()
    return [line for line in first if line not in second], [
        line for line in second if line not in first
    ]


def test_the_grid_is_extended_where_the_findings_say_so_and_nothing_else_changes(tmp_path, run):
    path = with_tables(tmp_path)
    text = run(tmp_path)
    suggested = (tmp_path / "results" / "suggested.yaml").read_text()
    assert path.read_text() == CONFIG
    removed, added = lines_changed(CONFIG, suggested)
    assert removed == [
        "    seeds: [0, 1]   # replicates",
        "      - {name: sgd, lr: [0.001, 0.01, 0.1]}   # three",
    ]
    assert added == [
        "    seeds: [0, 1, 2, 3, 4, 5]   # replicates",
        "      - {name: sgd, lr: [0.001, 0.01, 0.032, 0.1, 1]}   # three",
        "          - 0.0032",
        "          - 0.1",
    ]
    assert "+      - {name: sgd, lr: [0.001, 0.01, 0.032, 0.1, 1]}   # three" in text
    assert "end of the grid: The best learning rate of sgd, 0.1, is the highest" in text
    assert "few seeds: With n = 2" in text


def test_every_run_that_there_is_stays_asked_for_and_the_plan_shows_the_new_ones(tmp_path, run):
    """Runs that are asked for as before are served as before, see test_plan."""
    path = with_tables(tmp_path)
    before = load_atlas([path]).runs.keys()
    text = run(tmp_path, yes=True)
    after = load_atlas([path]).runs.keys()
    assert before < after
    planned = text.rpartition("together")[2]
    assert re.search(rf"^all +{len(after)} ", planned, re.MULTILINE)
    assert "To train:" in planned


def test_yes_writes_the_configuration_and_then_the_missing_runs_are_named(tmp_path, run):
    path = with_tables(tmp_path)
    assert f"Written: {path}" in run(tmp_path, yes=True)
    accepted = path.read_text()
    assert "1]}" in accepted
    assert not (tmp_path / "results" / "suggested.yaml").exists()
    text = run(tmp_path)
    assert "a: its tables lack 44 runs that it asks for: adam-lr0.001 (4 runs), " in text
    assert "`make run`" in text
    assert path.read_text() == accepted


def test_beside_a_workflow_that_goes_on_it_says_the_same_and_touches_nothing_of_it(tmp_path, run):
    path = with_tables(tmp_path)
    run(tmp_path)
    name = load_atlas([path]).plans["a"].runs[0].name
    for going_on in (
        ".snakemake/locks/0.input.lock",
        ".snakemake/lr-atlas/process.json",
        f"results/checkpoints/{name}/lock",
        "results/studies/a/.runs.parquet.0123456789abcdef.unfinished",
        f"results/runs/{name}/epochs-10/history.csv",
    ):
        (tmp_path / going_on).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / going_on).write_bytes(b"half")
    before = contents(tmp_path)
    assert "a: 3 changes suggested." in run(tmp_path)
    assert contents(tmp_path) == before


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_is_suggested_once_the_findings_are_settled(tmp_path, run):
    text = CONFIG.replace("seeds: [0, 1]", "seeds: 6").replace("- 0.01 ", "- 0.002 ")
    text = text.replace("[0.001, 0.01, 0.1]", "[0.005, 0.01, 0.1]")
    text = text.replace("- 1e-3 ", "- 1e-3\n          - 0.0015")
    with_tables(tmp_path, text, accuracy({"sgd": 0.01, "adam": 0.0015}))
    found = run(tmp_path)
    # A gap to 0.1, a decade away and clearly worse, is left; its middle closes it.
    assert "1 change suggested" in found
    text = text.replace("[0.005, 0.01, 0.1]", "[0.005, 0.01, 0.03, 0.1]")
    with_tables(tmp_path, text, accuracy({"sgd": 0.01, "adam": 0.0015}))
    assert "nothing to suggest" in run(tmp_path)


def test_without_tables_it_says_what_to_do(tmp_path, run):
    (tmp_path / "config.yaml").write_text(CONFIG)
    with pytest.raises(UserError, match=r"no tables in .*studies yet.*`make run` first"):
        run(tmp_path)


def test_a_study_without_tables_is_named_beside_one_that_has_some(tmp_path, run):
    path = with_tables(tmp_path)
    path.write_text(CONFIG + "  b: {dataset: mnist, optimizers: [{name: sgd}]}\n")
    assert "b: no tables yet; `make run` makes them." in run(tmp_path)


def test_of_several_files_the_one_that_has_the_value_is_edited(tmp_path, run):
    path = with_tables(tmp_path)
    above = tmp_path / "above.yaml"
    above.write_text("studies: {a: {seeds: 3}}\n")
    make_tables(tmp_path, [path, above], accuracy({"sgd": 0.1, "adam": 0.01}))
    text = run(tmp_path, path, above)
    assert "-studies: {a: {seeds: 3}}" in text
    assert (tmp_path / "results" / "suggested-above.yaml").read_text() == (
        "studies: {a: {seeds: 6}}\n"
    )
    assert "seeds: [0, 1]   # rep" in (tmp_path / "results" / "suggested-config.yaml").read_text()


def test_a_study_in_an_included_file_is_edited_there(tmp_path, run):
    included = tmp_path / "studies" / "mine.yaml"
    included.parent.mkdir()
    included.write_text(CONFIG)
    main = "include: studies/mine.yaml  # mine\ncache: {directory: cache}\n"
    (tmp_path / "cache").mkdir()
    path = with_tables(tmp_path, main)
    said = run(tmp_path)
    assert f"--- {included}\n+++ {included} (suggested)" in said
    assert f"or copy it over {included}." in said
    assert (included.read_text(), path.read_text()) == (CONFIG, main)
    suggested = (tmp_path / "results" / "suggested.yaml").read_text()
    assert f"Written: {included}. " in run(tmp_path, yes=True)
    assert included.read_text() == suggested != CONFIG
    assert path.read_text() == main
    assert "seeds: [0, 1, 2, 3, 4, 5]   # replicates" in suggested
    load_atlas([path])


def test_suggestions_for_several_files_of_one_name_lie_beside_one_another(tmp_path, run):
    for name in ("b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.yaml").write_text(CONFIG.replace("  a: ", f"  {name}: "))
    with_tables(tmp_path, "include: [b/mine.yaml, c/mine.yaml]\n")
    run(tmp_path)
    for name in ("b", "c"):
        suggested = (tmp_path / "results" / f"suggested-{name}-mine.yaml").read_text()
        assert f"  {name}:   # a study" in suggested
        assert "seeds: [0, 1, 2, 3, 4, 5]" in suggested


def test_what_is_given_on_the_command_line_is_not_edited(tmp_path, run):
    path = with_tables(tmp_path, CONFIG.replace("[0, 1]", "[0, 1, 2, 3, 4, 5]"))
    given = [("studies", {"a": {"seeds": 2}})]
    assert re.search(r"Left alone:\n  .*By hand: .*seeds: 6", run(tmp_path, yes=True, config=given))
    assert "seeds: [0, 1, 2, 3, 4, 5]" in path.read_text()


def test_keys_that_had_their_defaults_are_written_out(tmp_path, run):
    text = "studies:\n  a:\n    dataset: mnist  # digits\n    optimizers: [{name: adam}]\n"
    path = with_tables(tmp_path, text, accuracy({"adam": 0.001}))
    run(tmp_path, yes=True)
    assert path.read_text() == (
        "studies:\n  a:\n    dataset: mnist  # digits\n    seeds: 6\n"
        "    optimizers: [{name: adam, lr: [0.0001, 0.001, 0.01]}]\n"
    )


def test_more_epochs_are_the_studys_or_one_more_value_of_the_entrys(tmp_path, run):
    def rising(planned):
        return 0.5 + 0.01 * np.arange(planned.epochs) + 0.001 * planned.seed

    path = with_tables(tmp_path, curve=rising)
    run(tmp_path, yes=True)
    assert "epochs: 20      # passes" in path.read_text()
    text = CONFIG.replace("{name: sgd,", "{name: sgd, epochs: 8,")
    path = with_tables(tmp_path, text, curve=rising)
    run(tmp_path, yes=True)
    assert "{name: sgd, epochs: [8, 16]," in path.read_text()


def test_a_where_that_would_match_several_settings_gets_what_it_meant(tmp_path, run):
    text = CONFIG + (
        "    reference:\n      source: a paper\n      values:\n"
        "        - {where: {optimizer: sgd}, validation_accuracy: 0.5}\n"
        "    claims:\n      - claim: overfits\n        where:\n          optimizer: sgd  # it\n"
    )
    text = text.replace("[0.001, 0.01, 0.1]", "0.1")
    path = with_tables(tmp_path, text)
    run(tmp_path, yes=True)
    changed = path.read_text()
    assert "{where: {optimizer: sgd, lr: 0.1}, validation_accuracy: 0.5}" in changed
    assert "          optimizer: sgd  # it\n          lr: 0.1\n" in changed
    assert "lr: [0.01, 0.1, 1]" in changed
    load_atlas([path])


def test_reported_values_that_would_be_compared_after_more_epochs_are_mentioned(tmp_path, run):
    text = CONFIG + "    claims: [{claim: overfits, where: {optimizer: sgd, lr: 0.1}}]\n"
    with_tables(tmp_path, text, lambda r: 0.5 + 0.01 * np.arange(r.epochs) + 0.001 * r.seed)
    assert "Mind: its reported values and claims would then be compared after more" in run(tmp_path)


def test_a_value_that_places_share_changes_where_all_of_them_ask_for_it(tmp_path, run):
    text = CONFIG.replace("lr: [0.001, 0.01, 0.1]", "lr: &rates [0.001, 0.01, 0.1]")
    text = text.split("      - name: adam")[0] + "      - {name: adam, lr: *rates}\n"
    path = with_tables(tmp_path, text, accuracy({"sgd": 0.1, "adam": 0.1}))
    run(tmp_path, yes=True)
    assert "lr: &rates [0.001, 0.01, 0.032, 0.1, 1]}   # three" in path.read_text()
    assert "{name: adam, lr: *rates}" in path.read_text()


TWO = """\
studies:
  a:
    dataset: mnist
    epochs: 10
    seeds: &n 2  # here
    optimizers: [{name: sgd, lr: &rates [0.001, 0.01, 0.1]}]
  b:
    dataset: mnist
    epochs: 10
    seeds: *n
    optimizers:
      - {name: sgd, lr: *rates}
"""


def test_an_anchor_that_two_studies_want_changed_alike_is_changed_once(tmp_path, run):
    path = with_tables(tmp_path, TWO, accuracy({"sgd": 0.1}))
    run(tmp_path, yes=True)
    wanted = TWO.replace("&n 2", "&n 6").replace("0.01, 0.1]", "0.01, 0.032, 0.1, 1]")
    assert path.read_text() == wanted


def test_where_an_alias_stands_its_own_value_takes_its_place(tmp_path, run):
    path = with_tables(tmp_path, TWO, accuracy({"sgd": 0.1}))
    shutil.rmtree(tmp_path / "results" / "studies" / "a")
    run(tmp_path, yes=True)
    wanted = TWO.replace("seeds: *n", "seeds: 6")
    assert path.read_text() == wanted.replace("*rates", "[0.001, 0.01, 0.032, 0.1, 1]")


def test_a_value_that_others_share_is_left_alone_and_the_users_file_is_named(tmp_path, run):
    text = TWO.replace("lr: &rates [0.001, 0.01, 0.1]", "lr: [0.001, 0.01, 0.1]")
    text = text.replace("*rates", "0.1")
    path = with_tables(tmp_path, text, accuracy({"sgd": 0.1}))
    shutil.rmtree(tmp_path / "results" / "studies" / "b")
    said = run(tmp_path, yes=True)
    assert f"Left alone:\n  {path}: an edit would change more than it should" in said
    assert "By hand: studies.a.seeds: 6" in said
    assert path.read_text() == text.replace("0.01, 0.1]", "0.01, 0.032, 0.1, 1]")


def test_what_comes_from_a_shared_block_is_left_alone(tmp_path, run):
    text = "x-rates: &rates {lr: [0.001, 0.01, 0.1]}\n" + CONFIG.replace(
        "lr: [0.001, 0.01, 0.1]", "<<: *rates"
    )
    path = with_tables(tmp_path, text)
    said = run(tmp_path, yes=True)
    assert (
        f"{path}: studies.a.optimizers.0.lr cannot be changed automatically (studies.a.optimizers"
        "[0].lr comes from a shared block, by `<<`). By hand: add 0.032, 1" in said
    )
    removed, added = lines_changed(text, path.read_text())
    assert removed == ["    seeds: [0, 1]   # replicates"]
    assert len(added) == 3


def test_a_range_becomes_the_list_of_its_values_and_the_new_ones(tmp_path, run):
    text = CONFIG.replace("[0.001, 0.01, 0.1]", "{log: [0.001, 0.1], points: 3}")
    path = with_tables(tmp_path, text)
    run(tmp_path, yes=True)
    assert "{name: sgd, lr: [0.001, 0.01, 0.032, 0.1, 1]}   # three" in path.read_text()


def test_line_ends_of_another_system_and_folders_beside_the_file_are_kept(tmp_path, run):
    text = "cache: {directory: here}\n" + CONFIG
    (tmp_path / "here").mkdir()
    path = with_tables(tmp_path, text.replace("\n", "\r\n"))
    run(tmp_path, yes=True)
    content = path.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert b"{directory: here}" in content


@pytest.mark.parametrize("diverged", [True, False])
@pytest.mark.parametrize("seeds", [1, 2])
def test_the_smallest_study_gets_a_configuration_that_can_be_read(tmp_path, run, diverged, seeds):
    text = (
        f"studies: {{a: {{dataset: mnist, epochs: 1, seeds: {seeds}, "
        "optimizers: [{name: sgd, lr: 0.1}]}}\n"
    )
    path = with_tables(tmp_path, text, lambda run: None if diverged else [0.5])
    run(tmp_path, yes=True)
    study = load_atlas([path]).configuration.studies["a"]
    assert study.seeds == [0, 1, 2, 3, 4, 5]
    assert study.optimizers[0].lr == ([0.01, 0.1] if diverged else [0.01, 0.1, 1.0])


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, run, monkeypatch):
    with_tables(tmp_path)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(suggest, "open_atomically", full)
    with pytest.raises(UserError, match=r"suggested\.yaml cannot be written: No space left"):
        run(tmp_path)


NUMBERS = st.lists(st.floats(1e-6, 10).map(lambda x: float(f"{x:.3g}")), min_size=1, unique=True)


@given(NUMBERS, NUMBERS, st.sampled_from(["flow", "block"]))
def test_an_axis_holds_all_old_and_new_values_in_its_own_order(old, new, style):
    if style == "flow":
        text = f"a: 1\nlr: {old}  # b\nc: 2\n"
    else:
        text = "a: 1\nlr:\n" + "".join(f"  - {value}  # {value}\n" for value in old) + "c: 2\n"
    edited = EditedText(text)
    edited.add_to_axis(["lr"], new)
    result = edited.result()
    read = YAML(typ="safe", pure=True).load(result)
    assert sorted(map(float, read["lr"])) == sorted([*old, *new])
    if old == sorted(old):
        assert list(map(float, read["lr"])) == sorted([*old, *new])
    assert (read["a"], read["c"]) == (1, 2)
    assert result.count("#") == text.count("#")


BY_STEPS = """\
studies:
  a:
    dataset: mnist
    validation: test
    batch_size: 50
    lr_rule: sqrt
    steps: 12
    seeds: 6
    optimizers:
      - {name: sgd, lr: [0.01, 0.1], batch_size: 200}
      - {name: "torch.optim:SGD", lr: [0.1], schedule: constant, momentum: 0.5}
"""


def test_of_a_study_by_steps_more_steps_are_suggested_and_rates_as_its_lr_rule_has_them(
    tmp_path, run
):
    (tmp_path / "mine.py").write_text(
        "import torch\n\nclass Mine(torch.optim.SGD):\n"
        "    def __init__(self, params, lr=0.1):\n        super().__init__(params, lr=lr)\n"
    )
    text = BY_STEPS.replace("torch.optim:SGD", "mine.py:Mine").replace(", momentum: 0.5", "")
    path = tmp_path / "config.yaml"
    path.write_text(text)
    (plan,) = load_atlas([path]).plans.values()
    assert {run.parameters["learning_rate"] for run in plan.runs} == {0.02, 0.1, 0.2}

    def rising(planned):
        best = planned.parameters["learning_rate"] in (0.1, 0.2)
        wobble = np.random.default_rng([planned.seed, best]).normal(0, 0.0005)
        return 0.5 + 0.3 * best + wobble + np.linspace(0, 0.1, planned.epochs)

    epochs, runs = tables_of(plan, rising)
    epochs = epochs.assign(step=epochs["epoch"], epoch=epochs["epoch"] / 1200)
    runs = runs.assign(steps_completed=runs["epochs_completed"], epochs_completed=0)
    folder = tmp_path / "results" / "studies" / "a"
    folder.mkdir(parents=True)
    epochs.to_parquet(folder / "epochs.parquet")
    runs.to_parquet(folder / "runs.parquet")
    run(tmp_path, yes=True)
    assert lines_changed(text, path.read_text()) == (
        [
            "    steps: 12",
            "      - {name: sgd, lr: [0.01, 0.1], batch_size: 200}",
            '      - {name: "mine.py:Mine", lr: [0.1], schedule: constant}',
        ],
        [
            "    steps: 24",
            # 0.2 at a batch of 200 is the root of 4 times 0.1, and a decade more is 2.
            "      - {name: sgd, lr: [0.01, 0.032, 0.1, 1], batch_size: 200}",
            '      - {name: "mine.py:Mine", lr: [0.01, 0.1, 1], schedule: constant}',
        ],
    )
