"""The tables of a database of runs.

Needs SQLAlchemy as soon as it is imported; `sacred.stores.sql.store` imports it on use. For scripts
and for writing there are classes of these tables, `sacred.stores.sql.models`. Readers do
without them: importing them takes as long as everything else that is used of SQLAlchemy.

Names and meanings of the columns are a contract with scripts and dashboards. Columns that the
old library did not have are at the end of each table: they hold what its columns cannot hold, they
may be NULL, and nobody has to know them.

>>> [column.name for column in TABLES["output"].columns]
['run_id', 'position', 'stop', 'text']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import mysql

__all__ = ["METADATA", "MYSQL_DIALECTS", "TABLES", "Bytes", "key_type"]

#: The names that SQLAlchemy has for MySQL and for its like.
MYSQL_DIALECTS = ("mysql", "mariadb")


class Bytes(LargeBinary):
    """Bytes; but what is read is not if somebody else has written a number, which SQLite allows.

    SQLAlchemy would make so many zeros of it.
    """

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        """Return what checks the values that are read; see `sqlalchemy.types.TypeEngine`."""
        return _bytes_or_damage


def _bytes_or_damage(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview | bytearray) else value


# MySQL's own TEXT ends at 64 kB, its DATETIME at whole seconds, and its indices want a limit.
_LongText = Text().with_variant(mysql.LONGTEXT(charset="utf8mb4"), *MYSQL_DIALECTS)
_Blob = Bytes().with_variant(mysql.LONGBLOB(), *MYSQL_DIALECTS)
_Timestamp = DateTime().with_variant(mysql.DATETIME(fsp=6), *MYSQL_DIALECTS)
#: Of columns with an index.
key_type = Text().with_variant(mysql.VARCHAR(255), *MYSQL_DIALECTS)
# Metrics "Loss" and "loss" are two.
_Name = Text().with_variant(
    mysql.VARCHAR(255, charset="utf8mb4", collation="utf8mb4_bin"), *MYSQL_DIALECTS
)
_Md5 = String(255)

#: What SQLAlchemy knows of all tables.
METADATA = MetaData()
#: The tables by their names; the classes say what the columns mean.
TABLES: Mapping[str, Table] = METADATA.tables

Table(
    "experiments_sources",
    METADATA,
    Column("experiment_id", Integer, ForeignKey("experiment.experiment_id"), index=True),
    Column("source_id", Integer, ForeignKey("source.source_id")),
)
Table(
    "experiments_repositories",
    METADATA,
    Column("experiment_id", Integer, ForeignKey("experiment.experiment_id"), index=True),
    Column("repository_id", Integer, ForeignKey("repository.repository_id")),
)
Table(
    "experiments_dependencies",
    METADATA,
    Column("experiment_id", Integer, ForeignKey("experiment.experiment_id"), index=True),
    Column("dependency_id", Integer, ForeignKey("dependency.dependency_id")),
)
Table(
    "runs_resources",
    METADATA,
    Column("run_id", key_type, ForeignKey("run.run_id"), index=True),
    Column("resource_id", Integer, ForeignKey("resource.resource_id")),
)
Table(
    "source",
    METADATA,
    Column("source_id", Integer, primary_key=True),
    Column("filename", _LongText),
    Column("md5sum", _Md5, index=True),
    Column("content", _LongText),
)
Table(
    "repository",
    METADATA,
    Column("repository_id", Integer, primary_key=True),
    Column("url", _LongText),
    Column("commit", key_type, index=True),
    Column("dirty", Boolean),
)
Table(
    "dependency",
    METADATA,
    Column("dependency_id", Integer, primary_key=True),
    Column("name", key_type, index=True),
    Column("version", _LongText),
)
Table(
    "resource",
    METADATA,
    Column("resource_id", Integer, primary_key=True),
    Column("filename", _LongText),
    Column("md5sum", _Md5, index=True),
    Column("content", _Blob),
)
Table(
    "host",
    METADATA,
    Column("host_id", Integer, primary_key=True),
    Column("cpu", _LongText),
    Column("hostname", key_type, index=True),
    Column("os", _LongText),
    Column("os_info", _LongText),
    Column("python_version", _LongText),
)
Table(
    "experiment",
    METADATA,
    Column("experiment_id", Integer, primary_key=True),
    Column("name", _LongText),
    Column("md5sum", _Md5, index=True),
    Column("base_dir", _LongText),
    Column("info_json", _LongText),
)
Table(
    "run",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", key_type, unique=True),
    Column("command", _LongText),
    Column("start_time", _Timestamp),
    Column("heartbeat", _Timestamp),
    Column("stop_time", _Timestamp),
    Column("queue_time", _Timestamp),
    Column("priority", Double),
    Column("comment", _LongText),
    Column("fail_trace", _LongText),
    Column("captured_out", _LongText),
    Column("config", _LongText),
    Column("info", _LongText),
    Column("status", _LongText),
    Column("host_id", Integer, ForeignKey("host.host_id")),
    Column("experiment_id", Integer, ForeignKey("experiment.experiment_id")),
    Column("result", Double),
    Column("result_json", _LongText),
    Column("fail_trace_json", _LongText),
    Column("meta_json", _LongText),
    Column("host_json", _LongText),
    Column("discarded", Boolean, index=True),
    Column("discard_time", _Timestamp),
    Column("environment_json", _LongText),
    Column("provenance_json", _LongText),
)
Table(
    "artifact",
    METADATA,
    Column("artifact_id", Integer, primary_key=True),
    Column("filename", _LongText),
    Column("content", _Blob),
    Column("run_id", key_type, ForeignKey("run.run_id"), index=True),
    Column("content_type", _LongText),
    Column("metadata_json", _LongText),
)
Table(
    "metric",
    METADATA,
    # Points are stored in the order of their key: those of a metric lie side by side. There
    # is no foreign key, for to check it for each point takes as long as to store them.
    Column("run_id", _Name, primary_key=True),
    Column("name", _Name, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("step", Double),
    Column("value", Double),
    Column("timestamp", _Timestamp),
    Column("step_json", _LongText),
    Column("value_json", _LongText),
    sqlite_with_rowid=False,
)
Table(
    "output",
    METADATA,
    Column("run_id", _Name, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("stop", BigInteger, nullable=False),
    Column("text", _LongText, nullable=False),
)

Index("ix_run_experiment_id", TABLES["run"].c.experiment_id)
