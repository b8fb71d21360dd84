"""Runs that were trained elsewhere: their files read, and made the tables of a study.

Nothing in a file is ever run, unpickled or followed out of its folder, and all sizes are bounded.
"""
