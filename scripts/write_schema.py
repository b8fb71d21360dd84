"""Write what is generated: the JSON schema of config.yaml, the tables of findings, claims and keys.

With the schema editors complete and check a configuration; the tables stand in docs/.
"""

import argparse
import json
import re
from pathlib import Path

from lr_atlas.analysis.findings import kinds
from lr_atlas.common.entry_point import run_script
from lr_atlas.common.errors import UserError
from lr_atlas.common.marked_text import with_text
from lr_atlas.config.claims import KINDS
from lr_atlas.config.configuration import Configuration
from lr_atlas.config.key_reference import key_tables

PROJECT = Path(__file__).parents[1]


def main() -> None:
    """Write the files of `generated`. Raises UserError for a page without its markers."""
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")


def generated() -> dict[Path, str]:
    """Return what is generated, by its file. Raises UserError for a page without its markers."""
    findings, claims, keys = (
        PROJECT / "docs" / f"{name}.md" for name in ("findings", "claims", "reference/keys")
    )
    return {
        PROJECT / "config.schema.json": schema_text(),
        findings: with_text(findings, "findings", table_of_findings()),
        claims: with_text(claims, "claims", table_of_claims()),
        keys: with_text(keys, "keys", key_tables(json.loads(schema_text()))),
    }


def schema_text() -> str:
    """Return the schema as JSON text, made from the models that check the configuration."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Configuration.model_json_schema(),
        "title": "LR Atlas configuration",
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def table_of_findings() -> str:
    """Return a row for each kind of finding, from the docstring of its file.

    Raises UserError for one that does not say when it is found and what to do.
    """
    rows = ["| `code` | severity | found when | what to do |", "| --- | --- | --- | --- |"]
    for code, kind in kinds().items():
        said = re.search(
            r"\n\nFound when: (.+)\n\nWhat to do: (.+)\n$", kind.__doc__ or "", re.DOTALL
        )
        if not said:
            raise UserError(
                f"{kind.__file__}: its docstring does not end with a paragraph 'Found when: …' and "
                "one 'What to do: …'"
            )
        when, advice = (" ".join(text.split()) for text in said.groups())
        rows.append(f"| `{code}` | {kind.SEVERITY} | {when} | {advice} |")
    return "\n".join(rows)


def table_of_claims() -> str:
    """Return a row for each kind of claim."""
    head = ("`claim`", "takes", "says", "confirmed if", "contradicted if")
    rows = [head, ("---",) * len(head)]
    rows += [(f"`{name}`", *kind.row[1:]) for name, kind in KINDS.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    run_script(main, argparse.ArgumentParser(description=__doc__))
