"""Every name that third-party code imports, from exactly the place where it does."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

NAMES = {
    "sacred.observers.slack": "SlackObserver",
    "sacred.observers.telegram_obs": "TelegramObserver",
    "sacred.stflow": "LogFileWriter",
    "sacred.stflow.internal": "ContextMethodDecorator",
    "sacred.observers.s3_observer": "S3Observer s3_option",
    "sacred.observers.gcs_observer": "GoogleCloudStorageObserver gcs_option",
    "sacred.observers.sql": "SqlObserver sql_option",
    "sacred.observers.sql_bases": """
        Base Source Repository Dependency Artifact Resource Host Experiment Run
    """,
    "sacred.observers.tinydb_hashfs": "TinyDbObserver TinyDbReader tiny_db_option",
    "sacred.observers.tinydb_hashfs.bases": """
        NdArraySerializer DataFrameSerializer SeriesSerializer DateTimeSerializer
        FileSerializer BufferedReaderWrapper get_db_file_manager
    """,
    "sacred": """
        Experiment Ingredient SETTINGS observers host_info_getter host_info_gatherer
        cli_option __version__ __author__ __author_email__ __url__
        open_store RunStore RunTable RunRecord QueryError StoreError annotate copy_runs
    """,
    "sacred.stores": """
        Store ReadableStore Reader Collector Garbage MemoryStore store_from_url reader_of replay
        SourceFile Change SetFields Annotate SetExperiment WriteOutput AddPoints AddFile
        StoreError StoreAddressError StoreUnavailableError StorePermissionError
        StoreNotFoundError DamagedRunError RunExistsError RunNotFoundError
        InvalidArtifactError ReservedArtifactError
    """,
    "sacred.experiment": """
        Experiment gather_command_line_options
    """,
    "sacred.ingredient": """
        Ingredient
    """,
    "sacred.run": """
        Run
    """,
    "sacred.initialize": """
        create_run Scaffold create_scaffolding gather_ingredients_topological
        get_configuration get_config_modifications get_command distribute_config_updates
        distribute_presets distribute_named_configs initialize_logging
        get_scaffolding_and_config_name find_best_match
    """,
    "sacred.settings": """
        SETTINGS SettingError
    """,
    "sacred.commands": """
        print_config print_dependencies save_config print_named_configs help_for_command
        ConfigEntry PathEntry COLOR_ADDED COLOR_MODIFIED COLOR_TYPECHANGED COLOR_DOC
        COLOR_DIRTY ENDC LEGEND _format_config _format_entry _iterate_marked
        _format_named_config _format_named_configs
    """,
    "sacred.commandline_options": """
        cli_option CLIOption CommandLineOption loglevel_option force_option comment_option
        help_option debug_option pdb_option beat_interval_option unobserved_option
        queue_option priority_option enforce_clean_option print_config_option name_option
        id_option capture_option
    """,
    "sacred.arg_parser": """
        get_config_updates format_usage _convert_value
    """,
    "sacred.config": """
        ConfigScope ConfigDict chain_evaluate_config_scopes create_captured_function
        load_config_file save_config_file dogmatize undogmatize
    """,
    "sacred.config.config_scope": """
        ConfigScope
    """,
    "sacred.config.config_dict": """
        ConfigDict
    """,
    "sacred.config.config_files": """
        load_config_file save_config_file HANDLER_BY_EXT
    """,
    "sacred.config.config_summary": """
        ConfigSummary
    """,
    "sacred.config.captured_function": """
        create_captured_function
    """,
    "sacred.config.signature": """
        Signature
    """,
    "sacred.config.custom_containers": """
        DogmaticDict DogmaticList ReadOnlyDict ReadOnlyList make_read_only fallback_dict
        type_changed is_different
    """,
    "sacred.config.utils": """
        assert_is_valid_key normalize_or_die normalize_numpy recursive_fill_in
        chain_evaluate_config_scopes dogmatize undogmatize
    """,
    "sacred.randomness": """
        get_seed create_rnd set_global_seed SEEDRANGE
    """,
    "sacred.serializer": """
        flatten restore json
    """,
    "sacred.host_info": """
        get_host_info host_info_getter host_info_gatherer host_info_gatherers
        HostInfoGetter IgnoreHostInfo check_additional_host_info
    """,
    "sacred.dependencies": """
        Source PackageDependency get_digest gather_sources_and_dependencies
        get_py_file_if_possible is_local_source PEP440_VERSION_PATTERN
    """,
    "sacred.metrics_logger": """
        MetricsLogger ScalarMetricLogEntry linearize_metrics
    """,
    "sacred.stdout_capturing": """
        get_stdcapturer
    """,
    "sacred.optional": """
        optional_import modules_exist get_tensorflow libc has_numpy np has_yaml yaml
        has_pandas pandas has_sqlalchemy has_mako has_tinydb has_tensorflow
    """,
    "sacred.observers": """
        RunObserver FileStorageObserver MongoObserver QueuedMongoObserver QueueObserver
        SqlObserver TinyDbObserver TinyDbReader S3Observer GoogleCloudStorageObserver
        SlackObserver TelegramObserver
    """,
    "sacred.observers.base": """
        RunObserver td_format
    """,
    "sacred.observers.file_storage": """
        FileStorageObserver file_storage_option
    """,
    "sacred.observers.mongo": """
        MongoObserver QueuedMongoObserver QueueCompatibleMongoObserver mongo_db_option
        parse_mongo_db_arg force_bson_encodeable DEFAULT_MONGO_PRIORITY
    """,
    "sacred.observers.queue": """
        QueueObserver WrappedEvent
    """,
    "sacred.utils": """
        recursive_update iterate_flattened iterate_flattened_separately set_by_dotted_path
        get_by_dotted_path iter_prefixes join_paths is_prefix rel_path
        convert_to_nested_dict convert_camel_case_to_snake_case
        apply_backspaces_and_linefeeds optional_kwargs_decorator get_inheritors
        module_exists modules_exist module_is_in_cache parse_version get_package_version
        ensure_wellformed_argv create_basic_stream_logger format_filtered_stacktrace
        print_filtered_stacktrace format_sacred_error IntervalTimer PATHCHANGE NO_LOGGER
        PYTHON_IDENTIFIER PathType SacredError ConfigError InvalidConfigError
        MissingConfigError NamedConfigNotFoundError ConfigAddedError SignatureError
        CircularDependencyError ObserverError SacredInterrupt TimeoutInterrupt
    """,
}

SCAFFOLD = """
    config_updates named_configs_to_use config fallback presets fixture logger seed rnd
    config_mods summaries captured_args commands
    set_up_seed gather_fallbacks get_config_updates_recursive get_fixture run_named_config
    set_up_config run_config_hooks get_config_modifications finalize_initialization
"""
#: What scripts pass by position or by name, as ``def`` has it; more may follow.
ARGUMENTS = {
    "FileStorageObserver": """
        basedir, resource_dir=None, source_dir=None, template=None, priority=20,
        copy_artifacts=True, copy_sources=True
    """,
    "MongoObserver": """
        url=None, db_name="sacred", collection="runs", collection_prefix="", overwrite=None,
        priority=30, client=None, failure_dir=None, **kwargs
    """,
    "MongoObserver.create_from": """
        runs_collection, fs, overwrite=None, metrics_collection=None, failure_dir=None,
        priority=30
    """,
    "QueuedMongoObserver": """
        interval=20.0, retry_interval=10.0, url=None, db_name="sacred", collection="runs",
        overwrite=None, priority=30, client=None, **kwargs
    """,
    "QueueObserver": "covered_observer, interval=20.0, retry_interval=10.0",
    "SqlObserver": "url, echo=False, priority=40",
    "SqlObserver.create_from": "engine, session, priority=40",
    "SqlObserver.query": "self, _id",
    "TinyDbObserver": 'path="./runs_db", overwrite=None',
    "TinyDbObserver.create_from": "db, fs, overwrite=None, root=None",
    "TinyDbReader": "path",
    "TinyDbReader.fetch_metadata": "self, exp_name=None, query=None, indices=None",
    "TinyDbReader.fetch_files": "self, exp_name=None, query=None, indices=None",
    "TinyDbReader.fetch_report": "self, exp_name=None, query=None, indices=None",
    "S3Observer": """
        bucket, basedir, resource_dir=None, source_dir=None, priority=20, region=None
    """,
    "GoogleCloudStorageObserver": """
        bucket, basedir, resource_dir=None, source_dir=None, priority=20
    """,
    "SlackObserver": """
        webhook_url, bot_name="sacred-bot", icon=":angel:", priority=10, completed_text=None,
        interrupted_text=None, failed_text=None
    """,
    "TelegramObserver": "bot, chat_id, silent_completion=False, priority=10, **texts",
    "SlackObserver.from_config": "filename",
    "TelegramObserver.from_config": "filename",
}
COMPATIBILITY_MODULES = [
    "sacred.utils",
    "sacred.optional",
    "sacred.arg_parser",
    "sacred.commandline_options",
    "sacred.config.custom_containers",
    "sacred.config.utils",
    "sacred.observers.sql_bases",
]


@pytest.mark.parametrize("module", NAMES)
def test_names_are_where_they_were(module: str) -> None:
    """Old import paths are compatibility modules, but they are there."""
    loaded = importlib.import_module(module)
    missing = [name for name in NAMES[module].split() if not hasattr(loaded, name)]
    assert not missing


LAZY = sorted(
    ".".join(("sacred", *stub.relative_to(ROOT / "sacred").parts[:-1]))
    for stub in (ROOT / "sacred").rglob("__init__.pyi")
)


@pytest.mark.parametrize("package", LAZY)
def test_a_package_shows_what_its_stub_lists_and_nothing_else(package: str) -> None:
    """The stub is read here by Python itself: it names each public name once, and its home."""
    module = importlib.import_module(package)
    tree = ast.parse(Path(str(module.__file__)).with_suffix(".pyi").read_text(encoding="utf-8"))
    listed = [
        (node.module, alias.name, alias.asname)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "typing"
        for alias in node.names
    ]
    names = [name for _, name, _ in listed]
    assert dir(module) == sorted(set(names)) == sorted(names)
    assert sorted(module.__all__) == dir(module)
    for home, name, exported in listed:
        assert exported == name
        assert getattr(module, name) is getattr(importlib.import_module(home), name)


def test_what_no_stub_lists_is_no_attribute() -> None:
    for package in ("sacred", "sacred.observers", "sacred.testing"):
        with pytest.raises(AttributeError, match="has no attribute 'Unknown'"):
            _ = importlib.import_module(package).Unknown


# Each name in a fork of its own, in which nothing else has been imported.
EACH_ALONE = """
import os, sys
import sacred
for module in sys.argv[1:]:
    child = os.fork()
    if not child:
        eval(module)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{module} is no attribute")
print("all of", len(sys.argv) - 1)
"""


def test_submodules_are_attributes() -> None:
    """``import sacred; sacred.utils.join_paths`` works, in a fresh process too."""
    modules = sorted(set(NAMES) - {"sacred"})
    command = [sys.executable, "-W", "error", "-c", EACH_ALONE, *modules]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"all of {len(modules)}\n"


def test_the_scaffold_has_what_a_cluster_tool_reads_and_writes() -> None:
    """Attributes of an instance and methods, as one widely used tool has them."""
    from sacred import Experiment
    from sacred.initialize import create_scaffolding, gather_ingredients_topological

    experiment = Experiment("named", interactive=True, save_git_info=False)
    ingredients = gather_ingredients_topological(experiment)
    scaffold = create_scaffolding(experiment, ingredients)[""]
    missing = [name for name in SCAFFOLD.split() if not hasattr(scaffold, name)]
    assert not missing
    for name in SCAFFOLD.split():
        if not callable(getattr(scaffold, name)):
            setattr(scaffold, name, "written")
            assert getattr(scaffold, name) == "written"


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_keep_their_names_places_and_defaults(name: str) -> None:
    """What has been added since stands behind them, and may be left out."""
    found: object = importlib.import_module("sacred.observers")
    for part in name.split("."):
        found = getattr(found, part)
    assert callable(found)
    promised = eval(f"lambda {' '.join(ARGUMENTS[name].split())}: None")
    parameters = list(inspect.signature(found).parameters.values())
    wanted = list(inspect.signature(promised).parameters.values())
    added = parameters[len(wanted) :]
    for parameter, old in zip(parameters, wanted, strict=False):
        assert (parameter.name, parameter.kind) == (old.name, old.kind)
        assert parameter.default == old.default
    assert len(parameters) >= len(wanted)
    assert all(parameter.default is not parameter.empty for parameter in added)


@pytest.mark.parametrize("module", COMPATIBILITY_MODULES)
def test_compatibility_modules_are_short(module: str) -> None:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    assert len(Path(spec.origin).read_text(encoding="utf-8").splitlines()) <= 40
