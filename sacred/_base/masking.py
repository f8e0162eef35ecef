"""Masking of secrets in URLs, for records and messages."""

from __future__ import annotations

import re

__all__ = ["mask_passwords", "mask_secret_values"]

# The password of a URL ends at the last @ before the path. Where there is none, somebody has not
# escaped a slash, a blank, ...: then it ends at a later one, unless all that is a port.
_PASSWORD = (
    r"(://[^\s/:@?#'\"]*):"
    r"(?:[^\s/?#]*@|(?!\d{1,5}(?:[/?#\s'\"]|$))(?:(?:(?!://)\S)*@|(?:(?!://)[^@\n])*@))"
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
    """Return a text in which the secrets of URLs are ``***``: for records and messages.

    Secrets are passwords, tokens in place of users (HTTP), and parameters with such a name.
    What only looks like one is masked rather than shown.

    >>> mask_passwords("postgresql://ada:s3cr@t@db:5432/runs?sslpassword=x&tls=1 is away")
    'postgresql://ada:***@db:5432/runs?sslpassword=***&tls=1 is away'
    >>> mask_passwords("https://ghp_1a2b3c@git.example.org/x")
    'https://***@git.example.org/x'
    """
    if "://" not in text:
        return text
    text = re.sub(_PASSWORD, r"\1:***@", text)
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
    """Return a text in which what is assigned to names like ``api_key`` is ``***``.

    >>> mask_secret_values('api_key = "a1b2c3"; tokens = 12; n = 3')
    'api_key = ***; tokens = 12; n = 3'
    """
    lower = text.lower()
    if not any(word in lower for word in _SECRET_WORDS):  # the pattern takes 2 ms to compile
        return text
    return re.sub(_SECRET_VALUE, r"\1***", text)
