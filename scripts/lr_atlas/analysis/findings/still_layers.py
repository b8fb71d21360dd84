"""Layers that no longer move: their update is exactly zero.

Found when: in most runs of a setting that did not diverge, a layer's update was 0 at the last
evaluation, as behind units that answer 0 to everything; of each optimizer at the lowest learning
rate of which that is so

What to do: a lower learning rate, or activations that pass a gradient on both sides
"""

from lr_atlas.analysis.dynamics import is_recorded, last_evaluations, layer_text
from lr_atlas.analysis.finding import MOST, NOTE, Finding, Findings, Seen
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.lists import first_named
from lr_atlas.locale.speech import mark, say

TITLE, SEVERITY, PLACE = mark("layers that no longer move"), NOTE, 74


def find(seen: Seen) -> Findings:
    """Yield one for each optimizer."""
    dynamics = seen.dynamics
    if dynamics is None or not is_recorded(dynamics):
        return
    rows = last_evaluations(dynamics[dynamics["status"] != "diverged"])
    still = rows[rows["update_ratio"] == 0]
    runs = rows.groupby("setting")["run"].nunique()
    concerned = still.groupby("setting")["run"].nunique()
    shares = (concerned / runs).dropna()
    rates = rows.drop_duplicates("setting").set_index("setting")
    for optimizer, members in rates.loc[shares.index[shares > MOST]].groupby(
        "optimizer", sort=False
    ):
        setting = members["learning_rate"].idxmin()
        found = still[still["setting"] == setting].drop_duplicates("layer").sort_values("layer")
        layers = [layer_text(row.layer, row.layer_name) for row in found.itertuples()]
        yield Finding(
            say(
                "{setting}: in {still} of {runs} the update of {layers} was exactly 0 at the last "
                "evaluation.",
                setting=setting,
                still=concerned[setting],
                runs=counted(int(runs[setting]), "run"),
                layers=first_named(layers, 3),
            ),
            say(
                "Where units answer 0 to everything no gradient comes through: a lower learning "
                "rate, or another activation, such as leaky_relu."
            ),
            str(optimizer),
            str(setting),
        )
