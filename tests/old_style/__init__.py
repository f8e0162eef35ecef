"""Scripts as real projects write them, of many styles: they run with both libraries.

``scripts/`` are the scripts; each says how it is called (``# $ ARGUMENTS``). ``expected.json`` is
what Sacred 0.8.7 makes of them; ``python -m tests.old_style.record`` writes it anew.
"""
