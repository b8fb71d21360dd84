"""Forms in which others keep runs, a file each, which defines FORMAT; see registry.Format.

Files that begin with an underscore help those beside them.
"""
