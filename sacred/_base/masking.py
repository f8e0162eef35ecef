"""Masking of secrets in URLs and in named values, for records and messages."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["mask_entry", "mask_passwords", "mask_secret_values"]

# The password of a URL ends at the last @ before the path. Where there is none, somebody has not
# escaped a slash, a blank, ...: then it ends at a later one, unless all that is a port.
_PASSWORD = (
    r"(://[^\s/:@?#'\"]*):"
    r"(?:[^\s/?#]*@|(?!\d{1,5}(?:[/?#\s'\"]|$))(?:(?:(?!://)\S)*@|(?:(?!://)[^@\n])*@))"
)
# What begins as a port is one in addresses of pages; elsewhere, an @ in the same word says that it
# was the beginning of a password.
_PORT_LIKE_PASSWORD = (
    r"(?i)(?<!\bhttp)(?<!\bhttps)(://[^\s/:@?#'\"]*):\d{1,5}[/?#'\"](?:(?!://)\S)*@"
)
# A user without a password is a token there.
_HTTP_USER = r"(?i)(\bhttps?://)[^\s/?#@:]+@"
_SECRET_PARAMETER = (
    r"(?i)([?&;][\w.%-]*"
    r"(?:passw|passphrase|pwd|secret|token|credential|signature|api_?key|access_?key)"
    r"[\w.%-]*=)[^&#\s'\"]*"
)
_SECRET_PROPERTY = r"(?i)(AWS_SESSION_TOKEN(?::|%3A))[^&,#\s'\"]*"


def mask_passwords(text: str) -> str:
    """Return a string with the secrets in URLs replaced by ``***``, for records and messages.

    Secrets are passwords, tokens in place of user names (HTTP), and parameters named
    like a secret. In case of doubt, a value is masked rather than shown.

    >>> mask_passwords("postgresql://ada:s3cr@t@db:5432/runs?sslpassword=x&tls=1 is away")
    'postgresql://ada:***@db:5432/runs?sslpassword=***&tls=1 is away'
    >>> mask_passwords("https://ghp_1a2b3c@git.example.org/x")
    'https://***@git.example.org/x'
    """
    if "://" not in text:
        return text
    text = re.sub(_PASSWORD, r"\1:***@", text)
    text = re.sub(_PORT_LIKE_PASSWORD, r"\1:***@", text)
    text = re.sub(_HTTP_USER, r"\1***@", text)
    text = re.sub(_SECRET_PARAMETER, r"\1***", text)
    return re.sub(_SECRET_PROPERTY, r"\1***", text)


# What such a name is given: a text in quotes, or one word.
_SECRET_WORDS = ("passw", "passphrase", "pwd", "secret", "token", "credential", "key")
_SECRET_NAME = r"passw(?:or)?d|passphrase|pwd|secret|token|credential|api_?key|access_?key"
_SECRET_VALUE = (
    rf"(?i)(\b[\w.-]*(?:{_SECRET_NAME})[\w.-]*[\"']?\s*(?:=|:|=>)\s*)"
    r"""("[^"\n]+"|'[^'\n]+'|[^\s"'(){}\[\],;]{6,}(?![^\s"',;&]))"""
)


def mask_secret_values(text: str) -> str:
    """Return a string with the values assigned to names like ``api_key`` replaced by ``***``.

    >>> mask_secret_values('api_key = "a1b2c3"; tokens = 12; n = 3')
    'api_key = ***; tokens = 12; n = 3'
    """
    lower = text.lower()
    if not any(word in lower for word in _SECRET_WORDS):  # the pattern takes 2 ms to compile
        return text
    return re.sub(_SECRET_VALUE, r"\1***", text)


# Where an entry of a configuration has such a name, its text is a secret. Names like "tokenizer",
# "pad_token" and "key" are common in experiments and mean something else.
_SECRET_ENTRY = (
    r"(?i)(?:passw(?:or)?d|passphrase|pwd|secret|credentials?|(?:api|access|private|secret)_?key"
    r"|(?:^|(?:auth|access|api|bearer|refresh|session|hf|hub|wandb|git\w*|slack|bot)_?)token)$"
)


def mask_entry(path: str, value: Any) -> Any:
    """Return the value of an entry as people see it: ``***`` if the entry is named like a secret.

    Only strings are secrets, except those that name a variable (``${secret:NAME}``).

    Args:
        path: the path of the entry; its last word counts.
        value: anything.

    >>> mask_entry("db.password", "hunter2"), mask_entry("tokenizer", "bert"), mask_entry("pwd", 3)
    ('***', 'bert', 3)
    """
    if not isinstance(value, str) or not value or "${secret:" in value:
        return value
    return "***" if re.search(_SECRET_ENTRY, path.rpartition(".")[2]) else value
