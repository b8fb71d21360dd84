"""Count things in the language that is spoken: "3 runs"."""

from lr_atlas.locale.speech import mark, say_counted

#: Every thing that `counted` counts, in both of its forms.
COUNTED = (
    *(mark("{count:g} claim"), mark("{count:g} claims")),
    *(mark("{count:g} epoch"), mark("{count:g} epochs")),
    *(mark("{count:g} evaluation"), mark("{count:g} evaluations")),
    *(mark("{count:g} fresh seed"), mark("{count:g} fresh seeds")),
    *(mark("{count:g} point"), mark("{count:g} points")),
    *(mark("{count:g} run"), mark("{count:g} runs")),
    *(mark("{count:g} seed"), mark("{count:g} seeds")),
    *(mark("{count:g} setting"), mark("{count:g} settings")),
    *(mark("{count:g} spike"), mark("{count:g} spikes")),
    *(mark("{count:g} step"), mark("{count:g} steps")),
    *(mark("{count:g} thread"), mark("{count:g} threads")),
    *(mark("{count:g} variant"), mark("{count:g} variants")),
    *(mark("{count:g} verdict"), mark("{count:g} verdicts")),
)


def counted(count: float, thing: str) -> str:
    """Return such as "3 settings" or "1 setting".

    thing: in English; one of COUNTED, or else it is said in English.
    """
    one, many = f"{{count:g}} {thing}", f"{{count:g}} {thing}s"
    return say_counted(one, many, count)
