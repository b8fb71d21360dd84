"""Makers of runs: the versions, devices and processors that their run.json names."""

import functools
import itertools
from collections.abc import Iterable

import pandas as pd

from lr_atlas.locale.speech import mark, say, say_word
from lr_atlas.runs.run_files import NOT_KNOWN
from lr_atlas.runs.training_code import PACKAGE

#: Headings, as `say_word` says them.
_TITLES = {
    "torch": "torch",
    "python": "Python",
    "blas": mark("matrix products"),
    "device": mark("device"),
    "processor": mark("processor"),
}
#: The columns of a table of runs that say what made each.
MAKERS = tuple(_TITLES)
_MAY_CHANGE_DIGITS = {
    "torch": mark("the version of torch"),
    "blas": mark("the library of the matrix products"),
    "device": mark("the device"),
    "processor": mark("the processor"),
}


def made_with(description: dict) -> dict:
    """Return what may decide the last digits of a run, as plain values.

    description: the content of run.json. Returns a dict with torch and python (versions), blas
    (the library of the matrix products, its kernels, and the variables by which others were
    chosen), device, processor, system and threads. Of blas and processor all in turn, where the run
    was left and went on with others.
    """
    versions, parts = description["versions"], description["trained_in"]
    return {
        "torch": versions["torch"],
        "python": versions["python"],
        "blas": _in_turn(_kernels(part, versions["blas"]) for part in parts),
        "device": description["device"],
        "processor": _in_turn(part["processor"] for part in parts),
        "system": description["machine"]["system"],
        "threads": description["threads"],
    }


def packages_of(description: dict) -> str:
    """Return such as "pytorch_optimizer 4.1.0": what a run has its optimizer or network from.

    description: the content of run.json. Empty text where all is torch's or ours.
    """
    code = description.get("code") or {}
    named = {name.removeprefix(PACKAGE): code[name] for name in code if name.startswith(PACKAGE)}
    return ", ".join(f"{name} {version}" for name, version in sorted(named.items()))


def _in_turn(names: Iterable[str]) -> str:
    return ", then ".join(name for name, _ in itertools.groupby(names))


def _kernels(part: dict, blas: str) -> str:
    """Return the library of a part of a run: "openblas 0.3.30 Haswell (MKL_CBWR=AVX2)".

    blas: the library of the run's last part, for one that does not tell.
    """
    chosen = part.get("environment")
    chosen = chosen if isinstance(chosen, dict) else {}
    settings = ", ".join(f"{name}={value}" for name, value in sorted(chosen.items()))
    return f"{part.get('blas', blas)}" + (f" ({settings})" if settings else "")


def makers_text(maker: dict) -> str:
    """Return what `made_with` gave as a text, without the system."""
    threads = f"{maker['threads']} thread" + ("s" if maker["threads"] != 1 else "")
    return (
        f"torch {maker['torch']}, Python {maker['python']}, {maker['blas']}, {maker['device']}, "
        f"{maker['processor']}, {threads}"
    )


def makers_for_reading(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row of texts for each combination of what decides last digits, largest first.

    runs: the table of collect.collect_study. With more than one combination, the column `which`
    names the settings, and the seeds where not all runs of a setting are meant.
    """
    groups = sorted(runs.groupby(list(_TITLES)), key=lambda group: -len(group[1]))
    headings = [say_word(title) for title in _TITLES.values()]
    table = pd.DataFrame([maker for maker, _ in groups], columns=headings)
    table[say("runs")] = [str(len(group)) for _, group in groups]
    if len(groups) > 1:
        others = (_which(group, runs) for _, group in groups[1:])
        table[say("which")] = [say("all others"), *others]
    return table


def _which(group: pd.DataFrame, runs: pd.DataFrame) -> str:
    of_setting = runs["setting"].value_counts()
    texts = []
    for setting, part in group.groupby("setting", sort=False):
        seeds = ", ".join(map(str, part["seed"]))
        if len(part) != of_setting[setting]:
            setting = say("{setting} (seed {seeds})", setting=setting, seeds=seeds)
        texts.append(setting)
    return "; ".join(texts)


def rounding_note(runs: pd.DataFrame) -> str:
    """Return a sentence on which library's rounding the verdicts hold for.

    runs: the table of collect.collect_study; empty text where it names no library.
    """
    found = runs["blas"].dropna().unique() if "blas" in runs else []
    names = sorted(name for name in found if name != NOT_KNOWN)
    if not names:
        return ""
    return say(
        "Verdicts are those of matrix products by {libraries}: another processor's kernel rounds "
        "otherwise, which over the epochs changes a run about as another seed does, and may turn a "
        "verdict that is near its border.",
        libraries=_joined(names),
    )


def _joined(names: Iterable[str]) -> str:
    """Return such as "a and b and c"."""
    return functools.reduce(
        lambda first, last: say("{names} and {last}", names=first, last=last), names
    )


def software(runs: pd.DataFrame) -> str:
    """Return what the runs were trained with, and what it means if not all with the same.

    Empty text for the runs of a program.
    """
    if (runs["torch"] == NOT_KNOWN).all():
        return ""
    versions = runs["torch"].value_counts().sort_index()
    named = [
        say("{version} ({count} of the runs)", version=version, count=count)
        if len(versions) > 1
        else version
        for version, count in versions.items()
    ]
    sentences = [_trained_with(runs, _joined(named))]
    several = [title for name, title in _MAY_CHANGE_DIGITS.items() if runs[name].nunique() > 1]
    if several:
        sentences.append(
            say(
                "The runs differ in {several}, and may differ in the last digits for that reason "
                "alone.",
                several=_joined(map(say_word, several)),
            )
        )
    if len(versions) > 1:
        sentences.append(
            say("With `recompute: {{on_new_torch: true}}` all are trained with the present torch.")
        )
    return " ".join(sentences)


def _trained_with(runs: pd.DataFrame, versions: str) -> str:
    devices = ", ".join(sorted(runs["device"].unique()))
    packages = runs["packages"].dropna().unique() if "packages" in runs else []
    each = sorted({one for text in packages for one in text.split(", ") if one})
    values = {"versions": versions, "devices": devices}
    if each:
        return say(
            "Trained with torch {versions} on {devices}; {packages}.",
            **values,
            packages=", ".join(each),
        )
    return say("Trained with torch {versions} on {devices}.", **values)
