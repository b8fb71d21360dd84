"""Studies in files of their own are read with the file that names them, or a message says why."""

import shutil

import pytest
from ruamel.yaml import YAML
from whole_runs import PROJECT

from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import load_atlas

GRID = "{dataset: mnist, optimizers: [{name: sgd}]}"


def studies(*names):
    """A file's text with these studies, each on a line."""
    return "studies:\n" + "".join(f"  {name}: {GRID}\n" for name in names)


def written(folder, **texts):
    """Write files into a folder, `__` in a name for a folder; returns the path of config.yaml."""
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "config.yaml"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder of the files, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def message(*paths, **more):
    """Return what is said of files that cannot be used."""
    with pytest.raises(UserError) as error:
        load_atlas(list(paths), **more)
    return str(error.value)


def test_studies_of_included_files_follow_a_files_own_in_the_order_of_the_list(tmp_path):
    path = written(
        tmp_path,
        config="include: [studies/c.yaml, studies/b.yaml]\n" + studies("z", "a"),
        studies__b=studies("b"),
        # Relative to the file that names it; it has no studies of its own.
        studies__c="x-block: {}\ninclude: more/d.yaml\n",
        studies__more__d=studies("d", "c"),
    )
    assert list(load_atlas([path]).plans) == ["z", "a", "d", "c", "b"]


def test_a_path_may_name_the_home_folder_and_variables_and_begins_where_a_link_leads(
    tmp_path, monkeypatch
):
    home, project = tmp_path / "home", tmp_path / "project"
    written(home, a=studies("a"))
    path = written(project, config="include: ['~/a.yaml', $MORE/b.yaml, c.yaml]\n", c=studies("c"))
    written(tmp_path / "more", b=studies("b"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MORE", str(tmp_path / "more"))
    link = home / "linked.yaml"
    link.symlink_to(path)
    for each in (path, link):
        assert list(load_atlas([each]).plans) == ["a", "b", "c"]


def test_a_mistake_in_an_included_file_is_told_with_its_file_and_line(here):
    written(
        here,
        config="include: [b.yaml, c.yaml]\n" + studies("a").replace("sgd", "sgdd"),
        b="# a comment\n" + studies("b").replace("optimizers", "epoch: 3, optimizers"),
        c="x-a: 1\nstudy: {}\n" + studies("c"),
    )
    said = message("config.yaml").splitlines()
    assert [line.partition(": ")[0] for line in said] == ["config.yaml:3", "b.yaml:3", "c.yaml:2"]
    assert "studies.b.epoch: unknown key 'epoch': did you mean 'epochs'?" in said[1]
    # The plan alone can tell this one.
    claim = "claims: [{claim: overfits, where: {optimizer: adam}}], optimizers"
    written(here, config="include: b.yaml\n", b=studies("a", "b").replace("optimizers", claim, 1))
    assert message("config.yaml").startswith("b.yaml:2: studies.a.claims[0].where: 0 settings")


WRONG = [
    ({"config": "include: nothing.yaml"}, "config.yaml:1: include: nothing.yaml: there is no such"),
    (
        {"config": "include:\n- b.yaml\n- 3\n- .\n- no.yaml", "b": studies("b")},
        "config.yaml:3: include[1]: the path of a file belongs here, or a list of paths\n"
        "config.yaml:4: include[2]: .: this is a folder; a configuration is a file, since it is "
        "read several times\n"
        "config.yaml:5: include[3]: no.yaml: there is no such file",
    ),
    ({"config": "include: {a: b.yaml}"}, "include: the path of a file belongs here"),
    ({"config": "include: ''"}, "config.yaml:1: include: .: this is a folder"),
    ({"config": 'include: "\\0"'}, "config.yaml:1: include: \0: no file has such a name"),
    ({"config": f"include: {'a' * 999}"}, "cannot be read: File name too long"),
    ({"config": "include: b.yaml", "b": ""}, "config.yaml:1: include: b.yaml: the file is empty"),
    (
        {"config": "\ninclude: b.yaml", "b": "studies:\n  a: [1"},
        "config.yaml:2: include: b.yaml:2: this is not valid YAML",
    ),
    (
        {"config": "include: config.yaml"},
        "config.yaml:1: include: config.yaml would include itself: config.yaml -> config.yaml",
    ),
    (
        {"config": "include: b/b.yaml", "b__b": studies("b") + "include: ../config.yaml"},
        "b/b.yaml:3: include: b/../config.yaml would include itself: "
        "config.yaml -> b/b.yaml -> b/../config.yaml",
    ),
    (
        {"config": "include:\n- b.yaml\n- ./b.yaml", "b": studies("b")},
        "config.yaml:3: include[1]: b.yaml is included at config.yaml:2 already; keep one",
    ),
    (
        {"config": "include: b.yaml\n" + studies("a", "b"), "b": studies("c", "b")},
        "b.yaml:3: studies.b: a study of this name stands at config.yaml:4 too; rename one of them",
    ),
    (
        {"config": "include: b.yaml\n" + studies("a"), "b": studies("A")},
        "b.yaml:2: studies.A: 'A' and 'a' differ in case alone",
    ),
    (
        {"config": "include: b.yaml", "b": "compute: {threads: 2}\ncache:\n" + studies("b")},
        "b.yaml:1: compute: this holds for all studies that are run, so it cannot stand in a file "
        "that is included; move it into the file that includes this one\nb.yaml:2: cache: ",
    ),
    ({"config": "include: b.yaml", "b": "x-a: 1"}, "b.yaml: studies: the studies belong here"),
    ({"config": "include: b.yaml", "b": "studies: 3"}, "b.yaml:1: studies: the studies belong"),
    (
        {"config": "studies:\ninclude: b.yaml", "b": studies("b")},
        "config.yaml:1: studies: the studies belong here, each under its name; where others have "
        "them all, leave this key out",
    ),
    ({"config": "includes: b.yaml"}, "unknown key 'includes': did you mean 'include'?"),
    (
        {"config": studies("a").replace("optimizers", "include: b.yaml, optimizers")},
        "studies.a.include: unknown key 'include': it belongs at the top of the file",
    ),
]


@pytest.mark.parametrize(("texts", "expected"), WRONG)
def test_a_file_that_cannot_be_included_is_told_in_one_message(texts, expected, here):
    written(here, **texts)
    assert expected in message("config.yaml")


def test_files_that_include_one_another_neither_multiply_nor_go_on_for_ever(here):
    for number in range(40):
        written(here, **{f"f{number}": f"include: [f{number + 1}.yaml, f{number + 1}.yaml]\n"})
    assert "f31.yaml: more than 30 files include one another" in message("f0.yaml")
    written(here, f20=studies("a"))
    assert "f20.yaml is included at f19.yaml:1 already" in message("f0.yaml")


def test_later_files_are_laid_over_what_earlier_ones_include(tmp_path):
    path = written(tmp_path, config="include: b.yaml\n" + studies("a"), b=studies("b"))
    above = tmp_path / "above.yaml"
    above.write_text("include: c.yaml\n", encoding="utf-8")
    written(tmp_path, c="studies: {b: {epochs: 7}}\n")
    found = load_atlas([path, above]).configuration.studies
    assert {name: study.epochs for name, study in found.items()} == {"a": 10, "b": 7}


def test_what_no_file_names_is_included_from_the_current_folder(here):
    """Values of the command line, and what another workflow hands over to this as a module."""
    path = written(here, config=studies("a"), more__b=studies("b"))
    assert list(load_atlas([path], {"include": "more/b.yaml"}).plans) == ["a", "b"]
    given = {**YAML(typ="safe").load(studies("a")), "include": ["more/b.yaml"]}
    assert list(load_atlas([], given, origin="the module's config").plans) == ["a", "b"]
    given["include"] = ["b.yaml"]
    said = message(overrides=given, origin="the module's config")
    assert said == "the module's config: include[0]: b.yaml: there is no such file"


@pytest.mark.parametrize("path", sorted((PROJECT / "studies").glob("*.yaml")), ids=lambda p: p.stem)
def test_each_shipped_study_is_run_by_itself_as_with_others(path, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(f"include: {path}\n", encoding="utf-8")
    assert load_atlas([path]) == load_atlas([config])
    assert list(load_atlas([path]).plans) == [path.stem]


def test_a_copy_of_the_default_configuration_says_what_it_lacks(here):
    shutil.copy(PROJECT / "config.yaml", here)
    said = message("config.yaml").splitlines()
    assert len(said) == 2
    assert all("studies/" in line and "there is no such file" in line for line in said)
