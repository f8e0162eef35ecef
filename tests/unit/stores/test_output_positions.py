"""Output with characters that UTF-8 lacks, of which the end is rewritten now and then."""

from hypothesis import given
from hypothesis import strategies as st

from sacred.serializer.escaped_text import original_text, storable_text
from sacred.stores.output_positions import OutputPositions

TEXTS = st.text(st.sampled_from("aé😀\ufdd0\ud800\udcffdf8"), max_size=6)


@given(text=TEXTS)
def test_a_stored_text_is_utf_8_and_comes_back(text):
    """Whatever stands behind a mark of the text itself."""
    stored = storable_text(text)
    stored.encode()
    assert original_text(stored) == text
    assert (stored == text) == (text.encode(errors="ignore").decode() == text.replace("\ufdd0", ""))


@given(writes=st.lists(st.tuples(st.integers(0, 4), TEXTS)))
def test_positions_are_those_of_the_stored_text(writes):
    """In characters as in bytes, after each write."""
    positions, told, stored, data = OutputPositions(), "", "", b""
    for cut, text in writes:
        told = told[: max(len(told) - cut, 0)]
        start, offset, new = positions.write(len(told), len(told.encode(errors="replace")), text)
        told += text
        stored, data = stored[:start] + new, data[:offset] + new.encode()
        assert stored == data.decode() == storable_text(told)
