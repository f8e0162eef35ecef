"""The tables of an SQL database of runs, for queries with SQLAlchemy.

>>> from sacred.observers.sql_bases import Run
>>> [column.name for column in Run.__table__.columns][:3]
['id', 'run_id', 'command']
"""

from __future__ import annotations

from sacred._base.extras import require

require("sqlalchemy", extra="sql", purpose="sacred.observers.sql_bases")

from sacred.stores.sql.models import (  # noqa: E402 - with the hint if it is not there
    Artifact,
    Base,
    Dependency,
    Experiment,
    Host,
    Metric,
    Output,
    Repository,
    Resource,
    Run,
    Source,
)

__all__ = [
    "Artifact",
    "Base",
    "Dependency",
    "Experiment",
    "Host",
    "Metric",
    "Output",
    "Repository",
    "Resource",
    "Run",
    "Source",
]
