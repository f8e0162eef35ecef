"""Anything at all as input: what is read is data, or a clear error, and nothing happens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.crash_safety.effort import examples, pick
from tests.untrusted_input.inputs import PAYLOADS, TARGETS, YAML_PAYLOADS

EXAMPLES = examples(25, 20_000)

_TAGS = [
    "py/object", "py/reduce", "py/tuple", "py/set", "py/id", "py/b64", "py/float", "py/type",
    "py/function", "py/newargs", "py/state", "__reduce__", "json://1", "json://[1]", "values",
    "dtype", "steps", "timestamps", "name", "start", "kind", "fields", "sacred_spool", "document",
    "files", "run_id", "store", "text", "offset", "of", "path", "heartbeat", "stop_time",
]  # fmt: skip
_WORDS = [
    "os.system", "builtins.complex", "numpy.ndarray", "datetime.datetime", "datetime.timedelta",
    "pandas.core.frame.DataFrame", "builtins.frozenset", "zoneinfo.ZoneInfo._unpickle", "NaN",
    "SetFields", "WriteOutput", "AddPoints", "AddFile", "SetExperiment", "loss", "../../etc",
    "2026-01-02T03:04:05", "float64", "object", "CgA=",
]  # fmt: skip
_texts = st.sampled_from(_WORDS) | st.text(max_size=6)
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | _texts
_json = st.recursive(
    _scalars | st.sampled_from(PAYLOADS),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(_TAGS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=8,
)


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


_header = st.fixed_dictionaries(
    {"sacred_spool": st.just(1), "document": _json, "files": _json, "run_id": _json},
    optional={"store": _json},
)
_change = st.dictionaries(st.sampled_from(_TAGS), _json, max_size=6)
_points = st.fixed_dictionaries(
    {name: st.lists(_json, max_size=3) for name in ("steps", "values", "timestamps")},
    optional={"name": _texts, "start": st.integers(-3, 5)},
)
_DEPTH = pick(1_500, 5_000)  # more than Python lets functions call each other
_deep = st.sampled_from([b"[" * _DEPTH, b'{"a":' * _DEPTH, b"a=" + b"(" * _DEPTH])
_words = st.sampled_from(
    [
        *["with", "help", "-h", "--help", "-l", "--loglevel=5", "print_config", "-p", "--", "-F"],
        *["a=1", "-x", "--name", "a.b=[1,", "-lDEBUG", "with=", "=", "-", "-d=1", "--debug=x"],
        "x={'py/object': 'os.system'}",
    ]
)

_metrics = st.dictionaries(_texts, _points, max_size=2)
_run = st.dictionaries(
    st.sampled_from(
        [
            *[
                "_id",
                "status",
                "result",
                "experiment",
                "start_time",
                "stop_time",
                "heartbeat",
                "meta",
            ],
            *["host", "artifacts", "resources", "fail_trace", "command", "artifact_metadata"],
        ]
    ),
    _json | st.lists(st.lists(_texts, max_size=3)),
    max_size=8,
)
_record = st.tuples(_run | _json, *[_json] * 3, _metrics | _json).map(
    lambda files: b"\0".join([*map(_bytes, files), b"output"])
)
_query_words = st.sampled_from(
    [
        *[
            "config.a",
            "metrics.loss.min",
            "result",
            "status",
            "start_time",
            "duration",
            "tags",
            "n",
        ],
        *["=", "!=", "<", ">=", "in", "not", "and", "or", "(", ")", "[", "]", ",", "~", "/x(/"],
        *[
            "missing(",
            '"2 days ago"',
            "'x",
            "1h",
            "-1e999",
            "0x1",
            "null",
            "true",
            "DEAD",
            "a.",
            ".",
        ],
    ]
)

#: Of config and info, which were once taken for texts; and an id, which was believed.
_STRANGE_KEYS = b"\0".join(
    [b'{"_id": null}', b'{"json://1": 5, "json://null": {"b": 2}}', b'{"json://1": []}', b"{}"]
)
INPUTS: dict[str, st.SearchStrategy[bytes]] = {
    "command_line": st.lists(_words | st.text(max_size=8), max_size=6).map(
        lambda words: "\0".join(words).encode(errors="replace")
    ),
    "json_config": _json.map(_bytes),
    "yaml_config": _json.map(_bytes) | st.sampled_from(YAML_PAYLOADS).map(str.encode),
    "stored_value": _json.map(_bytes),
    "metrics": st.tuples(
        st.dictionaries(_texts, _points | _json, max_size=2) | _json, st.lists(_points | _json)
    ).map(lambda both: _bytes(both[0]) + b"\0" + b"".join(_bytes(p) + b"\n" for p in both[1])),
    "spool": st.tuples(_header | _json, st.lists(_change | _json, max_size=4)).map(
        lambda both: b"\n".join(map(_bytes, [both[0], *both[1]]))
    ),
    "record": _record,
    "program": _record,
    "query": st.lists(_query_words | _texts, max_size=12).map(
        lambda words: " ".join(words).encode(errors="replace")
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_any_input(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    @given(INPUTS[target] | st.binary(max_size=40) | _deep)
    @example(_STRANGE_KEYS)
    # A loaded machine is no error.
    @settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
    def check(data: bytes) -> None:
        TARGETS[target](data)

    check()
    assert not list(tmp_path.iterdir())
