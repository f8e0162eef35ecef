import importlib
import subprocess
import sys

import pytest

NAMES = {
    "sacred.config": "ConfigScope ConfigDict chain_evaluate_config_scopes create_captured_function "
    "load_config_file save_config_file dogmatize undogmatize",
    "sacred.config.config_scope": "ConfigScope",
    "sacred.config.config_dict": "ConfigDict",
    "sacred.config.config_files": "load_config_file save_config_file HANDLER_BY_EXT",
    "sacred.config.config_summary": "ConfigSummary",
    "sacred.config.captured_function": "create_captured_function",
    "sacred.config.signature": "Signature",
    "sacred.config.custom_containers": "DogmaticDict DogmaticList ReadOnlyDict ReadOnlyList "
    "make_read_only fallback_dict type_changed is_different",
    "sacred.config.utils": "assert_is_valid_key normalize_or_die normalize_numpy recursive_fill_in "
    "chain_evaluate_config_scopes dogmatize undogmatize",
}


@pytest.mark.parametrize("module", NAMES)
def test_names(module):
    loaded = importlib.import_module(module)
    for name in NAMES[module].split():
        assert callable(getattr(loaded, name)) or name.isupper()


def test_modules_are_attributes():
    script = (
        "import sacred.config; sacred.config.custom_containers.ReadOnlyDict; dir(sacred.config)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=60)


def test_unknown_names():
    import sacred.config

    with pytest.raises(AttributeError, match="nonsense"):
        sacred.config.nonsense  # noqa: B018


def test_loading_the_room_is_light():
    script = (
        "import sacred.config.captured_function, sacred.config.config_scope, "
        "sacred.config.config_dict, sys\n"
        "heavy = {'numpy', 'jsonpickle', 'pandas', 'multiprocessing'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=60)
