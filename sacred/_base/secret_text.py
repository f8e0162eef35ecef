"""Strings that name secrets: the name is stored and printed, functions get the value.

``${secret:NAME}`` stands for the environment variable ``NAME``. A configuration holds a
`SecretText`, so whatever stores, prints or compares the configuration sees only names. The
value is filled in where captured functions are bound, as a `SecretValue`.
"""

from __future__ import annotations

import os
import re
from typing import Any

from sacred._base.errors import MissingVariableError

__all__ = [
    "VARIABLE",
    "SecretText",
    "SecretValue",
    "escape_variables",
    "names_secret",
    "unescaped",
    "with_names",
]

#: Matches the dollars before a variable (any make it plain text), its kind, and its name.
VARIABLE = r"(\$*)\$\{(env|secret):([^{}]*)\}"


class SecretText(str):
    """A string in a configuration, in which ``${secret:NAME}`` stands for a secret.

    >>> os.environ["DOCTEST_PW"] = "s3cr3t"
    >>> text = SecretText("ada:${secret:DOCTEST_PW}")
    >>> text.reveal() == "ada:s3cr3t", text.reveal()
    (True, 'ada:${secret:DOCTEST_PW}')
    """

    __slots__ = ()

    def reveal(self) -> SecretValue:
        """Return the string with the values of the secrets.

        Raises:
            MissingVariableError: an environment variable is missing.
        """
        return SecretValue(self)


class SecretValue(str):
    """A string with the values of secrets; its `repr`, pickle and record have only the names.

    Args:
        template: the string with ``${secret:NAME}``.
    """

    template: str

    def __new__(cls, template: str) -> SecretValue:
        made = super().__new__(cls, re.sub(VARIABLE, _value, template))
        made.template = str.__str__(template)
        return made

    def __repr__(self) -> str:
        return repr(self.template)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return SecretValue, (self.template,)


def _value(match: re.Match[str]) -> str:
    dollars, kind, name = match.groups()
    if dollars or kind != "secret":
        return unescaped(match)
    if name not in os.environ:
        raise MissingVariableError(
            f'The secret "{name}" is missing: there is no environment variable of that name'
        )
    return os.environ[name]


def with_names(value: Any) -> Any:
    """Return a value as it is stored and printed: a secret becomes the string with its name.

    Containers need no change: they show the `repr` of a secret.
    """
    return value.template if type(value) is SecretValue else value


def names_secret(text: str) -> bool:
    """Whether a string stands for a secret when it is read from a config file.

    >>> names_secret("ada:${secret:PW}"), names_secret("$${secret:PW}"), names_secret("${env:X}")
    (True, False, False)
    """
    return any(m[2] == "secret" and not m[1] for m in re.finditer(VARIABLE, text))


def unescaped(match: re.Match[str]) -> str:
    """Return what a match of `VARIABLE` stands for if it is plain text: itself, less one dollar."""
    return match[0][1:] if match[1] else match[0]


def escape_variables(value: Any) -> Any:
    """Return a configuration whose strings mean the same when they are read from a file.

    >>> escape_variables({"a": ["${env:X}", SecretText("${secret:PW}"), "$x"]})
    {'a': ['$${env:X}', '${secret:PW}', '$x']}
    """
    if isinstance(value, SecretText | SecretValue):
        return value
    if isinstance(value, str):
        return re.sub(VARIABLE, r"$\g<0>", value) if "${" in value else value
    if isinstance(value, dict):
        return {key: escape_variables(item) for key, item in value.items()}
    return [escape_variables(item) for item in value] if isinstance(value, list) else value
