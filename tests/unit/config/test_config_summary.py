import pickle

from hypothesis import given
from hypothesis import strategies as st

from sacred._base.paths import iter_prefixes
from sacred.config.config_summary import ConfigSummary
from sacred.provenance.origins import Origin

paths = st.sets(st.sampled_from(["a", "a.b", "a.b.c", "b", "b.c", "c", "c.d.e"]))


def test_constructor_restores_coherence():
    summary = ConfigSummary(
        added={"a.b"},
        modified={"c.d", "a.b"},
        typechanged={"a.b": (int, str), "t.u.v": (int, str)},
        docs={"a": "x"},
    )
    assert summary.added == set()
    assert summary.modified == {"c.d", "a", "t", "t.u", "c"}
    assert summary.typechanged == {"a.b": (int, str), "t.u.v": (int, str)}
    assert summary == {}


def test_update_from_intersects_added_and_unites_the_rest():
    summary = ConfigSummary(added={"a.b", "x"}, modified={"c.d"})
    other = ConfigSummary(
        added={"a.b", "z"}, modified={"m"}, docs={"b": "y"}, ignored_fallbacks={"f"}
    )
    summary.update_from(other)
    assert summary.added == {"a.b"}
    assert summary.modified == {"a", "c", "c.d", "m"}
    assert summary.docs == {"b": "y"}
    assert summary.ignored_fallbacks == {"f"}


def test_update_from_under_a_path():
    summary = ConfigSummary(added={"pre.z", "q"})
    summary.update_from(ConfigSummary(added={"z"}, modified={"m"}, docs={"z": "doc"}), path="pre")
    assert summary.added == {"pre.z"}
    assert summary.modified == {"pre", "pre.m"}
    assert summary.docs == {"pre.z": "doc"}


def test_update_add_unites_all():
    summary = ConfigSummary(added={"a.b"}, typechanged={"t": (int, str)})
    other = ConfigSummary(
        added={"z"},
        typechanged={"u": (int, str)},
        docs={"z": "doc"},
        origins={"z": Origin("update", "z=1")},
    )
    summary.update_add(other, path="pre")
    assert summary.added == {"a.b", "pre.z"}
    assert summary.typechanged == {"t": (int, str), "pre.u": (int, str)}
    assert summary.docs == {"pre.z": "doc"}
    assert summary.origins == {"pre.z": Origin("update", "z=1")}


def test_pickles():
    summary = ConfigSummary(added={"a"}, docs={"a": "x"})
    summary["a"] = 1
    made = pickle.loads(pickle.dumps(summary))
    assert made == {"a": 1}
    assert made.added == {"a"}
    assert made.docs == {"a": "x"}


@given(paths, paths, paths, paths)
def test_law_coherence(added, modified, typechanged, more):
    summary = ConfigSummary(added, modified, dict.fromkeys(typechanged, (int, str)))
    summary.update_add(ConfigSummary(more))
    changed = summary.added | summary.modified | summary.typechanged.keys()
    assert not summary.added & summary.modified
    assert summary.typechanged.keys().isdisjoint(summary.added | summary.modified)
    assert all(prefix in changed for path in changed for prefix in iter_prefixes(path))
