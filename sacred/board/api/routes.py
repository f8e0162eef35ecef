"""The table of the operations of the API."""

from __future__ import annotations

from sacred.board.api.analysis.entry_importance import rank_importance
from sacred.board.api.analysis.experiment_noise import read_noise
from sacred.board.api.analysis.file_relations import read_lineage, read_users_of_file
from sacred.board.api.analysis.group_marks import mark_groups_of_runs
from sacred.board.api.change_stream import stream_changes
from sacred.board.api.editing import discard_runs, edit_run, recover_runs
from sacred.board.api.field_catalogue import list_fields, list_stores
from sacred.board.api.group_curves import read_group_curves
from sacred.board.api.group_statistics import STATISTICS
from sacred.board.api.operations import Operation, Parameter
from sacred.board.api.queueing.queue_operations import QUEUE_OPERATIONS
from sacred.board.api.run_comparison import COMPARED_PARTS, compare_runs
from sacred.board.api.run_groups import list_groups
from sacred.board.api.run_pages import export_runs, list_runs
from sacred.board.api.run_parts import read_config, read_output, read_record, read_run
from sacred.board.api.saved_views import list_views, save_view
from sacred.board.api.series import SERIES_TYPE, read_series
from sacred.board.api.stored_files.file_contents import read_file, read_table
from sacred.board.api.stored_files.log_directories import read_tensorboard, start_tensorboard

__all__ = ["OPERATIONS"]

_STORE = Parameter(name="store", about="keys of stores (default: all)", many=True)
_QUERY = Parameter(name="q", about="a query, as for `sacred ls`", default="")
_UTC = Parameter(name="utc", about="times in the query are in UTC", kind="boolean", default=False)
_TRASH = Parameter(name="trash", about="runs in the trash instead", kind="boolean", default=False)
_SORT = Parameter(name="sort", about="fields, separated by commas; -FIELD: descending", default="")
_COLUMN = Parameter(name="column", about="fields and paths, as in queries", many=True)
_SELECTION = (_STORE, _QUERY, _UTC, _TRASH, _SORT, _COLUMN)
_BY = Parameter(
    name="by", about="fields; *: all entries that differ but seeds; **: with seeds", many=True
)
_POINTS = (
    Parameter(name="name", about="names of metrics", many=True),
    Parameter(name="x", about="step, time, relative or metric:NAME", default="step"),
    Parameter(name="from", about="the least x", kind="number"),
    Parameter(name="to", about="the largest x", kind="number"),
)
_RUN = "/runs/{store}/{run}"


def _number(
    name: str, about: str, default: int | None, low: int | None, high: int, many: bool = False
) -> Parameter:
    return Parameter(
        name=name,
        about=about,
        kind="integer",
        default=default,
        minimum=low,
        maximum=high,
        many=many,
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="listStores", method="GET", path="/stores", result="Stores", serve=list_stores,
        summary="The stores, with their runs by status",
        parameters=(_STORE, _QUERY, _UTC, _TRASH),
    ),
    Operation(
        name="listFields", method="GET", path="/fields", result="Fields", serve=list_fields,
        summary="The fields that queries can use", parameters=(_STORE,),
    ),
    Operation(
        name="listRuns", method="GET", path="/runs", result="RunPage", serve=list_runs,
        summary="A page of the runs that a query asks for, in columns",
        parameters=(
            *_SELECTION,
            _number("offset", "how many runs are left out in front", 0, 0, 10**9),
            _number("limit", "how many runs at most", 100, 0, 1000),
            Parameter(name="snapshot", about="of an earlier page: the runs as they were then"),
            Parameter(name="count", about="whether the total has to be known, which may take long",
                      kind="boolean", default=True),
        ),
    ),
    Operation(
        name="listGroups", method="GET", path="/groups", result="Groups", serve=list_groups,
        summary="Runs folded into groups that have the same values, with means of numbers",
        parameters=(
            _STORE, _QUERY, _UTC, _TRASH,
            _BY,
            Parameter(name="value", about="numbers of which the means are wanted", many=True),
        ),
    ),
    Operation(
        name="readGroupCurves", method="GET", path="/groups/series", result=SERIES_TYPE,
        serve=read_group_curves,
        summary="Means of metrics over the runs of each group, as binary numbers",
        parameters=(
            _STORE, _QUERY, _UTC, _TRASH, _BY,
            _number("group", "places of groups in the list (default: all)", None, 0, 10**6, True),
            Parameter(name="statistic", about="what the band around the mean shows",
                      default="ci", choices=STATISTICS),
            *_POINTS,
            _number("buckets", "how many at most", 200, 1, 10_000),
        ),
    ),
    Operation(
        name="markGroups", method="GET", path="/groups/marks", result="GroupMarks",
        serve=mark_groups_of_runs,
        summary="How groups differ from the best one, or a pinned one, and whether that is noise",
        parameters=(
            _STORE, _QUERY, _UTC, _TRASH, _BY,
            Parameter(name="value", about="the number that is compared", required=True),
            _number("group", "places of groups in the list (default: all)", None, 0, 10**6, True),
            _number("base", "the place of the pinned group (default: the best)", None, 0, 10**6),
            Parameter(name="better", about="which values are better (default: as the roll-up says)",
                      choices=("higher", "lower")),
        ),
    ),
    Operation(
        name="rankImportance", method="GET", path="/importance", result="EntryImportance",
        serve=rank_importance, summary="Which entries matter for a number, by Optuna if installed",
        parameters=(
            _STORE, _QUERY, _UTC, _TRASH,
            Parameter(name="value", about="the number", required=True),
            Parameter(name="entry", about="the entries", many=True),
            Parameter(name="run", about="only these runs, as STORE/KEY", many=True),
        ),
    ),
    Operation(
        name="readNoise", method="GET", path="/noise", result="Noise", serve=read_noise,
        summary="What the seeds alone change in the experiment of a run",
        parameters=(
            Parameter(name="run", about="a run of the experiment, as STORE/KEY", required=True),
            Parameter(name="value", about="numbers", many=True),
            Parameter(name="among", about="how many runs are compared with each other (default: 2)",
                      kind="integer", many=True, minimum=2),
        ),
    ),
    Operation(
        name="findUsersOfFile", method="GET", path="/files", result="FileUsers",
        serve=read_users_of_file, summary="The runs that have made or read a content",
        parameters=(Parameter(name="md5", about="of the content", required=True),),
    ),
    Operation(
        name="compareRuns", method="GET", path="/comparison", result="Comparison",
        serve=compare_runs, summary="What differs between runs, and which metrics they have",
        parameters=(
            Parameter(name="run", about="runs, as STORE/KEY", many=True),
            Parameter(name="part", about="what is compared", many=True, choices=COMPARED_PARTS),
        ),
    ),
    Operation(
        name="exportRuns", method="GET", path="/export", result="*/*", serve=export_runs,
        summary="The table of a query as a file",
        parameters=(
            *_SELECTION,
            Parameter(name="format", about="of the file", required=True,
                      choices=("csv", "json", "latex", "markdown")),
            _number("limit", "how many runs at most", 100_000, 1, 1_000_000),
        ),
    ),
    Operation(
        name="readRun", method="GET", path=_RUN, result="Run", serve=read_run,
        summary="A run, but for its points, its output and its files",
    ),
    Operation(
        name="readConfig", method="GET", path=f"{_RUN}/config", result="Config",
        serve=read_config, summary="The configuration of a run",
    ),
    Operation(
        name="readOutput", method="GET", path=f"{_RUN}/output", result="Output",
        serve=read_output, summary="A part of the output of a run",
        parameters=(
            _number("from", "the first byte; negative: counted from the end", 0, None, 10**15),
            _number("to", "the byte behind the last one", None, 0, 10**15),
        ),
    ),
    Operation(
        name="readRecord", method="GET", path=f"{_RUN}/record", result="Record",
        serve=read_record, summary="The record of a run as it is stored",
    ),
    Operation(
        name="readLineage", method="GET", path=f"{_RUN}/lineage", result="Lineage",
        serve=read_lineage, summary="The runs before and after a run, by the contents of files",
    ),
    Operation(
        name="readFile", method="GET", path=f"{_RUN}/files", result="*/*", serve=read_file,
        summary="A file of a run, or a range of its bytes",
        parameters=(
            Parameter(name="kind", about="of the file", default="artifacts",
                      choices=("artifacts", "resources", "sources")),
            Parameter(name="name", about="of the file", required=True),
            Parameter(name="show", about="to be shown, not to be saved", kind="boolean",
                      default=False),
        ),
    ),
    Operation(
        name="readTable", method="GET", path=f"{_RUN}/table", result="StoredTable",
        serve=read_table, summary="The first rows of a file in the format Parquet",
        parameters=(
            Parameter(name="kind", about="of the file", default="artifacts",
                      choices=("artifacts", "resources", "sources")),
            Parameter(name="name", about="of the file", required=True),
        ),
    ),
    Operation(
        name="readTensorBoard", method="GET", path=f"{_RUN}/tensorboard", result="LogDirectories",
        serve=read_tensorboard, summary="The log directories of a run, for TensorBoard",
    ),
    Operation(
        name="startTensorBoard", method="POST", path=f"{_RUN}/tensorboard", body="Nothing",
        result="StartedTensorBoard", serve=start_tensorboard,
        summary="Start TensorBoard over the log directories of a run",
    ),
    Operation(
        name="readSeries", method="GET", path="/series", result=SERIES_TYPE, serve=read_series,
        summary="Points of metrics in buckets, as binary numbers",
        parameters=(
            Parameter(name="run", about="runs, as STORE/KEY", many=True),
            *_POINTS,
            _number("buckets", "how many at most", 500, 1, 10_000),
        ),
    ),
    Operation(
        name="listViews", method="GET", path="/views", result="Views", serve=list_views,
        summary="Saved views",
    ),
    Operation(
        name="streamChanges", method="GET", path="/events", result="text/event-stream",
        serve=stream_changes, summary="What changes in the stores, as server-sent events",
        parameters=(_number("after", "the number of the last known event", None, 0, 10**15),),
    ),
    Operation(
        name="editRun", method="PATCH", path=_RUN, body="AnnotationChanges", result="Annotated",
        serve=edit_run, summary="Change annotations of a run, with If-Match",
    ),
    Operation(
        name="discardRuns", method="POST", path="/trash", body="RunNames", result="Changed",
        serve=discard_runs, summary="Put runs into the trash",
    ),
    Operation(
        name="recoverRuns", method="POST", path="/restore", body="RunNames", result="Changed",
        serve=recover_runs, summary="Move runs out of the trash",
    ),
    Operation(
        name="saveView", method="POST", path="/views", body="View", result="Views",
        serve=save_view, summary="Save a view, or delete it",
    ),
    *QUEUE_OPERATIONS,
)  # fmt: skip
