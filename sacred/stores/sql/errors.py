"""What the errors of database drivers mean for a store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sacred.stores.store import StoreError, StorePermissionError, StoreUnavailableError

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

__all__ = ["translate_errors"]

# Drivers give a number or an SQLSTATE, but not for every error; then there is only the text.
_REFUSALS = frozenset({"28000", "28P01", "42501", "1044", "1045", "1142", "1698"})
_REFUSAL_TEXTS = (
    "authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "permission denied for",
    "access denied for",
    "readonly database",
    'role "',
)


@contextlib.contextmanager
def translate_errors(url: str) -> Iterator[None]:
    """Turn errors of SQLAlchemy and of drivers into errors of a store that name the place.

    Errors that have nothing to do with the place stay as they are.

    Raises:
        StorePermissionError: wrong user or password, or no right to write.
        StoreUnavailableError: no server, a lost connection, a full disk, ...
        StoreError: the place is not a database.
    """
    # Not at the top: SQLAlchemy is optional.
    from sqlalchemy import exc

    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.InternalError) as error:
        raise _unavailable(error, url) from error
    except exc.TimeoutError as error:
        raise StoreUnavailableError(f"{url}: all connections are in use") from error
    except exc.DBAPIError as error:
        if error.connection_invalidated or _is_refusal(error):
            raise _unavailable(error, url) from error
        if type(error) is exc.DatabaseError:  # of SQLite, when the file is something else
            raise StoreError(f"{url} cannot be used: {_reason(error)}") from error
        raise


def _unavailable(error: DBAPIError, url: str) -> StoreUnavailableError:
    if _is_refusal(error):
        return StorePermissionError(
            f"{url} refuses access: {_reason(error)} (are user name, password and rights right?)"
        )
    return StoreUnavailableError(f"{url} cannot be reached or written: {_reason(error)}")


def _is_refusal(error: DBAPIError) -> bool:
    if _code(error) in _REFUSALS:
        return True
    text = str(error.orig).lower()
    return any(part in text for part in _REFUSAL_TEXTS)


def _code(error: DBAPIError) -> str | None:
    original: Any = error.orig
    code = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    if code is None and original is not None and original.args:
        code = original.args[0]  # of MySQL
    return None if code is None else str(code)


def _reason(error: DBAPIError) -> str:
    original: Any = error.orig
    # MySQL drivers have a number first; of several lines, the first one says it.
    words = original.args[-1] if original is not None and original.args else error
    return str(words).strip().partition("\n")[0]
