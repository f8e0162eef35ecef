"""Search spaces, plans and files of sweeps."""
