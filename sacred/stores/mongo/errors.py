"""Translation of the MongoDB driver's errors into errors of a store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sacred.stores.store import StoreError, StorePermissionError, StoreUnavailableError

__all__ = ["translate_errors"]

_NOT_ALLOWED = frozenset({13, 18, 8000})  # Unauthorized, AuthenticationFailed, the same on Atlas


@contextlib.contextmanager
def translate_errors(url: str) -> Iterator[None]:
    """Turn errors of the driver into errors of a store, with the place in the message.

    Raises:
        StoreUnavailableError: no server, or a lost connection.
        StorePermissionError: wrong user or password, or a right is missing.
        StoreError: options of the connection exclude each other.
    """
    # Not at the top: pymongo is optional.
    from pymongo import errors

    try:
        yield
    except errors.ConnectionFailure as error:
        # Its own text is long, and different every time.
        raise StoreUnavailableError(
            f"No MongoDB server answers at {url}. Is it running, and is the address right?"
        ) from error
    except errors.OperationFailure as error:
        if error.code in _NOT_ALLOWED:
            reason = (error.details or {}).get("errmsg", "not authorized")
            raise StorePermissionError(
                f"MongoDB at {url} refuses access: {reason} "
                "(are user name, password and authSource right?)"
            ) from error
        raise
    except errors.ConfigurationError as error:
        raise StoreError(f"MongoDB at {url} cannot be used: {error}") from error
