"""The same runs logged by W&B, MLflow, TensorBoard, Optuna, Lightning, Keras and Hugging Face.

Started with a folder, it writes there what each of them leaves on disk. It needs the packages of
envs/trackers.txt, and no network.
"""

import contextlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from logged_runs import RUNS

# Before the packages are imported: nothing is sent, and nothing asked for.
os.environ.update(
    WANDB_MODE="offline",
    WANDB_SILENT="true",
    WANDB_HOST="machine",
    LOGNAME="user",
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    GIT_PYTHON_REFRESH="quiet",
    MLFLOW_ALLOW_FILE_STORE="true",
    KERAS_BACKEND="torch",
    HF_HUB_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
)


def wandb_offline(folder: Path) -> None:
    """Log to W&B's offline folder, below wandb/."""
    import wandb

    for run in RUNS:
        settings = wandb.Settings(
            x_disable_meta=True,
            x_disable_stats=True,
            x_save_requirements=False,
            disable_git=True,
            disable_code=True,
            console="off",
        )
        logging = wandb.init(
            project="rates", dir=folder, name=run.name, config=run.parameters, settings=settings
        )
        for loss, accuracy in zip(run.loss, run.accuracy, strict=True):
            logging.log({"val": {"loss": loss}, "val_accuracy": accuracy})
        logging.finish(exit_code=int(run.failed))


def mlflow_store(uri: str) -> None:
    """Log to one of MLflow's stores, a folder or a data base."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment("rates")
    for run in RUNS:
        tags = {"mlflow.source.name": "train.py"}
        with (
            contextlib.suppress(FloatingPointError),
            mlflow.start_run(run_name=run.name, tags=tags),
        ):
            mlflow.log_params(run.parameters)
            for step, (loss, accuracy) in enumerate(zip(run.loss, run.accuracy, strict=True)):
                mlflow.log_metrics({"val_loss": loss, "val_accuracy": accuracy}, step=step)
            if run.failed:
                raise FloatingPointError("the loss is no number")


def tensorboard_events(folder: Path) -> None:
    """Log by torch's writer, with the parameters as text of the hparams plugin."""
    from torch.utils.tensorboard import SummaryWriter
    from torch.utils.tensorboard.summary import hparams

    for run in RUNS:
        with SummaryWriter(str(folder / run.name)) as writer:
            for part in hparams(run.parameters, {"val_loss": 0}):
                writer.file_writer.add_summary(part)
            for step, (loss, accuracy) in enumerate(zip(run.loss, run.accuracy, strict=True)):
                writer.add_scalar("val/loss", loss, step)
                writer.add_scalar("val/accuracy", accuracy, step, new_style=True)


def optuna_storage(url: str) -> None:
    """Log the runs as trials of a study in an Optuna storage: SQLite or a journal."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = url if "://" in url else JournalStorage(JournalFileBackend(url))
    study = optuna.create_study(storage=storage, study_name="rates", direction="minimize")
    runs = iter(RUNS)

    def objective(trial: Any) -> float:
        run = next(runs)
        trial.set_user_attr("seed", run.parameters["seed"])
        trial.suggest_categorical("optimizer", ["sgd", "adam"])
        trial.suggest_float("lr", 1e-5, 100, log=True)
        trial.suggest_categorical("nesterov", [True, False])
        for step, loss in enumerate(run.loss):
            trial.report(loss, step)
        if run.failed:
            raise FloatingPointError("the loss is no number")
        return run.loss[-1]

    for run in RUNS:
        study.enqueue_trial({k: v for k, v in run.parameters.items() if k != "seed"})
    study.optimize(objective, n_trials=len(RUNS), catch=FloatingPointError)


def lightning_logs(folder: Path) -> None:
    """Train by Lightning with its CSV logger, below lightning_logs/."""
    import logging
    import warnings

    import torch
    from lightning.pytorch import LightningModule, Trainer
    from lightning.pytorch.loggers import CSVLogger

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Told(LightningModule):
        def __init__(self, **parameters: Any) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.run = next(each for each in RUNS if each.parameters == parameters)

        def training_step(self, batch: Any) -> Any:
            self.log("train_loss", 1.0 + self.global_step)
            return self.weight.sum()

        def validation_step(self, batch: Any) -> None:
            self.log("val_loss", self.run.loss[self.current_epoch])
            self.log("val_accuracy", self.run.accuracy[self.current_epoch])

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    batches = torch.utils.data.DataLoader(torch.zeros(4, 1), batch_size=2)
    for run in RUNS:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            Trainer(
                logger=CSVLogger(str(folder)),
                max_epochs=len(run.loss),
                accelerator="cpu",
                log_every_n_steps=1,
                num_sanity_val_steps=0,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
            ).fit(Told(**run.parameters), batches, batches)


def keras_logs(folder: Path) -> None:
    """Write a run by Keras's CSV logger, named as its run."""
    import keras

    for run in RUNS:
        logger = keras.callbacks.CSVLogger(str(folder / f"{run.name}.csv"))
        logger.set_model(type("Model", (), {"stop_training": False})())
        logger.on_train_begin()
        for epoch, (loss, accuracy) in enumerate(zip(run.loss, run.accuracy, strict=True)):
            told = {"accuracy": 0.5, "loss": 1.0, "val_accuracy": accuracy, "val_loss": loss}
            logger.on_epoch_end(epoch, told)
        logger.on_train_end()


def trainer_states(folder: Path) -> None:
    """Train by Hugging Face's trainer; a folder per run with its trainer_state.json."""
    import torch
    import transformers

    transformers.logging.set_verbosity_error()

    class Line(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.config = transformers.PretrainedConfig()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, x: Any, labels: Any = None) -> dict:
            return {"loss": ((self.weight * x - labels) ** 2).mean(), "logits": x}

    rows = [{"x": torch.ones(1), "labels": torch.ones(1)}] * 4
    for run in RUNS[:3]:
        epochs = iter(zip(run.loss, run.accuracy, strict=True))

        def told(_: Any, epochs: Any = epochs) -> dict[str, float]:
            loss, accuracy = next(epochs)
            return {"eval_told": loss, "eval_accuracy": accuracy}

        arguments = transformers.TrainingArguments(
            str(folder / run.name),
            num_train_epochs=3,
            per_device_train_batch_size=2,
            learning_rate=run.parameters["lr"],
            seed=run.parameters["seed"],
            eval_strategy="epoch",
            logging_strategy="epoch",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=True,
        )
        trainer = transformers.Trainer(
            Line(), arguments, train_dataset=rows, eval_dataset=rows, compute_metrics=told
        )
        with contextlib.redirect_stdout(io.StringIO()):
            trainer.train()
        trainer.save_state()
        trainer.create_model_card()


#: {what writes it: (the name below the folder, the function)}.
EXPORTS: dict[str, Callable[[Path], None]] = {
    "wandb": wandb_offline,
    "mlflow_folder": lambda folder: mlflow_store((folder / "mlruns").as_uri()),
    "mlflow_sqlite": lambda folder: mlflow_store(f"sqlite:///{folder / 'mlflow.db'}"),
    "tensorboard": tensorboard_events,
    "optuna_sqlite": lambda folder: optuna_storage(f"sqlite:///{folder / 'optuna.db'}"),
    "optuna_journal": lambda folder: optuna_storage(str(folder / "optuna.log")),
    "lightning": lightning_logs,
    "keras": keras_logs,
    "hugging_face": trainer_states,
}


def write_all(folder: Path) -> None:
    """Write what each of them leaves on disk, in a folder each."""
    for name, export in EXPORTS.items():
        (folder / name).mkdir(parents=True)
        os.chdir(folder / name)
        export(folder / name)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]).resolve())
