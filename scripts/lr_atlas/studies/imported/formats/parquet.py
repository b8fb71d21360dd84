"""Parquet files, with a row per evaluation or per run."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lr_atlas.common.parquet import open_parquet
from lr_atlas.common.safe_files import open_plain
from lr_atlas.common.units import size_text
from lr_atlas.studies.imported.by_hand import raw_with_lists
from lr_atlas.studies.imported.content import MOST_BYTES, ForeignFileError, start_of
from lr_atlas.studies.imported.limits import check_cells, check_names
from lr_atlas.studies.imported.raw import Raw
from lr_atlas.studies.imported.registry import Format


def recognises(path: Path) -> bool:
    """Return whether a file begins as Parquet does."""
    return not path.is_dir() and start_of(path)[:4] == b"PAR1"


def read(path: Path) -> Raw:
    """Read a Parquet file. Raises ForeignFileError."""
    try:
        with open_plain(path) as source:
            file = open_parquet(source)
            _check_size(path, file)
            found = file.read(use_threads=False)
            while any(pa.types.is_struct(kind) for kind in found.schema.types):
                found = found.flatten()
            check_names(path, found.column_names)
            check_cells(path, found.num_rows, found.num_columns)
            table = found.to_pandas(ignore_metadata=True, use_threads=False)
    except ForeignFileError:
        raise
    # pyarrow raises errors of many kinds on a damaged file.
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ForeignFileError(path, f"a damaged Parquet file: {reason[0][:200]}") from None
    if not len(table):
        raise ForeignFileError(path, "it has no rows")
    return raw_with_lists(path, table)


def _check_size(path: Path, file: pq.ParquetFile) -> None:
    """Raise ForeignFileError for a file that says of itself that it is too large."""
    meta = file.metadata
    size = sum(meta.row_group(group).total_byte_size for group in range(meta.num_row_groups))
    if size > MOST_BYTES:
        raise ForeignFileError(
            path, f"unpacked it takes {size_text(size)}; at most {size_text(MOST_BYTES)} are read"
        )
    check_cells(path, meta.num_rows, meta.num_columns)


FORMAT = Format("parquet", "Parquet", recognises, read, general=True)
