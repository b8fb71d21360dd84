"""The kinds of export: what each is, which module writes it, and which packages that needs."""

import importlib.util
import sys
from dataclasses import dataclass

from lr_atlas.common.errors import UserError


@dataclass(frozen=True)
class Kind:
    """A kind of export.

    Attributes:
        module: Has `write(study, folder, final)`, which fills a folder that will be `final` in the
            end, and returns lines for the user, the first of which says what was written.
        help: One line on it.
        look: What looks at it, with {folder}.
        needs: The modules that it imports beside those that LR Atlas has anyway.
        packages: Those that bring these; the extra of pyproject.toml is called as the kind.
        packs_source: Whether it is another export when the training code has changed.
    """

    module: str
    help: str
    look: str
    needs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    packs_source: bool = False


_HERE = "lr_atlas.tools.export"

#: {name: kind}; a further one is a line here, and an extra in pyproject.toml.
KINDS = {
    "mlflow": Kind(
        f"{_HERE}.to_mlflow",
        "MLflow's SQLite store: a run per training run, tables and figures as artifacts",
        "Look at it: mlflow server --backend-store-uri 'sqlite:///{folder}/mlflow.db'",
        ("mlflow", "sqlalchemy", "alembic"),
        ("mlflow-skinny", "sqlalchemy", "alembic"),
    ),
    "wandb": Kind(
        f"{_HERE}.to_wandb",
        "Weights & Biases' offline folder; nothing is sent, and no login asked for",
        "Send it, if you want to: wandb sync '{folder}'/wandb/offline-run-*",
        ("wandb",),
        ("wandb",),
    ),
    "tensorboard": Kind(
        f"{_HERE}.to_tensorboard",
        "TensorBoard's event files: a folder per run, hparams, tables as text",
        "Look at it: tensorboard --logdir '{folder}'",
        ("tensorboard",),
        ("tensorboard",),
    ),
    "ro-crate": Kind(
        f"{_HERE}.to_ro_crate",
        "an RO-Crate (Workflow Run Crate): tables, figures, how each run was trained, and the "
        "source that trained them",
        "Look at it: {folder}/ro-crate-preview.html",
        ("rocrate",),
        ("rocrate",),
        packs_source=True,
    ),
    "data-package": Kind(
        f"{_HERE}.to_data_package",
        "a data package (frictionless): every table as CSV, every column described",
        "Check it: frictionless validate '{folder}/datapackage.json'",
    ),
}


def check_installed(kind: Kind) -> None:
    """Raise UserError, with the command that mends it, if a kind's packages are not installed."""
    lacking = [name for name in kind.needs if importlib.util.find_spec(name) is None]
    if lacking:
        extra = next(name for name, each in KINDS.items() if each is kind)
        raise UserError(
            f"the export {extra} needs {', '.join(kind.packages)}; {lacking[0]} is not "
            f"installed here: {sys.executable} -m pip install {' '.join(kind.packages)} (or, with "
            f"lr-atlas as a package, pip install 'lr-atlas[{extra}]')"
        )
