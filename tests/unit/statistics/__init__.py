"""Numbers in, numbers out: compared with SciPy, with each other, and with simulations."""
