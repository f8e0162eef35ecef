"""What type checkers say of code that uses the library: mypy checks it (``tox -e types``).

A wrong type is an error there, and so is a ``type: ignore`` where nothing is wrong; that the
same code runs is a test.
"""
