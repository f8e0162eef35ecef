"""Runs survive the failures of their stores: the same for every kind of store."""
