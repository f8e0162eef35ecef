"""The ground floor: what every room may use, built on the standard library only."""
