"""The type of a gatherer and the decorator that makes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class IgnoreHostInfo(Exception):
    """Raised by a gatherer to leave its entry out."""


class HostInfoGetter:
    """A function that gathers an entry of the host info, with the name of the entry.

    >>> HostInfoGetter(lambda: 5, "five")()
    5
    """

    def __init__(self, getter_function: Callable[[], Any], name: str) -> None:
        self.getter_function = getter_function
        self.name = name

    def __call__(self) -> Any:
        """Return the value of the entry."""
        return self.getter_function()

    def get_info(self) -> Any:
        """Return the value of the entry."""
        return self()

    def __repr__(self) -> str:
        return f"<HostInfoGetter: {self.name}>"


def host_info_gatherer(name: str) -> Callable[[Callable[[], Any]], HostInfoGetter]:
    """Decorator: make a function without arguments gather the entry `name`.

    >>> @host_info_gatherer("user")
    ... def user():
    ...     return "me"
    >>> user.name, user()
    ('user', 'me')
    """

    def wrapper(function: Callable[[], Any]) -> HostInfoGetter:
        return HostInfoGetter(function, name)

    return wrapper
