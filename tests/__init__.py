"""The tests of sacred."""
