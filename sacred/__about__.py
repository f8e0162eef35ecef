"""Who wrote this package, where it lives and which version it is."""

__all__ = ["__author__", "__author_email__", "__url__", "__version__"]

__version__ = "1.0.0"

__author__ = "The Sacred developers"
__author_email__ = "sacred@example.org"

__url__ = "https://example.org/sacred"
