"""The output of a run in MongoDB, of any length.

As long as it is short it is the field ``captured_out``. Beyond, that field has its
beginning, a line that says so, and its end; all but the end is in GridFS, in files
``captured_out://RUNS/ID`` in the order of the field ``captured_out_parts``::

    {"head": bytes in front of the end, "parts": [{"file_id", "offset", "length"}, ...]}

The end starts where the last part ends. Each byte is sent twice at most: with the
text, and in a part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sacred._base.run_ids import RunId
from sacred.stores.changes import WriteOutput
from sacred.stores.mongo.gridfs_files import GridFiles
from sacred.stores.store import MissingPartError, RunNotFoundError

if TYPE_CHECKING:
    from pymongo.collection import Collection

__all__ = ["PARTS", "MongoOutput", "read_output"]

PARTS = "captured_out_parts"

MAX_CHARS_IN_DOCUMENT = 4 * 1024 * 1024  # in the document
HEAD_CHARS = 512 * 1024
TAIL_CHARS = 512 * 1024
NOTICE = f"\n[... this is not all: the rest is in GridFS, see {PARTS} ...]\n"
CHARS_AT_ONCE = (
    2 * 1024 * 1024
)  # sent at once, so that MAX_CHARS_IN_DOCUMENT + CHARS_AT_ONCE is far below 16 MB


class _State:
    """What the document has.

    Args:
        head: bytes of its beginning and of the notice; 0: it has the whole output.
        stored: bytes of the output that are in files.
        recent: the rest of the output, in UTF-8.
    """

    def __init__(self, head: int = 0, stored: int = 0, recent: bytes | bytearray = b"") -> None:
        self.head = head
        self.stored = stored
        self.recent = bytearray(recent)


class MongoOutput:
    """Writes the output of one run.

    Args:
        runs: the collection of the run's document.
        run_id: its id.
        files: where long output goes.
        is_new: whether the run has just been created.
    """

    def __init__(
        self, runs: Collection[dict[str, Any]], run_id: RunId, files: GridFiles, is_new: bool
    ) -> None:
        self._runs = runs
        self._run_id = run_id
        self._files = files
        self._state: _State | None = _State() if is_new else None

    def write(self, change: WriteOutput) -> None:
        """Store the output ``output[:change.start] + change.text``.

        Raises:
            RunNotFoundError: there is no such run.
            MissingPartError: the stored output ends earlier.
        """
        state, self._state = self._state or self._load(), None
        offset, data = change.offset, change.text.encode()
        if offset > state.stored + len(state.recent):
            missing = f"Output of run {self._run_id!r} before byte {offset}"
            raise MissingPartError(f"{missing} is missing in {self._runs.full_name}")
        if offset < state.stored:
            # A filter has rewritten what went to GridFS long ago: once more from the start.
            data = read_output(self._document(), self._files).encode()[:offset] + data
            offset, state = 0, self._restart()
        for piece in _pieces(data) or [b""]:
            self._append(state, offset, piece)
            offset += len(piece)
        # If anything raised before, what is there is looked up next time.
        self._state = state

    def _append(self, state: _State, offset: int, data: bytes) -> None:
        shown = state.head + offset - state.stored
        before = {"$substrBytes": [{"$ifNull": ["$captured_out", ""]}, 0, shown]}
        text = {"$literal": data.decode()}
        self._update([{"$set": {"captured_out": {"$concat": [before, text]}}}])
        del state.recent[offset - state.stored :]
        state.recent += data
        # The last lines stay: a filter may still rewrite them, as with progress bars.
        cut = _between_characters(state.recent, len(state.recent) - TAIL_CHARS)
        if shown + len(data) > MAX_CHARS_IN_DOCUMENT and cut > 0:
            self._move_to_file(state, cut)

    def _move_to_file(self, state: _State, cut: int) -> None:
        """What is in front of `cut` goes to a file; the document keeps only its beginning."""
        content, rest = bytes(state.recent[:cut]), state.recent[cut:]
        name = f"captured_out://{self._runs.name}/{self._run_id}"
        file_id = self._files.put_text(name, content.decode())
        part = {"file_id": file_id, "offset": state.stored, "length": cut}
        beginning, notice = state.head, ""
        if not state.head:
            beginning, notice = _between_characters(state.recent, HEAD_CHARS), NOTICE
        shown = [
            {"$substrBytes": ["$captured_out", 0, beginning]},
            {"$literal": notice},
            {"$substrBytes": ["$captured_out", state.head + cut, len(rest)]},
        ]
        parts = {"$concatArrays": [{"$ifNull": [f"${PARTS}.parts", []]}, [part]]}
        head = beginning + len(notice)
        fields = {"captured_out": {"$concat": shown}, PARTS: {"head": head, "parts": parts}}
        self._update([{"$set": fields}])
        state.head, state.stored, state.recent = head, state.stored + cut, rest

    def _load(self) -> _State:
        document = self._document()
        shown = (document.get("captured_out") or "").encode()
        parts = document.get(PARTS)
        if not parts:
            return _State(recent=bytearray(shown))
        last = parts["parts"][-1]
        recent = bytearray(shown[parts["head"] :])
        return _State(parts["head"], last["offset"] + last["length"], recent)

    def _restart(self) -> _State:
        self._update([{"$set": {"captured_out": ""}}, {"$unset": PARTS}])
        return _State()

    def _document(self) -> dict[str, Any]:
        document = self._runs.find_one({"_id": self._run_id}, {"captured_out": 1, PARTS: 1})
        if document is None:
            raise RunNotFoundError(f"There is no run {self._run_id!r} in {self._runs.full_name}")
        return document

    def _update(self, pipeline: list[dict[str, Any]]) -> None:
        if not self._runs.update_one({"_id": self._run_id}, pipeline).matched_count:
            raise RunNotFoundError(f"There is no run {self._run_id!r} in {self._runs.full_name}")


def read_output(document: dict[str, Any], files: GridFiles) -> str:
    """Return the whole output of a run.

    Args:
        document: of the run, at least its ``captured_out`` and ``captured_out_parts``.
        files: where long output is.
    """
    shown = (document.get("captured_out") or "").encode()
    parts = document.get(PARTS)
    if not parts:
        return shown.decode()
    whole = b"".join(files.read(part["file_id"]) for part in parts["parts"])
    return (whole + shown[parts["head"] :]).decode()


def _between_characters(data: bytes | bytearray, position: int) -> int:
    """The position, or the start of the character that it is within."""
    while 0 < position < len(data) and data[position] & 0xC0 == 0x80:
        position -= 1
    return position


def _pieces(data: bytes) -> list[bytes]:
    """The data in pieces that are not too large, cut between characters."""
    pieces = []
    start = 0
    while start < len(data):
        stop = _between_characters(data, start + CHARS_AT_ONCE)
        pieces.append(data[start:stop])
        start = stop
    return pieces
