"""The same random experiments with Sacred 0.8.7 and with this project.

What differs is a fault here, or a row of ``known.py``.

``worker.py``
    runs in the environment of one library: executes scripts, each in a forked process and a
    directory of its own, and tells what came of it.
``sides.py``, ``environment.py``
    the workers of both libraries, and the environment of the old one.
``model.py``, ``render.py``
    frozen descriptions of experiments, and the scripts that they stand for.
``values.py``, ``experiments.py``, ``runs.py``, ``kinds.py``
    the hypothesis strategies that make descriptions; one kind of example per subject.
``services.py``
    the servers that scripts store in.
``outcome.py``, ``likeness.py``, ``known.py``, ``known_*.py``
    what is compared and what is left out of it (times, ids, places, versions), and the
    differences that are meant: each names its row of the documents that describe them.
``survey.py``
    the program that looks for differences without stopping at the first one, and that records
    what the old library does (``recorded.json``) for those who have no old library.
"""
