"""The script that `test_hostile_values` starts."""
