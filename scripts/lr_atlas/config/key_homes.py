"""The place of each key of a configuration, for messages about one that stands in another."""

from lr_atlas.common.spelling import suggestion
from lr_atlas.config.config_notes import note_on
from lr_atlas.config.config_values import Strict
from lr_atlas.config.network_models import Network
from lr_atlas.config.optimizer_entries import entry_models


def of_the_tree(model: type[Strict], key: str) -> str:
    """Return what is to be said of an unknown key that may have its place in another mapping."""
    homes = [where for other, where in _homes() if other is not model and key in other.model_fields]
    note = f"it belongs {homes[0]}" if homes else note_on(key)
    if homes:  # the word is right
        return f"unknown key '{key}': {note}. Allowed here: {', '.join(model.model_fields)}"
    return f"unknown key '{key}'{suggestion(key, model.model_fields, note)}"


def _homes() -> list[tuple[type[Strict], str]]:
    """Return where in the configuration each mapping stands."""
    # Each of them asks this module.
    from lr_atlas.config.configuration import Compute, Configuration, Figures, Recompute
    from lr_atlas.config.study_models import Study

    sections: dict[str, type[Strict]] = {
        "compute": Compute,
        "figures": Figures,
        "recompute": Recompute,
    }
    return [
        (Configuration, "at the top of the file, beside `studies`"),
        *(
            (section, f"under `{name}`, at the top of the file")
            for name, section in sections.items()
        ),
        (Study, "into a study"),
        (Network, "under `model` of a study"),
        *(
            (entry, "into an entry under `optimizers` of a study")
            for entry in entry_models().values()
        ),
    ]
