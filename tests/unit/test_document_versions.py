"""A version that was laid down again stands as it was said last, from that day on; what is laid down is a file for ever."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts.base import SalesDocument
from hub.channels.enclosures import enclosed
from hub.cli.documents import app
from hub.errors import InputError
from hub.operations import documents
from hub.rules.basedata import BaseData
from hub.rules.document_versions import version_on
from hub.state.document_store import DocumentStore, measure
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
    for name, content in (("list.PDF", b"<html>not found</html>"), ("list.pdf", b"%PDF-1.7 prices"), ("list.csv", b"a;b")):
        (tmp_path / name).write_bytes(content)
    for name in ("list.pdf", "list.csv"):
        documents.check(tmp_path / name)
    with pytest.raises(InputError, match=r"FILE: expected a PDF, as its name says, got 'list\.PDF'"):
        documents.check(tmp_path / "list.PDF")


def test_one_that_is_laid_down_all_the_same_is_put_back_where_it_was_lost(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file, old = tmp_path / "list.pdf", list[SalesDocument]()
    file.write_bytes(b"<html>not found</html>")
    words = ("add", str(file), "--id", "list", "--version", "1", "--title", "List", "--kind", "price_list")

    async def objections(_url: str, new: SalesDocument) -> SalesDocument | None:
        return new if old else None

    monkeypatch.setattr(documents, "objections", objections)
    monkeypatch.setenv("HUB_DOCUMENTS", str(tmp_path / "kept"))
    refused = CliRunner().invoke(app, [*words, "--dry-run"])
    assert "a PDF, as its name says" in str(refused.exception)
    old.append(edition(FIRST, "a" * 64))
    added = CliRunner().invoke(app, words)
    assert (added.exit_code, added.stdout.splitlines()[-1]) == (0, "Done: it was not kept here, and is now.")
    assert DocumentStore(tmp_path / "kept").find(measure(file).sha256) is not None
