"""Texts that name secrets: what is stored and printed is the name, what functions get is the value.

``${secret:NAME}`` stands for the environment variable ``NAME``. A configuration holds a
`SecretText`, so whatever stores, prints or compares the configuration sees names only. The
value comes into being where captured functions are bound, as a `SecretValue`.
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

#: Dollars before it (one or more make it plain text), what it is, and what it names.
VARIABLE = r"(\$*)\$\{(env|secret):([^{}]*)\}"


class SecretText(str):
    """A text of a configuration in which ``${secret:NAME}`` stands for secrets.

    >>> os.environ["DOCTEST_PW"] = "s3cr3t"
    >>> text = SecretText("ada:${secret:DOCTEST_PW}")
    >>> text.reveal() == "ada:s3cr3t", text.reveal()
    (True, 'ada:${secret:DOCTEST_PW}')
    """

    __slots__ = ()

    def reveal(self) -> SecretValue:
        """Return the text with the values of the secrets.

        Raises:
            MissingVariableError: an environment variable is missing.
        """
        return SecretValue(self)


class SecretValue(str):
    """A text with the values of secrets; its `repr`, its pickle and its record have the names.

    Args:
        template: the text with ``${secret:NAME}``.
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
    """Return a value that is going to be stored and printed: of a secret, the text with its name.

    Containers need no change: what they show of a secret is its `repr`.
    """
    return value.template if type(value) is SecretValue else value


def names_secret(text: str) -> bool:
    """Whether a text stands for a secret when it is read from a config file.

    >>> names_secret("ada:${secret:PW}"), names_secret("$${secret:PW}"), names_secret("${env:X}")
    (True, False, False)
    """
    return any(m[2] == "secret" and not m[1] for m in re.finditer(VARIABLE, text))


def unescaped(match: re.Match[str]) -> str:
    """Return what a match of `VARIABLE` that is plain text stands for: one dollar less."""
    return match[0][1:] if match[1] else match[0]


def escape_variables(value: Any) -> Any:
    """Return a configuration whose texts mean themselves when they are read from a file.

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
