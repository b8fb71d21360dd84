"""Write a finished study in the forms of others: trackers of runs, an RO-Crate, a data package."""
