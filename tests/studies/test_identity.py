"""The identity of runs: from the text of a configuration to the names of its runs.

Names are taken as the workflow takes them: the text is read, validated and planned.
"""

import copy
import json
import operator as op

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lr_atlas.config.config_file import load_configuration
from lr_atlas.config.torch_optimizers import defaults, torch_optimizers
from lr_atlas.studies.grid import plan_study
from lr_atlas.studies.run_identity import run_name
from lr_atlas.training.configuration import DEFAULTS, complete_configuration

# Runs, with every value written out ---------------------------------------------------------------


def numbers(description):
    """Return what the table of optimizers allows for one number; simple values are frequent."""
    low = description.get("minimum", description.get("above", -10.0))
    high = description.get("maximum", description.get("below", low + 10.0))
    values = st.floats(
        low,
        high,
        exclude_min="above" in description,
        exclude_max="below" in description,
        allow_subnormal=False,
    )
    simple = [value for value in (1e-3, 0.1, 0.5, 0.9, 1.0, 2.0) if low < value < high]
    values = st.sampled_from(simple) | values if simple else values
    return st.none() | values if description.get("optional") else values


def whole_numbers(description):
    """Whole numbers that the table of optimizers allows for one argument."""
    return st.integers(description["minimum"], description.get("maximum", 1000))


def argument_values(description):
    """Return what the table of optimizers allows for one argument; the default is frequent."""
    values = {
        "number": lambda: numbers(description),
        "numbers": lambda: st.tuples(*map(numbers, description["elements"])).map(list),
        "whole": lambda: whole_numbers(description),
        "optional_whole": lambda: st.none() | whole_numbers(description),
        "optional_text": lambda: st.sampled_from([None, *description["choices"]]),
        "boolean": st.booleans,
        "optional_boolean": lambda: st.sampled_from([None, True, False]),
    }
    return st.just(description["default"]) | values[description["kind"]]()


def can_be_built(optimizer):
    """Return whether arguments are what torch's constructors ask of several at once."""
    with_dampening = optimizer.get("nesterov") and "dampening" in optimizer
    if with_dampening and (optimizer["momentum"] <= 0 or optimizer["dampening"] != 0):
        return False
    return not (optimizer.get("fused") and optimizer.get("foreach"))


REST = {"name": "adamw", "lr": 0.003}
ARGUMENTS = {
    name: {
        **{key: argument_values(each) for key, each in optimizer["arguments"].items()},
        **({"rest": st.just(REST)} if optimizer.get("needs_rest") else {}),
    }
    for name, optimizer in torch_optimizers().items()
}
MODEL = {
    "hidden": st.lists(st.integers(1, 300), max_size=3),
    "activation": st.sampled_from(["relu", "sigmoid", "tanh", "leaky_relu", "elu", "gelu", "silu"]),
    "dropout": st.sampled_from([0.0, 0.1, 0.5]) | st.floats(0, 1, exclude_max=True),
}
OTHERS = {
    "dataset": st.sampled_from(["mnist", "fashion_mnist"]),
    "validation": st.just("test") | st.integers(1, 20_000),
    "training_images": st.just("all") | st.integers(200, 40_000),
    "loss": st.sampled_from(["cross_entropy", "mse"]),
    "pixels": st.sampled_from([[0.0, 1.0], [-1.0, 1.0], [0.0, 255.0], [-0.5, 0.5]]),
    "batch_size": st.integers(1, 200),
    "seed": st.integers(0, 20),
    "threads": st.integers(1, 4),
}
optimizers = st.sampled_from(sorted(torch_optimizers())).flatmap(
    lambda name: st.fixed_dictionaries({"name": st.just(name), **ARGUMENTS[name]})
)
runs = st.fixed_dictionaries(
    {**OTHERS, "model": st.fixed_dictionaries(MODEL), "optimizer": optimizers.filter(can_be_built)}
)
randoms = st.randoms(use_true_random=False)


def places(run):
    """{where a value of the run stands: what may stand there}; the optimizer's name stays."""
    return {
        **{(key,): values for key, values in OTHERS.items()},
        **{("model", key): values for key, values in MODEL.items()},
        **{("optimizer", key): each for key, each in ARGUMENTS[run["optimizer"]["name"]].items()},
    }


def changed(run, place, value):
    """The run with another value at one place."""
    run = copy.deepcopy(run)
    inner = run
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return run


def applying(run):
    """The values that matter: without hidden layer there is no activation and no dropout."""
    return run if run["model"]["hidden"] else changed(run, ("model",), {"hidden": []})


# Configurations: a run's values as text -----------------------------------------------------------


def document(run):
    """Return a configuration that asks for this run alone."""
    study = {key: value for key, value in run.items() if key not in ("threads", "optimizer")}
    study |= {"optimizers": [run["optimizer"]], "seeds": [study.pop("seed")]}
    compute = {"threads": run["threads"]} if "threads" in run else {}
    return {"studies": {"a": study}, "compute": compute}


def without_some_defaults(run, random):
    """The run, of which some values that are at their default are not written."""

    def reduced(values, its_defaults):
        return {
            key: value
            for key, value in values.items()
            if key not in its_defaults or value != its_defaults[key] or random.random() < 0.5
        }

    own = defaults(run["optimizer"]["name"])
    return {
        **reduced(run, {**DEFAULTS, "training_images": "all"}),
        "model": reduced(run["model"], DEFAULTS["model"]),
        "optimizer": reduced(run["optimizer"], own),
    }


def spelled(value, random):
    """One of the ways in which a value may be written."""
    if isinstance(value, bool):
        return random.choice([str(value), str(value).lower()])
    if value is None:
        return random.choice(["null", "~"])
    if not isinstance(value, float):
        return str(value)
    ways = [repr(value), f"{value:.17e}", f"{value:.17E}", f"'{value!r}'", f'"{value:.17e}"']
    if value.is_integer():
        ways += [f"{value:.0f}", f"'{value:.0f}'", f"{value:.0f}e0", f"{value:.3f}"]
    if value > 0:
        ways += [f"+{value!r}"]
    if value == 0:
        ways += ["-0.0", "-0", "'-0'", "0e7", ".0"]
    return random.choice(ways)


def as_yaml(value, random, indentation=0):
    """One of the texts that mean the value: keys in any order, blocks or braces, with comments.

    indentation: that of the block around it, None within braces.
    """
    if not isinstance(value, dict | list):
        return spelled(value, random)
    block = value and indentation is not None and random.random() < 0.7
    inner = indentation + random.randint(1, 5) if block else None
    if isinstance(value, dict):
        parts = [f"{key}: {as_yaml(each, random, inner)}" for key, each in value.items()]
        random.shuffle(parts)
    else:
        parts = [as_yaml(each, random, inner) for each in value]
        parts = [f"- {part}" for part in parts] if block else parts
    if block:
        comment = random.choice(["", "  # a comment", "\n"])
        return comment + "".join(f"\n{' ' * inner}{part}" for part in parts)
    space = " " * random.randint(0, 2)
    first, last = "{}" if isinstance(value, dict) else "[]"
    return first + space + f",{space or ' '}".join(parts) + space + last


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """A function from a configuration's text to the runs that it asks for."""
    path = tmp_path_factory.mktemp("configurations") / "config.yaml"

    def read(text, data_digest=None):
        path.write_text(text, encoding="utf-8")
        configuration = load_configuration([path]).configuration
        (study,) = configuration.studies.values()
        return plan_study("a", study, data_digest, configuration.compute.threads).runs

    return read


@pytest.fixture(scope="module")
def name(plan):
    """A function from a run's values to its name."""

    def read(run, **given):
        (found,) = plan(json.dumps(document(run)), **given)  # JSON is YAML
        return found.name

    return read


# The same run -------------------------------------------------------------------------------------


@given(run=runs, random=randoms)
def test_order_layout_comments_spelling_and_written_defaults_do_not_change_a_run(
    plan, name, run, random
):
    text = as_yaml(document(without_some_defaults(run, random)), random)
    assert [each.name for each in plan(text)] == [name(run)]


@pytest.mark.parametrize("optimizer", torch_optimizers())
def test_every_default_of_an_optimizer_may_be_written_out(plan, optimizer):
    study = "studies: {{a: {{dataset: mnist, optimizers: [{}]}}}}"
    entry = {"name": optimizer, **({"rest": REST} if optimizer == "muon" else {})}
    bare = plan(study.format(json.dumps(entry)))
    full = plan(study.format(json.dumps({**entry, **defaults(optimizer)})))
    assert [run.name for run in bare] == [run.name for run in full]


def test_every_default_of_a_study_may_be_written_out(plan):
    study = {"dataset": "mnist", "optimizers": [{"name": "sgd"}]}
    written = {key: value for key, value in DEFAULTS.items() if key != "threads"}
    written["training_images"] = "all"
    bare = plan(json.dumps({"studies": {"a": study}}))
    full = {"studies": {"a": {**study, **written}}, "compute": {"threads": DEFAULTS["threads"]}}
    assert [run.name for run in bare] == [run.name for run in plan(json.dumps(full))]


@given(run=runs, activation=MODEL["activation"], dropout=MODEL["dropout"])
def test_without_hidden_layer_activation_and_dropout_do_not_count(name, run, activation, dropout):
    one = changed(run, ("model", "hidden"), [])
    other = {**one, "model": {"hidden": [], "activation": activation, "dropout": dropout}}
    assert name(one) == name(other)


def test_a_run_keeps_its_name_over_versions_of_this_project():
    configuration = {
        "dataset": "mnist",
        "validation": "test",
        "optimizer": {"name": "sgd", "lr": 0.07, "momentum": 0.9},
        "model": {"hidden": [30], "activation": "sigmoid"},
        "batch_size": 10,
        "seed": 2,
    }
    assert run_name(configuration) == "mnist-sgd-lr0.07-momentum0.9-seed2-62ba2e7dc513"


@given(run=runs)
def test_what_a_run_carries_tells_all_of_its_values(plan, run):
    (found,) = plan(json.dumps(document(run)))
    values = {"training_images": "all", **complete_configuration(found.configuration)}
    assert values.pop("schedule") == "constant"
    assert values["model"].pop("name") == "fully_connected"
    own = defaults(values["optimizer"]["name"])
    assert applying({**values, "optimizer": {**own, **values["optimizer"]}}) == applying(run)


# Another run --------------------------------------------------------------------------------------


@given(run=runs, data=st.data())
def test_runs_have_one_name_only_if_every_value_that_applies_is_the_same(name, run, data):
    other = run
    choices = st.sampled_from(sorted(places(run).items(), key=str))
    for place, values in data.draw(st.lists(choices, min_size=1, max_size=3)):
        other = changed(other, place, data.draw(values))
    assume(can_be_built(other["optimizer"]))
    assert (name(run) == name(other)) == (applying(run) == applying(other))


@pytest.mark.parametrize("optimizer", torch_optimizers())
@settings(max_examples=20)
@given(run=runs, data=st.data())
def test_another_value_of_any_argument_of_any_optimizer_is_another_run(name, optimizer, run, data):
    arguments = ARGUMENTS[optimizer]
    entries = st.fixed_dictionaries({"name": st.just(optimizer), **arguments})
    run = {**run, "optimizer": data.draw(entries.filter(can_be_built))}
    argument = data.draw(st.sampled_from(sorted(arguments)))
    other = changed(run, ("optimizer", argument), data.draw(arguments[argument]))
    assume(run != other and can_be_built(other["optimizer"]))
    assert name(run) != name(other)


def numbers_that_may_be(values, optimizer):
    """The places of an optimizer's numbers, those within pairs too, that allow all the values."""
    compare = {"above": op.gt, "minimum": op.ge, "below": op.lt, "maximum": op.le}
    for key, description in torch_optimizers()[optimizer]["arguments"].items():
        found = {(): description} if description["kind"] == "number" else {}
        found |= {(index,): each for index, each in enumerate(description.get("elements", ()))}
        for place, its_range in found.items():
            bounds = [
                (compare[bound], limit) for bound, limit in its_range.items() if bound in compare
            ]
            if all(within(value, limit) for within, limit in bounds for value in values):
                yield ("optimizer", key, *place)


@given(run=runs, data=st.data())
def test_two_values_of_an_optimizer_swapped_are_another_run(name, run, data):
    found = list(numbers_that_may_be((0.25, 0.75), run["optimizer"]["name"]))
    one, other = data.draw(st.permutations(found))[:2]
    first = changed(changed(run, one, 0.25), other, 0.75)
    second = changed(changed(run, one, 0.75), other, 0.25)
    assume(can_be_built(first["optimizer"]) and can_be_built(second["optimizer"]))
    assert name(first) != name(second)


@given(run=runs)
def test_other_images_are_another_run(name, run):
    assert len({name(run), name(run, data_digest="ab"), name(run, data_digest="cd")}) == 3


def test_no_two_runs_of_a_large_grid_share_a_name(plan):
    entry = {
        "name": "adam",
        "lr": [10.0**-power for power in range(8)],
        "betas": [[first, second] for first in (0.8, 0.9, 0.95) for second in (0.8, 0.9, 0.95)],
        "weight_decay": [0, 0.1, 0.01],
        "amsgrad": [False, True],
        "model": {"hidden": [[30], [64, 32], [32, 64]], "dropout": [0, 0.1]},
        "loss": ["mse", "cross_entropy"],
    }
    found = plan(
        json.dumps({"studies": {"a": {"dataset": "mnist", "seeds": 2, "optimizers": [entry]}}})
    )
    assert len(found) == len({run.name for run in found}) == 8 * 9 * 3 * 2 * 6 * 2 * 2
