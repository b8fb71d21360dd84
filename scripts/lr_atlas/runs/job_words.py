"""Words for what the workflow's jobs do that train nothing, for the terminal and the live page."""

from collections.abc import Mapping

#: By the name of the rule; {study} and the like are wildcards.
DOING = {
    "data": "fetching the images {data}",
    "import_runs": "reading runs from elsewhere",
    "collect": "{study}: tables of the runs",
    "select": "{study}: choosing settings",
    "evaluate": "{study}: test images",
    "find_rates": "{study}: range tests",
    "analyse": "{study}: statistics",
    "figures": "{study}: figures",
    "study_page": "{study}: page",
    "report": "report of all studies",
}


def words_of(rule: str, wildcards: Mapping[str, str]) -> str:
    """Return what a job does, in a few words; empty for rules that are not worth a word."""
    return DOING.get(rule, "").format(**wildcards)
