"""`SETTINGS`."""

from __future__ import annotations

import copy
import pickle

import munch
import pytest

from sacred.settings import SETTINGS, SettingError, Settings

EXPECTED = {
    "CONFIG": {
        "ENFORCE_KEYS_MONGO_COMPATIBLE": True,
        "ENFORCE_KEYS_JSONPICKLE_COMPATIBLE": True,
        "ENFORCE_VALID_PYTHON_IDENTIFIER_KEYS": False,
        "ENFORCE_STRING_KEYS": False,
        "ENFORCE_KEYS_NO_EQUALS": True,
        "CHECK_TYPES": True,
        "READ_ONLY_CONFIG": True,
        "IGNORED_COMMENTS": ["^pylint:", "^noinspection"],
        "NUMPY_RANDOM_LEGACY_API": False,
        "ENFORCE_KNOWN_ENTRIES": False,
    },
    "HOST_INFO": {"INCLUDE_GPU_INFO": True, "INCLUDE_CPU_INFO": True, "CAPTURED_ENV": []},
    "COMMAND_LINE": {"STRICT_PARSING": False, "SHOW_DISABLED_OPTIONS": True},
    "CAPTURE_MODE": "fd",
    "DISCOVER_DEPENDENCIES": "imported",
    "DISCOVER_SOURCES": "imported",
    "DEFAULT_BEAT_INTERVAL": 10.0,
    "SYSTEM_METRICS": False,
    "REUSE_RUNS": False,
}


@pytest.fixture
def settings():
    """A copy that tests may change."""
    return SETTINGS.copy()


def test_defaults():
    """Keys and values are those that users know."""
    assert SETTINGS.toDict() == EXPECTED


def test_items_and_attributes_are_the_same(settings):
    """Both ways lead to the same value."""
    settings.CONFIG.READ_ONLY_CONFIG = False
    assert settings["CONFIG"]["READ_ONLY_CONFIG"] is False
    settings["CONFIG"]["READ_ONLY_CONFIG"] = True
    assert settings.CONFIG.READ_ONLY_CONFIG is True


@pytest.mark.parametrize(
    "change",
    [
        lambda s: setattr(s, "UNKNOWN", 1),
        lambda s: s.__setitem__("UNKNOWN", 1),
        lambda s: s.__setitem__("CONFIG.UNKNOWN", 1),
        lambda s: setattr(s.CONFIG, "UNKNOWN", 1),
        lambda s: s.update(UNKNOWN=1),
        lambda s: s.update({"CONFIG": {"UNKNOWN": 1}}),
        lambda s: s.setdefault("UNKNOWN", 1),
        lambda s: s.__ior__({"UNKNOWN": 1}),
    ],
)
def test_unknown_settings(settings, change):
    """Whichever way one is set, it is refused."""
    with pytest.raises(SettingError, match=r"Unknown setting: .*UNKNOWN.*Possible keys are"):
        change(settings)
    assert settings == EXPECTED


def test_the_nearest_setting_is_offered(settings):
    """A typo gets a hint."""
    with pytest.raises(SettingError, match='Did you mean "READ_ONLY_CONFIG"'):
        settings.CONFIG.READONLY_CONFIG = True


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CAPTURE_MODE", "all"),
        ("DISCOVER_SOURCES", "pkg"),
        ("DISCOVER_DEPENDENCIES", "dir"),
        ("DEFAULT_BEAT_INTERVAL", -1),
        ("DEFAULT_BEAT_INTERVAL", float("nan")),
        ("DEFAULT_BEAT_INTERVAL", "10"),
        ("SYSTEM_METRICS", 0),
        ("SYSTEM_METRICS", "on"),
        ("REUSE_RUNS", "always"),
        ("CONFIG", 5),
    ],
)
def test_wrong_values(settings, key, value):
    """A value that the setting cannot take is refused, and named."""
    with pytest.raises(SettingError, match=key):
        settings[key] = value


def test_lists_must_not_be_strings(settings):
    """A forgotten pair of brackets is noticed."""
    with pytest.raises(SettingError, match="list of strings"):
        settings.HOST_INFO.CAPTURED_ENV = "HOME"


def test_setting_a_part(settings):
    """A dict for a nested setting changes what it names, in place."""
    config = settings.CONFIG
    settings.CONFIG = {"ENFORCE_STRING_KEYS": True}
    assert config.ENFORCE_STRING_KEYS is True
    assert config.READ_ONLY_CONFIG is True


@pytest.mark.parametrize(
    "remove",
    [
        lambda s: s.pop("CAPTURE_MODE"),
        lambda s: s.popitem(),
        lambda s: s.clear(),
        lambda s: s.__delitem__("CAPTURE_MODE"),
        lambda s: delattr(s, "CAPTURE_MODE"),
    ],
)
def test_settings_stay(settings, remove):
    """They cannot be removed."""
    with pytest.raises(SettingError, match="cannot be removed"):
        remove(settings)


def test_reading_what_is_not_there(settings):
    """Reading raises as an object and a dict do."""
    with pytest.raises(AttributeError):
        _ = settings.NOPE
    with pytest.raises(KeyError):
        settings["NOPE"]
    assert settings.get("NOPE") is None


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, Settings.copy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_copies_are_independent(duplicate):
    """A copy has the same values and its own parts."""
    other = duplicate(SETTINGS)
    assert isinstance(other, Settings)
    assert other == SETTINGS
    other.CONFIG.IGNORED_COMMENTS.append("x")
    other.CONFIG.ENFORCE_STRING_KEYS = True
    assert SETTINGS.toDict() == EXPECTED


def test_dir_and_repr(settings):
    """Interactive users see the names."""
    assert "CAPTURE_MODE" in dir(settings)
    assert repr(settings).startswith("Settings({'CONFIG': Settings(")


def test_it_is_a_munch_all_through(settings):
    """Third parties look for that."""
    assert isinstance(settings, munch.Munch)
    assert isinstance(settings.CONFIG, munch.Munch)
    assert munch.unmunchify(settings) == EXPECTED
    assert vars(settings) == EXPECTED


@pytest.mark.parametrize("name", ["READ_ONLY_CONFIG", "IGNORED_COMMENTS"])
def test_pytest_can_set_attributes_for_a_while(name):
    before = SETTINGS.CONFIG[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SETTINGS.CONFIG, name, [])
        assert SETTINGS.CONFIG[name] == []
        patch.setattr(SETTINGS, "CAPTURE_MODE", "sys")
        patch.setattr("sacred.settings.SETTINGS.HOST_INFO.INCLUDE_GPU_INFO", False)
        patch.setattr(SETTINGS, "COMMAND_LINE", {"STRICT_PARSING": True})
    assert SETTINGS.CONFIG[name] == before
    assert SETTINGS.toDict() == EXPECTED


def test_no_interval_is_as_often_as_is_sensible(settings):
    settings.DEFAULT_BEAT_INTERVAL = 0
    assert settings.DEFAULT_BEAT_INTERVAL == 0
