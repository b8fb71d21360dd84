"""From the tables of a study's runs to answers: pure functions on arrays and DataFrames."""
