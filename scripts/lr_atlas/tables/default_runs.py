"""The runs with default arguments, in a table of their own: nothing is chosen from them."""

import dataclasses

import pandas as pd

from lr_atlas.studies.grid import Plan


def with_defaults(plan: Plan) -> Plan:
    """Return a plan whose runs are those of the grid, then those with default arguments."""
    return dataclasses.replace(plan, runs=plan.asked)


def of_grid(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return the rows that are about runs of the grid, of a table with a column `setting`."""
    return table[table["setting"].isin(plan.settings)].reset_index(drop=True)


def of_defaults(runs: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return the rows of the runs with default arguments, those of the grid among them."""
    settings = {run.setting for run in plan.defaults}
    return runs[runs["setting"].isin(settings)].reset_index(drop=True)
