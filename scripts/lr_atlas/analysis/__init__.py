"""From the tables of a study's runs to answers: pure functions on arrays and DataFrames."""

#: The tables of a study that the rule `analyse` writes, each as CSV and as JSON.
TABLES = (
    *("summary", "pairs", "optimizers", "best_of", "sensitivity", "seeds_and_images"),
    *("variance", "finder", "findings", "claims", "looks", "reported"),
)
