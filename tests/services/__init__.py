"""Real services that tests use: found or installed, started and stopped by the tests."""
