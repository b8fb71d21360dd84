"""Add to the package what pyproject.toml has no words for: the workflow, as a folder inside it.

All else stands in pyproject.toml. In a checkout the workflow lies where it is; a wheel carries it
as lr_atlas/workflow, from where `lr-atlas run` starts it.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages("scripts"), "lr_atlas.workflow"],
    package_dir={"": "scripts", "lr_atlas.workflow": "."},
    package_data={
        "": ["*.j2", "*.po", "*.yaml"],
        "lr_atlas.workflow": [
            "Snakefile",
            "pyproject.toml",
            *(f"{folder}/*" for folder in ("rules", "report", "studies", "studies/es")),
            "profiles/*/config.yaml",
            "scripts/*.py",
            "envs/*.yaml",
        ],
    },
)
