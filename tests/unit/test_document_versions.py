"""A version that was laid down again, to retire it or to end its validity sooner, stands as it was said last, from that day on."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.base import SalesDocument
from hub.channels.enclosures import enclosed
from hub.errors import InputError
from hub.operations.documents import draft
from hub.rules.basedata import BaseData
from hub.rules.document_versions import version_on
from hub.state.document_store import DocumentStore
from tests.support.calendars import SAID

FIRST, LATER = date(2026, 3, 1), date(2026, 6, 1)


def edition(begins: date, digest: str, version: str = "1", **more: Any) -> SalesDocument:
    file = {"file": "list.pdf", "sha256": digest, "size": 4, "document_kind": "price_list"}
    said = {"occurred_at": SAID, "effective_from": begins, "id": "list", "version": version, "title": "List"}
    return SalesDocument.model_validate({**said, **file, **more})


@pytest.fixture
def kept(tmp_path: Path) -> tuple[DocumentStore, str]:
    (tmp_path / "file").write_bytes(b"%PDF")
    store = DocumentStore(tmp_path / "kept")
    return store, store.keep(tmp_path / "file").sha256


def test_a_version_that_was_retired_goes_to_nobody_from_that_day_on(kept: tuple[DocumentStore, str]) -> None:
    store, digest = kept
    base = BaseData([edition(FIRST, digest), edition(LATER, digest, retired=True)])
    assert enclosed("list@1", base, store, date(2026, 5, 31)).content == b"%PDF"
    with pytest.raises(InputError, match="a version that is laid down"):
        enclosed("list@1", base, store, LATER)


def test_the_end_of_its_validity_moves_with_a_later_edition(kept: tuple[DocumentStore, str]) -> None:
    store, digest = kept
    base = BaseData([edition(FIRST, digest), edition(LATER, digest, valid_until=LATER)])
    assert enclosed("list@1", base, store, LATER).content == b"%PDF"
    with pytest.raises(InputError, match="valid on 2026-06-02"):
        enclosed("list@1", base, store, date(2026, 6, 2))


def test_another_version_changes_nothing_and_one_that_is_to_come_is_known() -> None:
    editions = [edition(LATER, "b" * 64, "2"), edition(FIRST, "a" * 64)]
    found = [version_on(day, name, editions) for day in (date(2026, 1, 1), LATER) for name in ("list@1", "list@2", "list@3")]
    assert [one and one.version for one in found] == ["1", "2", None] * 2


def test_a_file_that_is_no_pdf_although_its_name_says_so_is_refused_before_it_is_a_version_for_ever(tmp_path: Path) -> None:
    said = {"id": "list", "version": "1", "title": "List", "document_kind": "price_list"}
    for name, content in (("list.PDF", b"<html>not found</html>"), ("list.pdf", b"%PDF-1.7 prices"), ("list.csv", b"a;b")):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"FILE: expected a PDF, as its name says, got 'list\.PDF'"):
        draft(tmp_path / "list.PDF", said)
    assert [draft(tmp_path / name, said).file for name in ("list.pdf", "list.csv")] == ["list.pdf", "list.csv"]
