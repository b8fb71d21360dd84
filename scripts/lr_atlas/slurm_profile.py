"""What profiles/slurm leaves to whoever runs it."""

from collections.abc import Mapping

from lr_atlas.errors import UserError

#: As they stand in the profile, and where to find what belongs there.
PLACEHOLDERS = {
    "slurm_account": ("my-account", "sacctmgr show associations user=$USER"),
    "slurm_partition": ("my-partition", "sinfo --summarize"),
}


def refuse_placeholders(resources: Mapping[str, object]) -> None:
    """Raise UserError if what jobs ask Slurm for still has the profile's placeholders."""
    left = [
        f"{name}={text} (`{command}` lists yours)"
        for name, (text, command) in PLACEHOLDERS.items()
        if resources.get(name) == text
    ]
    if left:
        raise UserError(
            f"profiles/slurm/config.yaml still says {' and '.join(left)}: set what your "
            "cluster has, or take the line out where it asks for none"
        )
