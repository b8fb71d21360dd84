"""The file of the dynamics of a run: its columns and its text."""

from collections.abc import Sequence

#: Begins the names of the columns of layers.
RATIO = "update_ratio."
#: These columns stand before them.
COLUMNS = (
    *("of", "epoch", "step", "loss", "gradient_norm", "effective_lr"),
    *("spikes", "clipped", "sharpness", "preconditioned_sharpness", "threshold"),
)
#: A row is of an evaluation, of a step of a run that records each, or of one of the last steps of a
#: run that diverged.
EVALUATION, STEP, END = "evaluation", "step", "end"


def dynamics_text(layers: Sequence[str], rows: Sequence[str]) -> str:
    """Return the content of the file: a row per evaluation, and maybe per step."""
    header = [*COLUMNS, *(f"{RATIO}{layer}" for layer in layers)]
    return "\n".join([",".join(header), *rows]) + "\n"
