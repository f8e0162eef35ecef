"""The one table of built-in options.

Rows contain only strings: the function of an option is loaded on use, so that ``--help`` never
imports a database driver.
"""

from __future__ import annotations

from functools import cache

from sacred._base.extras import is_installed
from sacred._base.frozen import Frozen

__all__ = ["TABLE", "OptionRow", "available_rows", "row_of"]


class OptionRow(Frozen):
    """One built-in option.

    Attributes:
        short: like ``-b``, or empty.
        long: like ``--beat-interval``; also its key among the options of a run.
        argument: the name of its value in the usage; None for a flag.
        description: the help text.
        target: ``"module:attribute"`` of a function ``(value, run)``.
        packages: the packages that it needs.
        repeats: whether it may be repeated; its value is then a list.
        choices: the values that shells offer.
        is_new: whether Sacred 0.8.7 did not have it. Then an experiment's own option with the same
            flag replaces it, abbreviations prefer older options, and it has no short flag.
    """

    short: str
    long: str
    argument: str | None = None
    description: str
    target: str
    packages: tuple[str, ...] = ()
    repeats: bool = False
    choices: tuple[str, ...] = ()
    is_new: bool = False

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return self.argument is None

    @property
    def module(self) -> str:
        """The module of its target."""
        return self.target.partition(":")[0]


TABLE = (
    OptionRow(
        short="-b",
        long="--beat-interval",
        argument="SECONDS",
        description="Time between two heartbeats, which is how often observers receive "
        "new output, metrics and info (0: as often as is sensible).",
        target="sacred.cli.run_options:beat_interval_option",
    ),
    OptionRow(
        short="-C",
        long="--capture",
        argument="MODE",
        description="What of the output is captured: no (nothing), sys (what Python writes) or "
        "fd (also what C code and child processes write).",
        target="sacred.cli.run_options:capture_option",
        choices=("no", "sys", "fd"),
    ),
    OptionRow(
        short="-c",
        long="--comment",
        argument="TEXT",
        description="A comment that is stored with the run.",
        target="sacred.cli.run_options:comment_option",
    ),
    OptionRow(
        short="",
        long="--completion",
        argument="SHELL",
        description="Print a script that completes command lines of this experiment in bash, "
        "zsh or fish, and exit.",
        target="sacred.cli.run_options:completion_option",
        choices=("bash", "zsh", "fish"),
        is_new=True,
    ),
    OptionRow(
        short="-d",
        long="--debug",
        description="For debugging: do not warn about missing observers, and let exceptions "
        "propagate with their whole traceback.",
        target="sacred.cli.run_options:debug_option",
    ),
    OptionRow(
        short="-e",
        long="--enforce_clean",
        description="Refuse to run if a git repository of the sources has uncommitted changes, "
        "or if there is none.",
        target="sacred.cli.run_options:enforce_clean_option",
    ),
    OptionRow(
        short="-F",
        long="--file_storage",
        argument="DIRECTORY",
        description="Add a FileStorageObserver, which stores runs in this directory.",
        target="sacred.observers.file_storage:file_storage_option",
    ),
    OptionRow(
        short="-f",
        long="--force",
        description="Do not complain about suspicious changes of the configuration.",
        target="sacred.cli.run_options:force_option",
    ),
    OptionRow(
        short="",
        long="--gcs",
        argument="URL",
        description="Add a GoogleCloudStorageObserver for gs://bucket/prefix.",
        target="sacred.observers.gcs_observer:gcs_option",
        packages=("google.cloud.storage",),
        is_new=True,
    ),
    OptionRow(
        short="",
        long="--group",
        argument="GROUP",
        description="The group of runs that this one belongs to.",
        target="sacred.cli.run_options:group_option",
        is_new=True,
    ),
    OptionRow(
        short="-h",
        long="--help",
        description="Show this help, or that of the COMMAND, and exit.",
        target="sacred.cli.run_options:help_option",
    ),
    OptionRow(
        short="-i",
        long="--id",
        argument="ID",
        description="The id of this run.",
        target="sacred.cli.run_options:id_option",
    ),
    OptionRow(
        short="-l",
        long="--loglevel",
        argument="LEVEL",
        description="Which log messages are shown: DEBUG (10), INFO (20), WARNING (30), "
        "ERROR (40), CRITICAL (50), or another number.",
        target="sacred.cli.run_options:loglevel_option",
        choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    ),
    OptionRow(
        short="-m",
        long="--mongo_db",
        argument="DB",
        description="Add a MongoObserver. DB is a database name, host:port or host:port:name, "
        "each with [.collection[:id]][!priority], or a mongodb:// or mongodb+srv:// URI.",
        target="sacred.observers.mongo:mongo_db_option",
        packages=("pymongo",),
    ),
    OptionRow(
        short="-n",
        long="--name",
        argument="NAME",
        description="The name of the experiment for this run.",
        target="sacred.cli.run_options:name_option",
    ),
    OptionRow(
        short="-D",
        long="--pdb",
        description="Start the debugger (pdb) where the run fails.",
        target="sacred.cli.run_options:pdb_option",
    ),
    OptionRow(
        short="-p",
        long="--print-config",
        description="Print the configuration before the run.",
        target="sacred.cli.run_options:print_config_option",
    ),
    OptionRow(
        short="-P",
        long="--priority",
        argument="NUMBER",
        description="The priority of a queued run, for those who take it from the queue.",
        target="sacred.cli.run_options:priority_option",
    ),
    OptionRow(
        short="-q",
        long="--queue",
        description="Only queue this run, do not start it.",
        target="sacred.cli.run_options:queue_option",
    ),
    OptionRow(
        short="",
        long="--resume",
        argument="ID",
        description="Go on with a run that has ended or died: same id, next attempt.",
        target="sacred.cli.run_options:resume_option",
        is_new=True,
    ),
    OptionRow(
        short="",
        long="--reuse",
        description="Do not start the run if a completed one in the same stores was the same: "
        "take its result.",
        target="sacred.cli.run_options:reuse_option",
        is_new=True,
    ),
    OptionRow(
        short="-S",
        long="--s3",
        argument="URL",
        description="Add an S3Observer for s3://bucket/prefix.",
        target="sacred.observers.s3_observer:s3_option",
        packages=("boto3",),
    ),
    OptionRow(
        short="-s",
        long="--sql",
        argument="URL",
        description="Add a SqlObserver. A URL looks like "
        "dialect://username:password@host:port/database.",
        target="sacred.observers.sql:sql_option",
        packages=("sqlalchemy",),
    ),
    OptionRow(
        short="",
        long="--strict",
        description="Refuse updates of entries that are not there, in nested dicts, too, and of "
        "entries that nothing reads.",
        target="sacred.cli.run_options:strict_option",
        is_new=True,
    ),
    OptionRow(
        short="",
        long="--tag",
        argument="TAGS",
        description="A tag of this run; several with commas, or by giving it again.",
        target="sacred.cli.run_options:tag_option",
        repeats=True,
        is_new=True,
    ),
    OptionRow(
        short="",
        long="--tape",
        description="Store digests of what each captured function takes, draws and gives, so that "
        "sacred divergence names the first call that differs.",
        target="sacred.cli.run_options:tape_option",
        is_new=True,
    ),
    OptionRow(
        short="-t",
        long="--tiny_db",
        argument="DIRECTORY",
        description="Add a TinyDbObserver, which stores runs in this directory.",
        target="sacred.observers.tinydb_hashfs:tiny_db_option",
    ),
    OptionRow(
        short="",
        long="--trace",
        description="Record which files the run reads and writes, and what it executes (on Linux, "
        "with strace): the process is started again under strace.",
        target="sacred.exec.traced_experiment:trace_option",
        is_new=True,
    ),
    OptionRow(
        short="-u",
        long="--unobserved",
        description="Ignore all observers for this run.",
        target="sacred.cli.run_options:unobserved_option",
    ),
)  #: Sorted by long flag, as the help shows them.


def row_of(long: str) -> OptionRow:
    """Return the row for a long flag.

    Raises:
        KeyError: there is no such flag.

    >>> row_of("--force").short
    '-f'
    """
    for row in TABLE:
        if row.long == long:
            return row
    raise KeyError(long)


@cache
def available_rows() -> tuple[OptionRow, ...]:
    """Return the rows whose module is part of this installation (without importing it)."""
    return tuple(row for row in TABLE if is_installed(row.module))
