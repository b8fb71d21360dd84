"""Write the JSON schema of config.yaml, with which editors complete and check it."""

import argparse
import json
from pathlib import Path

from lr_atlas.config.study_models import Configuration

SCHEMA_FILE = Path(__file__).parents[1] / "config.schema.json"


def schema_text() -> str:
    """Return the schema as JSON text, made from the models that check the configuration."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Configuration.model_json_schema(),
        "title": "LR Atlas configuration",
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def main(output: Path) -> None:
    """Write the schema to the file `output`."""
    output.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=SCHEMA_FILE, help="default: %(default)s")
    main(**vars(parser.parse_args()))
