"""A body in the journal: whatever its size, a frame that every zstd reads."""

import os

import pytest
import zstandard

from hub.state import journal


@pytest.mark.parametrize("size", [0, 1, 199, 200, 255, 256, 5_000])
def test_a_body_is_read_back_by_any_zstd(size: int) -> None:
    for body in (os.urandom(size), b"x" * size):
        assert zstandard.ZstdDecompressor().decompress(journal.pack(body)) == body


def test_a_small_body_is_hardly_larger_for_its_frame() -> None:
    assert len(journal.pack(os.urandom(199))) == 199 + 9
