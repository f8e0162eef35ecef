"""A text alone as an SQLAlchemy condition: rows in which it may occur somewhere.

JSON is searched as it is stored. So only a text that is stored unchanged can be searched for,
and a row with objects, whose texts are made when they are read, may contain any text.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sacred.stores.sql.search.json_paths import JsonTexts
from sacred.stores.sql.tables import TABLES

__all__ = ["search_condition"]

_RUN, _EXPERIMENT = TABLES["run"].c, TABLES["experiment"].c
_JSON = ("config", "result_json", "meta_json", "host_json", "fail_trace_json")
_TEXTS = ("run_id", "command", "status", "comment", "fail_trace")
#: In lower case, these letters may come of others: the kelvin sign, an i with a dot.
_OF_OTHERS = frozenset("ki")


def search_condition(text: str, texts: JsonTexts) -> Any:
    """Return whether a text may occur in a run.

    Args:
        text: in lower case, of characters that JSON has as they are.
        texts: of the database.
    """
    search = _Search(text, texts)
    in_experiment = sa.select(_EXPERIMENT.experiment_id).where(
        search.in_text(_EXPERIMENT.name) | search.in_json(_EXPERIMENT.info_json)
    )
    tests = [
        *(search.in_text(_RUN[name]) for name in _TEXTS),
        _RUN.experiment_id.in_(in_experiment),
        *(search.in_json(_RUN[name]) for name in _JSON),
        # Of the old library, the machine is in a table of its own.
        _RUN.host_json.is_(None),
        _RUN.run_id.is_(None),
    ]
    if text in "dead":
        tests.append(_RUN.status == "RUNNING")
    return sa.or_(*tests)


class _Search:
    def __init__(self, text: str, texts: JsonTexts) -> None:
        self._text = text
        self._texts = texts
        self._may_be_another = not _OF_OTHERS.isdisjoint(text)

    def in_text(self, column: Any) -> Any:
        """Whether it may stand in a column."""
        found = column.icontains(self._text, autoescape=True)
        return found | self._texts.is_beyond_ascii(column) if self._may_be_another else found

    def in_json(self, column: Any) -> Any:
        """Whether it may stand in a column of JSON."""
        found = self.in_text(column) | column.contains('"py/', autoescape=True)
        return found | column.contains("\\u", autoescape=True) if self._may_be_another else found
