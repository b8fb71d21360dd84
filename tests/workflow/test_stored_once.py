"""Data of one's own in whole runs: what is made, and what is made again after a change."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from whole_runs import jobs, snakemake

from lr_atlas.studies.atlas import load_atlas

CONFIGURATION = """
datasets:
  photos: {folder: "my photos", size: 8}
  beans: {table: beans.csv, target: kind, test: 0.25}
studies:
  of_photos: {dataset: photos, validation: 4, batch_size: 2, optimizers: [{name: sgd}]}
  of_beans: {dataset: beans, validation: 4, batch_size: 2, optimizers: [{name: sgd}]}
"""


def stores(path):
    """The stored training arrays of all data sets, as targets of the workflow."""
    data = load_atlas([path]).data.values()
    return [f"results/data/{source.folder}/train.npz" for source in data]


def test_data_is_prepared_once_and_again_only_where_a_file_was_changed(tmp_path):
    random = np.random.default_rng(0)
    for part in ("train", "test"):
        for name in ("ant", "bee"):
            folder = tmp_path / "my photos" / part / name
            folder.mkdir(parents=True)
            for number in range(5):
                pixels = random.integers(0, 256, (9, 12, 3), np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.jpg")
    rows = "".join(f"{n},{'ab'[n % 2]}\n" for n in range(24))
    (tmp_path / "beans.csv").write_text("length,kind\n" + rows)
    path = tmp_path / "c.yaml"
    path.write_text(CONFIGURATION)
    targets = stores(path)
    process = snakemake(*targets, directory=tmp_path, config=path)
    assert process.returncode == 0, process.stderr
    photos, beans = (Path(tmp_path, target).parent for target in targets)
    assert json.loads((photos / "source.json").read_text())["shape"] == [3, 8, 8]
    said = (tmp_path / "results" / "logs" / "data" / f"{beans.name}.log").read_text()
    assert "18 for training (a 9, b 9)" in said
    changed = tmp_path / "my photos" / "train" / "bee" / "3.jpg"
    Image.fromarray(random.integers(0, 256, (9, 9, 3), np.uint8)).save(changed)
    again = stores(path)
    assert (again[0] != targets[0], again[1] == targets[1]) == (True, True)
    process = snakemake("-n", *again, directory=tmp_path, config=path)
    assert jobs(process) == {"data": 1, "total": 1}
