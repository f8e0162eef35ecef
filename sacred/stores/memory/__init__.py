"""Records of runs in the memory of this process: for tests, and to compare stores with."""
