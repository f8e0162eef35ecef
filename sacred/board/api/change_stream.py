"""Changes in the stores as server-sent events."""

from __future__ import annotations

from starlette.responses import StreamingResponse

from sacred.board.api.operations import Call

__all__ = ["stream_changes"]


def stream_changes(call: Call) -> StreamingResponse:
    """Return the events of all stores, from now on or after a known one.

    Args:
        call: with the number of the last known event, in its query or as ``Last-Event-ID``.
    """
    after = call.values["after"]
    known = call.headers.get("last-event-id", "")
    if known.isdecimal() and len(known) < 16:
        after = int(known)
    return StreamingResponse(
        call.board.changes.listen(after), media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )  # fmt: skip
