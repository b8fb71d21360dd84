"""Values in a profile that whoever runs it has to set."""

from collections.abc import Mapping

from lr_atlas.common.errors import UserError

#: The profiles of this project have these where an own value belongs.
PLACEHOLDERS = ("my-account", "my-partition")


def refuse_placeholders(resources: Mapping[str, object]) -> None:
    """Raise UserError if what jobs ask a cluster for still has a profile's placeholders."""
    left = [f"{name}={text}" for name, text in resources.items() if text in PLACEHOLDERS]
    if left:
        raise UserError(
            f"the profile still says {' and '.join(left)}: set in its config.yaml what your "
            "cluster has (a comment there says how to list yours), or take the line out where it "
            "asks for none"
        )
