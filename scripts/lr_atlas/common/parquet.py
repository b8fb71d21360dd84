"""Parquet files, opened so that no thread of Arrow's outlives the reading."""

from typing import BinaryIO

import pyarrow.parquet as pq


def open_parquet(file: BinaryIO) -> pq.ParquetFile:
    """Return a Parquet file that is read, checksums included, by the thread that asks alone.

    Arrow's own threads, once they hold a Python file, may abort the whole process while Python ends
    (github.com/apache/arrow/issues/34314; here 1 of 300 jobs on a busy machine). So give
    `use_threads=False` to `read` and to `to_pandas` too. Raises errors of pyarrow's of many kinds.
    """
    return pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False)
