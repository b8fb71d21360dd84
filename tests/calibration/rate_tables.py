"""Tables of rates as Markdown."""


def table(corner, columns, rows):
    """Return the lines of a table; rows: texts, by the name of each."""
    lines = [[corner, *columns], ["---"] * (len(columns) + 1)]
    lines += [[name, *cells] for name, cells in rows.items()]
    return [f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines]


def counts_of(seeds):
    return [f"n = {n}" for n in seeds]


def percents(rows):
    return {name: [percent(rate) for rate in rates] for name, rates in rows.items()}


def percent(rate, digits=1):
    return "" if rate is None else f"{100 * rate:.{digits}f}"
