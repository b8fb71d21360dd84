"""Bad input ends in one message that says where, what was found and what is allowed."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from ruamel.yaml import YAML

from lr_atlas.analysis.budgets import budgets, unequal
from lr_atlas.analysis.findings.few_seeds import ENOUGH_SEEDS
from lr_atlas.analysis.next_grid import learning_rates, wide_gaps
from lr_atlas.common.errors import UserError
from lr_atlas.config.command_line import key_and_value
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.study_definition import runs_definition

PROJECT = Path(__file__).parents[2]
TINY_DATA = PROJECT / "tests" / "data" / "fashion-mnist-tiny"

STUDY = """\
studies:
  a:
    dataset: mnist
    {line}
    optimizers:
      - {{name: sgd, lr: 0.1}}
"""
ENTRIES = "studies: {{a: {{dataset: mnist, optimizers: {entries}}}}}\n"
VALID = "studies: {a: {dataset: mnist, optimizers: [{name: sgd}]}}\n"

BAD_LINES = [
    ("epoch: 3", "config.yaml:4: studies.a.epoch: unknown key 'epoch': did you mean 'epochs'?"),
    ("epochs: 0", "config.yaml:4: studies.a.epochs: 0 is not allowed; it must be at least 1"),
    ("epochs: [1, 2]", "a whole number belongs here, found [1, 2]. For an axis of the grid, put"),
    ("epochs: 2.5", "studies.a.epochs: a whole number belongs here, found 2.5"),
    ("epochs: yes please", "a whole number belongs here, found 'yes please'"),
    ("epochs:", "studies.a.epochs: a whole number belongs here, found nothing"),
    ("epochs: true", "a whole number belongs here, found true"),
    ("seeds: [1, 1]", "config.yaml:4: studies.a.seeds: seed 1 stands here twice"),
    ("seeds: []", "studies.a.seeds: nothing is given here; at least one value is needed"),
    ("seeds: 0", "studies.a.seeds: at least one seed is needed"),
    ("seeds: [-1]", "studies.a.seeds[0]: -1 is not allowed; it must be at least 0"),
    ("pixels: [1, 0]", "the first value must be below the second"),
    ("pixels: [1]", "studies.a.pixels: 2 values belong here, found [1]"),
    ("model: {hidden: 10}", "studies.a.model.hidden: a list belongs here, found 10"),
    ("model: {hidden: [0]}", "studies.a.model.hidden[0]: 0 is not allowed"),
    ("model: {activation: rely}", "unknown value 'rely': did you mean 'relu'?"),
    ("model: {dropout: 1}", "studies.a.model.dropout: 1 is not allowed; it must be less than 1"),
    ("model: {dropout: [0, 0.1]}", "put 'dropout' into an entry under `optimizers`"),
    ("validation: tset", "either `test` or a number of training images to hold out"),
    ("validation: 60000", "60000 training images cannot be held out of the 60000"),
    ("validation: 9", "at least 10 images must be held out, one of each class"),
    ("seeds: 100000000", "more than 10000 seeds cannot be meant"),
    ("batch_size: 50001", "a batch of 50001 is larger than the 50000 training images"),
    ("loss: [mse, cross_entropy]", "put 'loss' into an entry under `optimizers`"),
    ("loss: mean", "Allowed: binary, cross_entropy, huber"),
    ("description: 3", "studies.a.description: text belongs here, found 3"),
    ("epochs: 1\n    epochs: 2", 'config.yaml:5: the key "epochs" stands here twice; keep one'),
    ("epochs: [1", "config.yaml:5: this is not valid YAML"),
    ("\tepochs: 1", "config.yaml:4: this is not valid YAML"),
    (
        "reference: {source: x, values: [{where: {optimizer: adam}, train_loss: 1}]}",
        "0 settings match {'optimizer': 'adam'}, exactly one must",
    ),
    (
        "reference: {source: x, values: [{where: {optimzer: sgd}, train_loss: 1}]}",
        "unknown parameter 'optimzer': did you mean 'optimizer'?",
    ),
]

BAD_ENTRIES = [
    ("[]", "studies.a.optimizers: nothing is given here; at least one value is needed"),
    ("", "studies.a.optimizers: a list belongs here, found nothing"),
    ("[sgd]", "studies.a.optimizers[0]: a mapping (key: value) belongs here, found 'sgd'"),
    ("{name: sgd}", "studies.a.optimizers: a list belongs here"),
    ("[{name: amad}]", "unknown optimizer 'amad': did you mean 'adam'?"),
    ("[{name: SGD}]", "unknown optimizer 'SGD': did you mean 'sgd'?"),
    ("[{name: sparseadam}]", "unknown optimizer 'sparseadam'"),
    ("[{name: muon}]", "muon takes matrices alone; say what trains the rest"),
    ("[{name: muon, rest: {name: adamww}}]", "unknown optimizer 'adamww': did you mean 'adamw'?"),
    ("[{name: muon, rest: {name: sgd, lrr: 1}}]", "sgd has no argument 'lrr': did you mean 'lr'?"),
    ("[{name: muon, rest: {name: muon}}]", "take another, as in rest: {name: adamw, lr: 0.001}"),
    ("[{name: lbfgs, rest: {name: sgd}}]", "lbfgs has no argument 'rest'"),
    ("[{name: rprop, decay: matrices}]", "rprop has no argument 'weight_decay'"),
    ("[{name: sgd, takes: hidden}]", "`takes` means nothing without `rest`"),
    ("[{name: sgd, multipliers: {a: -1}}]", "optimizers[0].multipliers.a: -1 is not allowed"),
    ("[{name: lbfgs, line_search_fn: wolf}]", "unknown value 'wolf'; Allowed: strong_wolfe"),
    ("[{lr: 1}]", "the entry has no 'name'"),
    ("[{name: sgd, betas: 1}]", "sgd has no argument 'betas'; it has lr, momentum,"),
    ("[{name: sgd, momentm: 1}]", "sgd has no argument 'momentm': did you mean 'momentum'?"),
    ("[{name: sgd, lr: 0}]", "studies.a.optimizers[0].lr: 0 is not allowed"),
    (f"[{{name: sgd, lr: {10**400}}}]", "studies.a.optimizers[0].lr: a number belongs here"),
    ("[{name: sgd, lr: [0.1, -1]}]", "studies.a.optimizers[0].lr[1]: -1 is not allowed"),
    ("[{name: sgd, lr: []}]", "studies.a.optimizers[0].lr: nothing is given here"),
    ("[{name: sgd, lr: fast}]", "a number belongs here; found 'fast'"),
    ("[{name: sgd, lr: true}]", "a number belongs here; found true"),
    ("[{name: sgd, lr: .inf}]", "a finite number belongs here"),
    ("[{name: sgd, lr: {a: 1}}]", "a number, a list of numbers or a range belongs here"),
    ("[{name: sgd, nesterov: 1}]", "true or false belongs here, found 1"),
    ("[{name: sgd, nesterov: true}]", "nesterov: true needs momentum above 0"),
    ("[{name: sgd, fused: true, foreach: true}]", "cannot be both fused and foreach"),
    ("[{name: sgd, differentiable: true}]", "sgd has no argument 'differentiable'"),
    ("[{name: adam, betas: 0.9}]", "a list of numbers belongs here, found 0.9"),
    ("[{name: adam, betas: [0.9]}]", "more values belong here, found [0.9]"),
    ("[{name: adam, betas: [0.9, 1.5]}]", "1.5 is not allowed; it must be less than 1"),
    ("[{name: sgd, model: {dropout: 2}}]", "2 is not allowed; it must be less than 1"),
    ("[{name: sgd, epochs: [10, 0]}]", "studies.a.optimizers[0].epochs[1]: 0 is not allowed"),
    ("[{name: sgd, batch_size: 60000}]", "studies.a.optimizers[0].batch_size: a batch of 60000"),
]

BAD_FILES = [
    ("", "config.yaml: the file is empty"),
    ("- a\n", "the file must hold keys and values"),
    ("studies:\n", "studies: a mapping (key: value) belongs here, found nothing"),
    ("studies: {}\n", "studies: nothing is given here"),
    ("study: {}\n" + VALID, "unknown key 'study': did you mean 'studies'?"),
    ("studies: {a: {optimizers: [{name: sgd}]}}\n", "studies.a: 'dataset' is missing"),
    (VALID.replace("mnist", "minst"), "unknown value 'minst': did you mean 'mnist'?"),
    (VALID.replace("{a:", "{a/b:"), "'a/b' cannot be a study's name, since it names a folder"),
    (VALID.replace("{a:", "{'..':"), "'..' cannot be a study's name"),
    (VALID.replace("{a:", "{2024:"), "a name must be text; put 2024 in quotes"),
    (VALID.replace("{a:", "{study_page:"), "'study_page' is the name of a target"),
    (VALID + "compute: {threads: 1}\nstudies2: {}\n", "unknown key 'studies2'"),
    (VALID.replace("{a:", "{A: {dataset: mnist, optimizers: [{name: sgd}]}, a:"), "in case alone"),
    (VALID.replace("{a:", "{train:"), "'train' is the name of a target of the workflow"),
    ("compute: {device: gpu}\n" + VALID, "unknown value 'gpu': did you mean 'cuda'?"),
    ("compute: {threads: 0}\n" + VALID, "compute.threads: 0 is not allowed"),
    (
        "datasets: {imagenet: {}}\n" + VALID,
        "unknown key 'imagenet': no data set of that name is known;",
    ),
    ("datasets: {mnist: {directory: no}}\n" + VALID, "datasets.mnist.directory: "),
    (VALID + "datasets: {mnist: {directory: nowhere}}\n", "nowhere is not a folder"),
    (VALID + "# \x01\n", "config.yaml:2: a character in it cannot be read: U+0001; remove it"),
    (VALID + "day: 2020-13-45\n", "config.yaml: a value in it cannot be read: month must be"),
]


def read(text, folder):
    """The atlas of a config.yaml with this text."""
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load_atlas([path])


@pytest.mark.parametrize(("line", "message"), BAD_LINES)
def test_a_bad_line_of_a_study_is_explained(line, message, tmp_path):
    with pytest.raises(UserError) as error:
        read(STUDY.format(line=line), tmp_path)
    assert message in str(error.value)


@pytest.mark.parametrize(("entries", "message"), BAD_ENTRIES)
def test_a_bad_optimizer_entry_is_explained(entries, message, tmp_path):
    with pytest.raises(UserError) as error:
        read(ENTRIES.format(entries=entries), tmp_path)
    assert message in str(error.value)


@pytest.mark.parametrize(("text", "message"), BAD_FILES)
def test_a_bad_file_is_explained(text, message, tmp_path):
    with pytest.raises(UserError) as error:
        read(text, tmp_path)
    assert message in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nothing\.yaml: there is no such file"):
        load_atlas([tmp_path / "nothing.yaml"])


def test_all_mistakes_are_told_at_once(tmp_path):
    with pytest.raises(UserError) as error:
        read(STUDY.format(line="epochs: 0\n    batch_size: 0"), tmp_path)
    assert len(str(error.value).splitlines()) == 2


def test_more_than_ten_mistakes_are_counted(tmp_path):
    entries = "[" + ", ".join(["{name: sgd, lr: 0}"] * 13) + "]"
    with pytest.raises(UserError, match=r"and 3 more$"):
        read(ENTRIES.format(entries=entries), tmp_path)


@pytest.mark.parametrize("number", ["1e-4", "1E-4", "0.0001", "1.0e-4", "'1e-4'", ".0001"])
def test_every_spelling_of_a_number_is_that_number(number, tmp_path):
    atlas = read(ENTRIES.format(entries=f"[{{name: sgd, lr: {number}}}]"), tmp_path)
    assert {run.parameters["learning_rate"] for run in atlas.runs.values()} == {0.0001}


@pytest.mark.parametrize("number", ["10", "10.0", "1e1", "1.0e+1", "'1e1'"])
def test_a_whole_number_may_be_spelt_as_any_other(number, tmp_path):
    entry = f"[{{name: sgd, epochs: [{number}], batch_size: {number}}}], seeds: {number}"
    entry += f", confirm: {number}, validation: {number}, model: {{hidden: [{number}, 5]}}"
    claim = f"{{claim: rises, where: {{hidden: [10.0, 5]}}, last: {number}}}"
    atlas = read(ENTRIES.format(entries=f"{entry}, claims: [{claim}]"), tmp_path)
    run = next(iter(atlas.runs.values()))
    assert (run.epochs, run.parameters["batch_size"], run.parameters["hidden"]) == (10, 10, "10-5")
    assert run.configuration["validation"] == 10
    assert len(atlas.runs) == 10
    assert all(type(seed) is int for _, seed in {(r.name, r.seed) for r in atlas.runs.values()})


def test_a_title_changes_no_run_and_no_choice(tmp_path):
    plain, titled = (
        read(STUDY.format(line=line), tmp_path) for line in ("epochs: 1", "title: ' Uno  dos '")
    )
    titled_study = titled.configuration.studies["a"]
    assert titled_study.called("a") == "Uno  dos"
    assert plain.configuration.studies["a"].called("a") == "a"
    untitled = read(STUDY.format(line="description: ''"), tmp_path)
    assert runs_definition(titled, "a") == runs_definition(untitled, "a")
    assert titled.runs.keys() == untitled.runs.keys()


def test_keys_left_out_have_their_defaults(tmp_path):
    study = read(VALID, tmp_path).configuration.studies["a"]
    assert study.seeds == [0, 1, 2]
    assert study.validation == 10_000
    assert study.model.hidden == [128, 64]
    assert (study.batch_size, study.epochs, study.loss) == (100, 10, "cross_entropy")


def test_a_section_that_holds_comments_alone_means_its_defaults(tmp_path):
    atlas = read("datasets:\n  # nothing yet\ncompute:\n" + VALID, tmp_path)
    assert atlas.configuration.compute.threads == 1


def test_a_number_of_seeds_means_that_many_from_zero(tmp_path):
    atlas = read(STUDY.format(line="seeds: 2"), tmp_path)
    assert atlas.configuration.studies["a"].seeds == [0, 1]


def test_a_later_file_is_laid_over_an_earlier_one(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(STUDY.format(line="epochs: 5"), encoding="utf-8")
    second.write_text("studies: {a: {epochs: 7}}\ncompute: {threads: 2}\n", encoding="utf-8")
    configuration = load_atlas([first, second]).configuration
    assert (configuration.studies["a"].epochs, configuration.compute.threads) == (7, 2)


def test_values_of_the_command_line_are_laid_over_the_file(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(VALID, encoding="utf-8")
    given = {
        "compute": {"threads": "2"},
        "studies": {"a": {"description": "why: this", "seeds": "4"}},
    }
    configuration = load_atlas([path], overrides=given).configuration
    assert configuration.compute.threads == 2
    assert configuration.studies["a"].description == "why: this"
    assert configuration.studies["a"].seeds == [0, 1, 2, 3]
    with pytest.raises(UserError, match=r"^--config: compute\.threads: 0 is not allowed"):
        load_atlas([path], overrides={"compute": {"threads": "0"}})


@pytest.mark.parametrize("text", ["\x01", "2020-13-45", "[1", "!!int x"])
def test_a_value_of_the_command_line_that_is_no_yaml_is_refused(text, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(VALID, encoding="utf-8")
    with pytest.raises(UserError, match=r"^--config: compute\.threads: a whole number belongs"):
        load_atlas([path], overrides={"compute": {"threads": text}})
    with pytest.raises(argparse.ArgumentTypeError, match="is not KEY=VALUE with YAML as value"):
        key_and_value(f"compute={text}")


def test_a_configuration_that_is_handed_over_is_read_as_one_of_a_file(tmp_path):
    given = YAML(typ="safe").load(VALID)
    given["studies"]["a"]["description"] = "is run #1 the best? # a comment in a file"
    given["studies"]["a"]["optimizers"][0]["lr"] = ["1e-3"]  # as YAML 1.1 has it
    configuration = load_atlas([], given, origin="elsewhere").configuration
    assert configuration.studies["a"].description == given["studies"]["a"]["description"]
    assert configuration.studies["a"].optimizers[0].lr == [0.001]
    given["compute"] = {"threads": 0}
    with pytest.raises(UserError, match=r"^elsewhere: compute\.threads: 0 is not allowed"):
        load_atlas([], given, origin="elsewhere")


def test_a_reported_value_finds_its_setting_by_a_list_too(tmp_path):
    entries = "[{name: adam, betas: [[0.9, 0.99], [0.8, 0.9]]}], reference: {source: x, values: ["
    where = "{where: {betas: [0.8, 0.9]}, train_loss: 1}]}"
    read(ENTRIES.format(entries=entries + where), tmp_path)


def test_a_data_folder_is_taken_from_where_the_file_lies(tmp_path):
    (tmp_path / "images").symlink_to(TINY_DATA)
    atlas = read(
        "datasets: {fashion_mnist: {directory: images}}\n"
        "studies: {a: {dataset: fashion_mnist, validation: 50, optimizers: [{name: sgd}]}}\n",
        tmp_path,
    )
    source = atlas.data["fashion_mnist"]
    assert (source.training_images, source.test_images, source.canonical) == (300, 100, False)
    assert all("data_digest" in run.configuration for run in atlas.runs.values())


def test_the_canonical_data_is_no_part_of_a_run_wherever_it_comes_from(tmp_path):
    atlas = read(VALID, tmp_path)
    assert all("data_digest" not in run.configuration for run in atlas.runs.values())


def test_the_default_studies_ask_for_the_papers_settings():
    atlas = load_atlas([PROJECT / "config.yaml"])
    assert atlas.plans["fashion-mnist-learning-rate"].settings == [
        *("adam-lr0.001", "adam-lr0.01"),
        *("sgd-lr0.001-epochs29", "sgd-lr0.01-epochs35", "sgd-lr0.1-epochs40"),
    ]
    assert atlas.plans["mnist-optimizers"].settings == [
        *("adam-lr0.01", "rmsprop-lr0.001", "rmsprop-lr0.01", "rmsprop-lr0.07"),
        *("rmsprop-lr0.0001-epochs20", "rmsprop-lr0.0001-batch_size15-epochs10"),
        *("rmsprop-lr0.0001-batch_size15-epochs20", "rmsprop-lr0.0001-batch_size15-epochs30"),
        *("rmsprop-lr0.0001-batch_size30-epochs20", "sgd-lr0.01", "sgd-lr0.07"),
        *("sgd-lr0.07-momentum0.5", "sgd-lr0.01-momentum0.9", "sgd-lr0.07-momentum0.9"),
    ]
    assert len(atlas.runs) == 105


def test_the_first_default_study_keeps_the_rules_that_findings_ask_for():
    atlas = load_atlas([PROJECT / "config.yaml"])
    name = next(iter(atlas.plans))
    study, plan = atlas.configuration.studies[name], atlas.plans[name]
    assert not unequal(budgets(plan))
    assert len(study.seeds) >= ENOUGH_SEEDS
    assert study.validation == 10_000
    assert study.confirm >= ENOUGH_SEEDS
    for optimizer in ("sgd", "adagrad"):
        rates = learning_rates(plan, optimizer)
        assert len(rates) >= 4
        assert not any(wide_gaps(rates, rate) for rate in rates)


def test_the_quick_study_loads_and_is_small():
    atlas = load_atlas([PROJECT / "studies" / "quick.yaml"])
    assert list(atlas.plans) == ["quick"]
    assert sum(run.epochs for run in atlas.runs.values()) < 100


@pytest.fixture(scope="module")
def is_valid():
    """A function that tells whether the schema takes a value."""
    schema = json.loads((PROJECT / "config.schema.json").read_text("utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema).is_valid


@pytest.mark.parametrize("path", [PROJECT / "config.yaml", *PROJECT.glob("studies/**/*.yaml")])
def test_the_schema_takes_the_shipped_configurations_and_refuses_a_typo(path, is_valid):
    """Editors find the schema by the line in each file."""
    text = path.read_text("utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("# yaml-language-server: ")]
    assert (path.parent / line.partition("$schema=")[2]).samefile(PROJECT / "config.schema.json")
    shipped = YAML(typ="safe", pure=True).load(text)
    assert is_valid(shipped)
    for study in shipped["studies"].values():
        study["optimizers"][0]["momentm"] = 0.9
    assert not is_valid(shipped)
    assert is_valid({"include": "a.yaml"})
    assert not is_valid({"compute": {}})


def test_reading_the_workflow_imports_neither_torch_nor_tables():
    """Both take longer than all the rest, at every call and again in every job on a cluster."""
    code = (
        "import sys, lr_atlas.studies.atlas, lr_atlas.common.fingerprint, lr_atlas.common.machine\n"
        "print(sorted({'torch', 'torchvision', 'numpy', 'pandas'} & set(sys.modules)))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT / "scripts", capture_output=True, text=True
    )
    assert process.stdout == "[]\n", process.stderr


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("seeds: [9223372036854775808]", "seeds[0]"),
        ("seeds: [0, 18446744073709551615]", "seeds[1]"),
        ("batch_size: 18446744073709551616", "batch_size"),
    ],
)
def test_a_whole_number_that_no_table_holds_is_refused_with_the_largest_one(text, key, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(
        "studies:\n  a:\n    dataset: mnist\n    optimizers: [{name: sgd}]\n    " + text + "\n"
    )
    with pytest.raises(UserError) as error:
        load_atlas([path])
    assert f"c.yaml:5: studies.a.{key}: " in str(error.value)
    assert "it must be at most 9223372036854775807 (2^63 - 1)" in str(error.value)
    path.write_text(path.read_text().replace(text, "seeds: [9223372036854775807]"))
    (run,) = load_atlas([path]).plans["a"].runs
    table = pd.DataFrame({"seed": [run.seed]}).astype({"seed": "Int64"})
    assert table["seed"].tolist() == [2**63 - 1]
