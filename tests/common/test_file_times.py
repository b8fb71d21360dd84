"""Files from the future get the present time, so that no job's output is older than its input."""

import os
import time

from lr_atlas.common.file_times import bring_back


def test_what_is_ahead_gets_the_present_time_and_nothing_else_is_touched(tmp_path):
    folder, outside = tmp_path / "results", tmp_path / "outside"
    (folder / "runs" / "a").mkdir(parents=True)
    outside.write_text("")
    (folder / "link").symlink_to(outside)
    old, ahead = folder / "runs" / "old", folder / "runs" / "a" / "ahead"
    now = time.time()
    for path, moment in ((old, now - 9e6), (ahead, now + 9e6), (outside, now + 9e6)):
        path.write_text("kept")
        os.utime(path, (moment, moment))
    os.utime(ahead.parent, (now + 9e6, now + 9e6))
    assert bring_back([folder, tmp_path / "nothing"], now) == 2
    assert ahead.stat().st_mtime == ahead.parent.stat().st_mtime
    assert abs(ahead.stat().st_mtime - now) < 1e-3
    assert abs(old.stat().st_mtime - (now - 9e6)) < 1e-3
    assert abs(outside.stat().st_mtime - (now + 9e6)) < 1e-3
    assert ahead.read_text() == "kept"
    assert bring_back([folder], now) == 0
