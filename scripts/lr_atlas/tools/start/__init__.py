"""The first hour: a first configuration, and the start of the workflow from wherever one is."""
