"""The parts of a run's life: telling observers, beating, taking signals."""
