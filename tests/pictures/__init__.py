"""The pictures of the documentation: made from real runs, and tested to be current.

``tox -e pictures`` (``python -m tests.pictures.renew``) makes all of them anew.

| module | what it has |
|---|---|
| `terminal_svg` | text with the colours of a terminal as SVG, and the text of such a picture |
| `terminal_sessions` | what is typed for the pictures of terminals |
| `board_pages` | pictures of the board, by Chromium |
| `notebook` | the notebook of the tutorial, and its plot |
| `renew` | all of them |
"""
