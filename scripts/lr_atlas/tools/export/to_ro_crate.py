"""A study as an RO-Crate (Workflow Run Crate 0.5): results, how they came about, and the source.

The source is packed beside the numbers, so that these can be traced when its commit is gone. By the
digests that each run has recorded, it is told whether it is the source that trained them.
"""

import datetime
import json
import mimetypes
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from lr_atlas.common.digests import file_digest
from lr_atlas.common.units import counted
from lr_atlas.runs.run_files import DESCRIPTION, HISTORY
from lr_atlas.runs.snakemake_records import job_times
from lr_atlas.tables.column_texts import TABLES
from lr_atlas.tools.export.finished_study import PROJECT, FinishedStudy, atlas_version
from lr_atlas.tools.export.packed_source import (
    SourceCheck,
    check_source,
    own_places,
    pack_own_files,
    pack_source,
    read_started,
)

#: The profiles that the crate keeps to.
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
_PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
_WORKFLOW = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
#: RO-Crate 1.1, which these are made for.
_BASE = "https://w3id.org/ro/crate/1.1"
#: The terms that they add, such as sha256.
_TERMS = "https://w3id.org/ro/terms/workflow-run/context"
#: Things that the workflow is given, or makes: {name: (type, is made, text)}.
_PARAMETERS = {
    "configuration": ("File", False, "The study: data, network, optimizers, rates, seeds."),
    "data": ("Text", False, "Digests of the data that was trained and validated on."),
    "runs": ("Dataset", True, "What each run was trained with, and its metrics by epoch."),
    "tables": ("File", True, "The tables of the study."),
    "texts": ("File", True, "Answer, page and summary of the study."),
    "figures": ("File", True, "The figures of the study."),
}
_SOURCE, _OWN, _STUDY, _RUNS, _CONFIGURATION = (
    *("source", "own-files", "study", "runs", "configuration"),
)
#: The folders of the crate, for people.
_PLACES = {
    _STUDY: "tables, page and figures of the study",
    _RUNS: "what each run was trained with, and its metrics by epoch",
    _CONFIGURATION: "the study and the configuration of each run",
    _SOURCE: "the source of LR Atlas",
    _OWN: "files of one's own that runs name",
}
_TABLES, _FIGURES = (".csv", ".parquet", ".json"), (".svg", ".png", ".pdf")
_TYPES = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet", ".md": "text/markdown"}
#: JSON files that are no tables.
_NO_TABLES = ("answer", "selection")


def write(study: FinishedStudy, folder: Path, _final: Path) -> list[str]:
    """Write the crate into a folder, and return what to say of it."""
    directory = study.results.parent
    descriptions = {run: told for run, (_, told) in study.descriptions.items()}
    pack_source(PROJECT, folder / _SOURCE)
    codes = [told["code"] for told in descriptions.values() if told.get("code")]
    own = pack_own_files(codes, own_places(directory, PROJECT), folder / _OWN)
    check = check_source(study.runs["run"], descriptions, folder / _SOURCE, own)
    crate = _Crate(study, folder, check)
    count = crate.fill()
    crate.write()
    return [f"{counted(count, 'file')} of results, and the source", *check.sentences()]


class _Crate:
    """Puts a study into a crate, part by part."""

    def __init__(self, study: FinishedStudy, folder: Path, check: SourceCheck) -> None:
        self._study, self._folder, self._check = study, folder, check
        self._crate = ROCrate(gen_preview=True, version=_BASE.rpartition("/")[2])
        self._crate.metadata.extra_contexts.append(_TERMS)
        self._parameters = {
            name: self._entity(
                f"#{name}",
                "FormalParameter",
                name=name,
                description=text,
                additionalType=kind,
                conformsTo={"@id": _PARAMETER},
            )
            for name, (kind, _, text) in _PARAMETERS.items()
        }

    def fill(self) -> int:
        """Describe all that lies in the folder, put the results there, and return how many."""
        workflow = self._workflow()
        results = [*self._results(), *self._runs()]
        self._action(workflow, [*self._configuration(), *self._data()], results)
        self._root()
        self._read_me()
        return len(results)

    def write(self) -> None:
        """Write the crate's own files beside what lies in the folder already."""
        self._crate.write(self._folder)

    def _entity(self, identifier: str, kind: str, /, **properties: Any) -> Any:
        there = {key: value for key, value in properties.items() if value not in (None, "", [])}
        entity = ContextEntity(self._crate, identifier, properties={"@type": kind, **there})
        return self._crate.add(entity)

    def _file(self, path: Path, **properties: Any) -> Any:
        """Describe a file that lies in the folder."""
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        told = {
            "name": path.name,
            "encodingFormat": kind,
            "contentSize": str(path.stat().st_size),
            "sha256": file_digest(path),
            **properties,
        }
        there = {key: value for key, value in told.items() if value not in (None, "")}
        place = path.relative_to(self._folder).as_posix()
        return self._crate.add_file(path, dest_path=place, properties=there)

    def _dataset(self, folder: str, /, **properties: Any) -> Any:
        """Describe a folder that is there already."""
        return self._crate.add_directory(dest_path=f"{folder}/", properties=properties)

    def _workflow(self) -> Any:
        """Describe the source, with the Snakefile as the crate's main entity."""
        source = self._dataset(
            _SOURCE,
            name="Source of LR Atlas",
            description=" ".join(self._check.sentences()),
            version=atlas_version(),
        )
        language = self._entity(
            "https://w3id.org/workflowhub/workflow-ro-crate#snakemake",
            "ComputerLanguage",
            name="Snakemake",
            identifier={"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
            url={"@id": "https://snakemake.readthedocs.io"},
        )
        workflow = self._crate.add_file(
            self._folder / _SOURCE / "Snakefile",
            dest_path=f"{_SOURCE}/Snakefile",
            properties={
                "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
                "name": "LR Atlas",
                "description": "How optimizer and learning rate shape the training of a network.",
                "version": atlas_version(),
                "encodingFormat": "text/plain",
                "conformsTo": {"@id": _WORKFLOW},
                "license": {"@id": "https://spdx.org/licenses/MIT"},
            },
        )
        workflow["programmingLanguage"] = language
        for key, is_made in (("input", False), ("output", True)):
            names = [name for name, (_, made, _) in _PARAMETERS.items() if made is is_made]
            workflow[key] = [self._parameters[name] for name in names]
        self._entity("https://spdx.org/licenses/MIT", "CreativeWork", name="MIT License")
        self._crate.mainEntity = workflow
        source["hasPart"] = workflow
        if (self._folder / _OWN).is_dir():
            self._dataset(_OWN, name="Files of one's own that runs name")
        return workflow

    def _results(self) -> Iterator[Any]:
        """Copy the tables, texts and figures, and yield what describes each."""
        for path in self._study.shown_files():
            copied = self._folder / _STUDY / path.relative_to(self._study.folder)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
            is_table = path.suffix in _TABLES and path.stem not in _NO_TABLES
            name = "figures" if path.suffix in _FIGURES else "tables" if is_table else "texts"
            text = TABLES.get(path.stem) if is_table else None
            yield self._file(copied, description=text, exampleOfWork=self._parameters[name])

    def _runs(self) -> Iterator[Any]:
        """Copy what says how runs were trained, and yield the folder that holds it."""
        for run, (folder, _) in self._study.descriptions.items():
            copied = self._folder / _RUNS / run / folder.name
            copied.mkdir(parents=True)
            for name in (DESCRIPTION, HISTORY):
                if (folder / name).is_file():
                    shutil.copyfile(folder / name, copied / name)
        if (self._folder / _RUNS).is_dir():
            yield self._dataset(
                _RUNS,
                name="Runs",
                description=f"Of each run {DESCRIPTION} (configuration, versions, machine, digests "
                f"of code and data) and {HISTORY} (metrics by epoch).",
                exampleOfWork=self._parameters["runs"],
            )

    def _configuration(self) -> Iterator[Any]:
        """Write the study's configuration, and yield what describes it."""
        folder = self._folder / _CONFIGURATION
        folder.mkdir()
        said = read_started(self._study.results.parent).get("configuration", {})
        study = said.get("studies", {}).get(self._study.name)
        told = self._study.descriptions.items()
        of_runs = {run: each["canonical_configuration"] for run, (_, each) in told}
        for name, value, text in (
            ("study.json", study, "The study as the workflow was last started with it."),
            ("runs.json", of_runs, "The configuration of each run, as the run has recorded it."),
        ):
            if value:
                content = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
                (folder / name).write_text(content, encoding="utf-8")
                yield self._file(
                    folder / name,
                    description=text,
                    exampleOfWork=self._parameters["configuration"],
                )

    def _data(self) -> Iterator[Any]:
        """Yield a value for each digest of data that runs have recorded."""
        digests = {
            (told["canonical_configuration"]["dataset"], name, digest)
            for _, told in self._study.descriptions.values()
            for name, digest in told.get("data", {}).items()
        }
        for dataset, name, digest in sorted(digests):
            yield self._entity(
                f"#data-{dataset}-{digest[:12]}",
                "PropertyValue",
                name=f"SHA-256 of {dataset}, {name}",
                value=digest,
                exampleOfWork=self._parameters["data"],
            )

    def _action(self, workflow: Any, given: Sequence[Any], results: Sequence[Any]) -> None:
        """Describe the run of the workflow; who started it, nobody has written down."""
        begun, ended = self._times()
        action = self._entity(
            "#run-of-the-workflow",
            "CreateAction",
            name=f"LR Atlas, study {self._study.name}",
            description=" ".join(filter(None, (self._study.sentence, self._says_runs()))),
            startTime=begun,
            endTime=ended,
            actionStatus="http://schema.org/CompletedActionStatus",
        )
        action["instrument"] = workflow
        for key, entities in (("object", given), ("result", results)):
            if entities:
                action[key] = list(entities)
        self._crate.root_dataset["mentions"] = action

    def _says_runs(self) -> str:
        runs = self._study.answer.get("runs")
        return f"{runs}." if isinstance(runs, str) and runs else ""

    def _times(self) -> tuple[str | None, str | None]:
        """Return when the first job of the study began and the last one ended, where known."""
        records = self._study.results.parent / ".snakemake" / "metadata"
        folders = [folder for folder, _ in self._study.descriptions.values()]
        paths = [f"runs/{each.parent.name}/{each.name}/{HISTORY}" for each in folders]
        of_study = ("runs.csv", "answer.json", "report.html")
        paths += [f"studies/{self._study.name}/{name}" for name in of_study]
        times = [job_times(records, f"results/{path}") for path in paths]
        if any(each is None for each in times):
            return None, None
        known = [each for each in times if each is not None]
        return _iso(min(begun for begun, _ in known)), _iso(max(ended for _, ended in known))

    def _root(self) -> None:
        study, root = self._study, self._crate.root_dataset
        root["name"] = str(study.answer.get("title") or study.name)
        texts = (study.answer.get("description"), study.sentence, *self._check.sentences())
        root["description"] = "\n\n".join(str(text) for text in texts if text)
        root["conformsTo"] = [
            self._entity(name, "CreativeWork", name=title, version=version)
            for name, (title, version) in PROFILES.items()
        ]
        kept = (_BASE, [*PROFILES][-1])
        self._crate.metadata["conformsTo"] = [{"@id": each} for each in kept]
        root["license"] = self._entity(
            "#licence",
            "CreativeWork",
            name="As each part says",
            description="The source is under the MIT licence (source/LICENSE). Nobody has said "
            "under which one the results are.",
        )
        root["datePublished"] = self._times()[1] or _iso(
            (study.folder / "answer.json").stat().st_mtime
        )

    def _read_me(self) -> None:
        """Write for people what lies where."""
        title = self._crate.root_dataset["name"]
        lines = [f"- `{name}/`: {text}" for name, text in _PLACES.items()]
        there = [each for each in lines if (self._folder / each.split("`")[1]).is_dir()]
        text = "\n".join([f"# {title}", "", self._crate.root_dataset["description"], "", *there])
        path = self._folder / "README.md"
        path.write_text(f"{text}\n", encoding="utf-8")
        self._file(path, about={"@id": "./"})


def _iso(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(round(seconds), tz=datetime.UTC)
    return moment.isoformat()
