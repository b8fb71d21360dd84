"""Read exports by the packages of those whose forms they are, and print what these find, as JSON.

Started with the folder of exports and the names of studies; it needs envs/trackers.txt.
"""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", GIT_PYTHON_REFRESH="quiet")


def of_mlflow(folder: Path) -> dict[str, Any]:
    """Return what MLflow's client says of the study's run and of one below it."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    (experiment,) = (each for each in client.search_experiments() if each.name != "Default")
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    (parent,) = (each for each in runs if "mlflow.parentRunId" not in each.data.tags)
    names = [each.path for each in client.list_artifacts(parent.info.run_id)]
    pairs = "pairs.csv" in names and client.download_artifacts(parent.info.run_id, "pairs.csv")
    tested = (each.data.metrics.get("test_accuracy") for each in runs)
    return {
        "runs": len(runs),
        "note": parent.data.tags.get("mlflow.note.content"),
        "artifacts": names,
        "pairs": pairs and hashlib.sha256(Path(pairs).read_bytes()).hexdigest(),
        "test_accuracy": next((each for each in tested if each is not None), None),
    }


def of_tensorboard(folder: Path) -> dict[str, Any]:
    """Return scalars, hparams and texts as TensorBoard's own loaders read them."""
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.plugins.hparams import metadata
    from tensorboard.util import tensor_util

    runs = EventMultiplexer().AddRunsFromDirectory(str(folder))
    runs.Reload()
    scalars: dict[str, Any] = {}
    hparams: dict[str, Any] = {}
    for run, plugins in runs.Runs().items():
        of_run = runs.GetAccumulator(run)
        scalars[run] = {
            tag: [float(tensor_util.make_ndarray(e.tensor_proto)) for e in of_run.Tensors(tag)]
            for tag in plugins["tensors"]
            if of_run.SummaryMetadata(tag).plugin_data.plugin_name == "scalars"
        }
        content = (
            of_run.PluginTagToContent("hparams") if "hparams" in of_run.ActivePlugins() else {}
        )
        for told in content.values():
            start = metadata.parse_session_start_info_plugin_data(told)
            hparams[run] = {name: value.string_value for name, value in start.hparams.items()}
    return {
        "scalars": scalars,
        "hparams": hparams,
        "texts": list(runs.PluginRunToTagToContent("text").get(".", {})),
    }


def of_data_package(folder: Path) -> dict[str, Any]:
    """Return whether frictionless finds every table as it is described."""
    from frictionless import Package

    report = Package(str(folder / "datapackage.json")).validate()
    return {"valid": report.valid, "errors": report.flatten(["type", "note"])}


def of_crate(folder: Path) -> dict[str, Any]:
    """Return what ro-crate-py reads."""
    from rocrate.rocrate import ROCrate

    crate = ROCrate(str(folder))
    return {"description": crate.description, "main": crate.mainEntity.id}


RECEIVERS = {
    "mlflow": of_mlflow,
    "tensorboard": of_tensorboard,
    "data-package": of_data_package,
    "ro-crate": of_crate,
}

if __name__ == "__main__":
    exports = Path(sys.argv[1])
    print(
        json.dumps(
            {
                study: {kind: read(exports / study / kind) for kind, read in RECEIVERS.items()}
                for study in sys.argv[2:]
            }
        )
    )
