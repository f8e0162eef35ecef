"""The parts of a run's execution: events, heartbeat, output, signals."""
