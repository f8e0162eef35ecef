"""How Sphinx builds the documentation: ``sphinx-build -W -b html docs docs/_build``."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sacred import __version__  # noqa: E402

project = "sacred"
author = "The Sacred developers"
copyright = "2026, The Sacred developers"
release = version = __version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"sacred {version}"
exclude_patterns = ["_build"]
# `name` in the docstrings means code, whatever kind of name it is.
default_role = "code"

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signatures have them; readers want the words
napoleon_custom_sections = []

# `tox -e docs-links`: addresses that are examples have nobody who answers.
linkcheck_ignore = [r"https?://(localhost|127\.0\.0\.1)", r"https?://[\w.-]*example\.(org|com)"]
linkcheck_timeout = 30
