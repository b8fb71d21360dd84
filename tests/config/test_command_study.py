"""Studies of a program: their runs, their identity, and what a wrong one is answered."""

import json

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.runs.training_code import Stamps, changed_code, run_code, training_code
from lr_atlas.studies.atlas import atlas_from_snapshot, load_atlas
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.studies.study_definition import study_definition
from lr_atlas.studies.study_definition import study_from_definition as read_back

STUDY = """\
studies:
  a:
    command: {command}
    inputs: [train.sh]
    chance: 0.1
    epochs: 3
    seeds: 2
    optimizers:
      - {{name: sgd, lr: [0.1, 1e-3], {more}}}
"""
COMMAND = "sh train.sh {lr} {seed} {history} {arguments}"


@pytest.fixture
def loaded(tmp_path):
    (tmp_path / "train.sh").write_text("echo\n")

    def load(command=COMMAND, more="momentum: 0", text=STUDY):
        (tmp_path / "f.yaml").write_text(text.format(command=command, more=more))
        return load_atlas([tmp_path / "f.yaml"])

    return load


def names(atlas):
    return {run.name for run in atlas.plans["a"].runs}


def test_each_value_of_an_argument_is_a_run_and_defaults_of_torch_play_no_part(loaded):
    (run, *others) = loaded(more="momentum: 0, mode: fast, nesterov: true").plans["a"].runs
    assert len(others) == 3
    assert run.configuration["optimizer"] == {
        **{"name": "sgd", "lr": 0.001, "momentum": 0, "mode": "fast", "nesterov": True}
    }
    assert run.setting == "sgd-lr0.001"
    assert run.parameters == {
        **{"optimizer": "sgd", "learning_rate": 0.001, "epochs": 3},
        **{"momentum": 0, "mode": "fast", "nesterov": True},
    }


def test_ranges_lists_and_keys_that_mean_something_elsewhere_are_axes(loaded):
    plan = loaded(more="batch_size: [32, 64], momentum: {linear: [0, 1], points: 2}").plans["a"]
    assert plan.varying == ("momentum", "batch_size")
    assert len(plan.settings) == 8


PERPLEXITY = "{{name: perplexity, better: lower}}"


def with_metric(metric, *lines):
    more = "".join(f"    {line}\n" for line in (f"metric: {metric}", *lines))
    return STUDY.replace("    chance: 0.1\n", f"    chance: 64\n{more}")


def test_a_study_is_about_any_metric_that_the_program_writes(loaded):
    atlas = loaded(text=with_metric(PERPLEXITY, "select_by: accuracy"))
    metric = atlas.metric_of("a")
    assert (metric.sign, metric.validation, metric.choosing) == (
        *(-1, "validation_perplexity", "validation_accuracy"),
    )
    assert metric.columns == tuple(
        f"{series}_{name}"
        for series in ("running", "train", "validation")
        for name in ("loss", "perplexity", "accuracy")
    )
    definition = json.loads(json.dumps(study_definition(atlas, "a")))
    assert study_metric(read_back(definition)[0], definition["data"]) == metric
    for name in ("rmse", "loss", "log_loss"):
        assert loaded(text=with_metric(name)).metric_of("a").name == name


def test_another_metric_runs_a_program_again_for_it_may_not_have_written_it(loaded):
    before = names(loaded())
    assert names(
        loaded(text=STUDY.replace("chance: 0.1", "chance: 0.1\n    metric: accuracy"))
    ) == (before)
    told = names(loaded(text=with_metric(PERPLEXITY)))
    assert not told & (before | names(loaded(text=with_metric("rmse"))))
    assert names(loaded(text=with_metric(PERPLEXITY, "select_by: loss"))) == told


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("perplexity", "as in {name: perplexity, better: lower}"),
        ("{{name: perplexity}}", "metric: 'better' is missing"),
        ("{{name: rmse, better: lower}}", "rmse is known here, so its name is enough"),
        ("{{name: a b, better: lower}}", "a name of at most 40 letters, digits and _"),
        ("{{python: m.py:cost, better: lower}}", "write its name in the columns"),
        (f"{PERPLEXITY}\n    select_by: los", "select_by: unknown metric 'los': did you mean"),
        ("rmse\n    target: -1", "target: -1 is not allowed; it must be at least 0"),
        ("r2", "chance: 64 is not allowed; it must be at most 1"),
    ],
)
def test_a_metric_that_does_not_fit_is_said_in_a_line(loaded, metric, said):
    with pytest.raises(UserError) as error:
        loaded(text=with_metric(metric))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_name_alone_is_no_metric_of_what_is_trained_here(tmp_path):
    study = {
        "dataset": "mnist",
        "metric": {"name": "perplexity", "better": "lower"},
        "optimizers": [{"name": "sgd", "lr": 0.1}],
    }
    (tmp_path / "f.yaml").write_text(json.dumps({"studies": {"a": study}}))
    with pytest.raises(UserError, match=r"a function, as in \{python: metrics.py:mine"):
        load_atlas([tmp_path / "f.yaml"])


def test_a_run_is_named_by_words_inputs_and_arguments_and_not_by_their_spelling(loaded, tmp_path):
    before = names(loaded())
    assert names(loaded("sh   'train.sh' {lr} {seed} {history} {arguments}")) == before
    assert not names(loaded("sh train.sh -x {lr} {seed} {history} {arguments}")) & before
    assert not names(loaded(more="momentum: 0.5")) & before
    (tmp_path / "train.sh").write_text("echo other\n")
    assert not names(loaded()) & before
    (tmp_path / "train.sh").write_text("echo\n")
    assert names(loaded()) == before


def test_jobs_read_the_same_runs_back_without_the_inputs(loaded, tmp_path):
    atlas = loaded()
    (tmp_path / "train.sh").unlink()
    again = atlas_from_snapshot(json.loads(json.dumps(atlas.snapshot())))
    assert again.plans == atlas.plans
    definition = json.loads(json.dumps(study_definition(atlas, "a")))
    assert read_back(definition)[1] == atlas.plans["a"]
    assert definition["optimizers"] == {}


def test_an_edit_of_training_code_makes_no_run_of_a_program_stale(loaded):
    configuration = loaded().plans["a"].runs[0].configuration
    code = training_code([configuration])
    edited = dict.fromkeys(code, "edited")
    assert Stamps(code, torch="1")(configuration) == Stamps(edited, torch="2")(configuration)
    assert changed_code(run_code(code, configuration, ""), edited) == []


@pytest.mark.parametrize(
    ("command", "more", "said"),
    [
        ("sh train.sh {seed} {history} {momentum}", "momentum: 0", "nothing of 'lr' of the entry"),
        ("sh train.sh {lr} {seed} {momentum}", "momentum: 0", "has no {history}: the table"),
        ("sh train.sh {lr} {history} {momentum}", "momentum: 0", "has no {seed}: several seeds"),
        (COMMAND.replace("{arguments}", "{beta}"), "momentum: 0", "{beta}, for which the entry"),
        (COMMAND.replace("{arguments}", ""), "momentum: 0", "write {momentum} where it belongs"),
        (COMMAND + " | tee log", "momentum: 0", "'|' would reach the program as a word"),
        (COMMAND, "momentum: null", "'momentum': a number, a line of text"),
        (COMMAND, "momentum: [[1, 2]]", "'momentum': a number, a line of text"),
        (COMMAND, "seed: 1", "'seed' cannot be the name of an argument"),
        (COMMAND, "my-arg: 1", "'my-arg' cannot be the name of an argument"),
    ],
)
def test_what_does_not_fit_is_said_in_a_line(loaded, command, more, said):
    with pytest.raises(UserError) as error:
        loaded(command, more)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).count("f.yaml:") == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dataset: mnist", "dataset cannot be set beside `command`"),
        ("model: {hidden: [3]}", "model cannot be set beside `command`"),
        ("inputs: [none.py]", "studies.a.inputs: there is no file or folder none.py in"),
        ("chance: 10", "guessing reaches a share above 0, to 1, not 10"),
        ("seed: 3", "unknown key 'seed': did you mean 'seeds'"),
        ("comand: 3", "unknown key 'comand': did you mean 'command'"),
    ],
)
def test_a_key_that_does_not_apply_is_named(loaded, line, said):
    text = STUDY.replace("    epochs: 3\n", f"    {line}\n".replace("{", "{{").replace("}", "}}"))
    if line.startswith(("inputs", "chance")):  # which stand there already
        text = text.replace("    inputs: [train.sh]\n    chance: 0.1\n", "", 1)
    if line.startswith("inputs"):
        text = text.replace("    inputs", "    chance: 0.1\n    inputs", 1)
    with pytest.raises(UserError) as error:
        loaded(text=text)
    assert said in str(error.value)
