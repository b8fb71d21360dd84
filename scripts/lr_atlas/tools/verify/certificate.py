"""The certificate of a verification: which runs were made again elsewhere, and what came of it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.digests import file_digest
from lr_atlas.common.errors import UserError
from lr_atlas.common.json_shapes import has_shape
from lr_atlas.common.safe_files import RefusedError, read_plain
from lr_atlas.common.units import counted

SAME, DIFFERENT, FAILED = "same", "different", "failed"

_SHAPE = {
    "verified_at": str,
    "runs": [
        {
            **{"run": str, "epochs": int, "seed": int, "studies": dict, "chosen": str},
            **{"result": str, "difference": dict | None, "made_with": dict | None},
            **{"verified_with": dict | None, "remedy": str | None, "files": dict},
        }
    ],
}


@dataclass(frozen=True)
class Verification:
    """Hold the result of recomputing one run."""

    run: str
    epochs: int
    seed: int
    studies: dict[str, str]  # {study: its name for the setting}
    chosen: str  # why this run: "sample", "named", or what was wrong with it
    result: str  # SAME, DIFFERENT or FAILED
    difference: dict | None  # comparison.Difference, or the `text` of a failure
    files: dict[str, dict]  # {file: SHA-256 (hex) as {"cached": …, "recomputed": …}}
    made_with: dict | None  # provenance.made_with; None where run.json does not tell
    verified_with: dict | None  # the same of the recomputed run; None if it failed
    remedy: str | None  # what to do about it
    unit: str = "epochs"  # in which its length is: that, or steps

    @property
    def length(self) -> str:
        """Return such as "10 epochs"."""
        return counted(self.epochs, self.unit[:-1])

    @property
    def where(self) -> str:
        """Return where the first difference is, or why it failed; empty if all is the same."""
        return self.difference["text"] if self.difference else ""

    def is_about(self, folder: Path) -> bool:
        """Return whether the files in a run's folder are those that were compared."""
        return {name: digests["cached"] for name, digests in self.files.items()} == sha256_of(
            folder, self.files
        )


def sha256_of(folder: Path, names: Iterable[str]) -> dict[str, str | None]:
    """Return SHA-256 (hex) of files in a folder; None for one that cannot be read."""
    return {name: _digest(folder / name) for name in names}


def _digest(path: Path) -> str | None:
    try:
        return file_digest(path)
    except (OSError, RefusedError):
        return None


def write_certificate(path: Path, facts: dict, verifications: Iterable[Verification]) -> None:
    """Write the certificate as JSON, complete or not at all.

    facts: what is said of all runs together, with `verified_at`, an ISO time in UTC.
    """
    content = {**facts, "runs": [asdict(verification) for verification in verifications]}
    with open_atomically(path) as file:
        file.write(json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")


def read_certificate(path: Path) -> tuple[str, list[Verification]]:
    """Return (when, what came of it) as `write_certificate` wrote it. Raises UserError."""
    try:
        content = json.loads(read_plain(path))
        if not has_shape(content, _SHAPE):
            raise ValueError("its values are of other kinds")
        verifications = [Verification(**values) for values in content["runs"]]
        if not all(
            has_shape(f, {"cached": str | None}) for v in verifications for f in v.files.values()
        ):
            raise ValueError("its values are of other kinds")
        if not {each.result for each in verifications} <= {SAME, DIFFERENT, FAILED}:
            raise ValueError("it has a result that there is not")
        return content["verified_at"], verifications
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"{path}: this is no certificate of `make verify`: {error!r}. Delete it, or run "
            "`make verify` again"
        ) from None
