"""Text on a page that is generated, between two markers."""

import re
from pathlib import Path

from lr_atlas.common.errors import UserError


def with_text(page: Path, name: str, text: str) -> str:
    """Return the content of a page with `text` between its two markers of that name.

    They are the lines `<!-- name: begin (make …) -->` and `<!-- name: end -->`. Raises UserError
    unless the page has both, once.
    """
    parts = re.split(
        rf"(^<!-- {name}: begin \(.+\) -->$).*?(^<!-- {name}: end -->$)",
        page.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    if len(parts) != 4:
        raise UserError(
            f"{page} has no lines '<!-- {name}: begin (make …) -->' and '<!-- {name}: end -->', "
            "each once, to write between"
        )
    before, begin, end, after = parts
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"
