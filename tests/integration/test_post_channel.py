"""A letter is sent when its batch is there, and a batch is there whole or not at all."""

import asyncio
import csv
import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from contracts.values import Address
from hub.channels.parcel import Accepted, Enclosure, Letter, Mail, Parcel, Refused, TryLater, Unsure
from hub.channels.post import batch
from hub.channels.post.address import address_lines
from hub.channels.post.letters import PostChannel
from hub.channels.post.returns import CODES, Returned, read_returns
from hub.errors import HubError


def a_parcel(number: int = 1, first: str = "Anna Muster") -> Parcel:
    letter = Letter("The Hub", (first, "1 Street", "10115 Berlin"), b"%PDF-" + str(number).encode())
    return Parcel(f"d-{number}", first, letter)


def batches(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


async def test_letters_go_in_batches_and_each_is_in_one(tmp_path: Path) -> None:
    channel = PostChannel(tmp_path, most=3, seconds=60)
    sending = [asyncio.create_task(channel.send(a_parcel(number))) for number in range(1, 8)]
    await asyncio.gather(*sending[:6])
    assert not sending[6].done()
    await channel.close()
    receipts = await asyncio.gather(*sending)
    assert all(isinstance(receipt, Accepted) for receipt in receipts)
    manifests = [json.loads((path / "manifest.json").read_text()) for path in batches(tmp_path)]
    assert sorted(manifest["letters"] for manifest in manifests) == [1, 3, 3]
    assert sorted(file["delivery"] for manifest in manifests for file in manifest["files"]) == [f"d-{number}" for number in range(1, 8)]
    assert [fault for path in batches(tmp_path) for fault in batch.faults(path)] == []


async def test_what_a_letter_encloses_lies_once_in_its_batch_and_stands_in_the_manifest(tmp_path: Path) -> None:
    prices = Enclosure("price-list@2026-05", sha256(b"%PDF-prices").hexdigest(), b"%PDF-prices")
    again = prices._replace(document="price-list@2026-06")
    channel = PostChannel(tmp_path, most=3, seconds=60)
    parcels = [a_parcel(number) for number in (1, 2, 3)]
    for at, encloses in ((0, (prices,)), (1, (prices, again))):
        parcels[at] = replace(parcels[at], content=replace(parcels[at].content, enclosures=encloses))
    await asyncio.gather(*(channel.send(parcel) for parcel in parcels))
    (there,) = batches(tmp_path)
    manifest = json.loads((there / "manifest.json").read_text())
    assert [entry.get("encloses") for entry in manifest["files"]] == [[prices.document], [prices.document, again.document], None]
    file = f"enclosure-{prices.sha256[:16]}.pdf"
    facts = {"file": file, "bytes": len(prices.pdf), "sha256": prices.sha256}
    assert manifest["enclosures"] == [{"document": prices.document, **facts}, {"document": again.document, **facts}]
    assert (there / file).read_bytes() == prices.pdf
    assert batch.faults(there) == []
    (there / file).write_bytes(b"%PDF-other")
    assert batch.faults(there) == [f"{file}: expected the content of the manifest's checksum"]
    (there / file).unlink()
    assert batch.faults(there) == [f"{file}: expected to be there"]


async def test_a_batch_that_is_not_full_goes_when_its_time_is_up(tmp_path: Path) -> None:
    channel = PostChannel(tmp_path, most=100, seconds=0.05)
    assert isinstance(await channel.send(a_parcel()), Accepted)
    await channel.close()


async def test_the_address_file_has_a_row_per_letter_and_no_formulas(tmp_path: Path) -> None:
    channel = PostChannel(tmp_path, most=1, seconds=60)
    await channel.send(a_parcel(first='=HYPERLINK("http://x")'))
    (there,) = batches(tmp_path)
    with (there / "addresses.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["file"], row["delivery"], row["line_1"], row["line_3"]) == ("00001.pdf", "d-1", '\'=HYPERLINK("http://x")', "10115 Berlin")


@pytest.mark.parametrize("breaks_at", ["write", "rename"])
async def test_a_batch_that_cannot_be_written_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks_at: str) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    if breaks_at == "write":
        monkeypatch.setattr(batch, "_write", full)
    else:
        monkeypatch.setattr(Path, "rename", full)
    channel = PostChannel(tmp_path, most=1, seconds=60)
    assert await channel.send(a_parcel()) == TryLater("print batch not written: No space left on device")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a test may wait for its own folder
    monkeypatch.undo()
    assert isinstance(await channel.send(a_parcel()), Accepted)


async def test_a_batch_that_is_there_and_perhaps_not_for_long_is_unsure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def breaking(handle: int) -> None:
        if batches(tmp_path):
            raise OSError(5, "Input/output error")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", breaking)
    channel = PostChannel(tmp_path, most=1, seconds=60)
    assert isinstance(await channel.send(a_parcel()), Unsure)


async def test_an_error_that_nobody_foresaw_reaches_whoever_sends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "_addresses", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await PostChannel(tmp_path, most=1, seconds=60).send(a_parcel())


async def test_a_sender_that_is_cancelled_leaves_the_letter_to_its_batch(tmp_path: Path) -> None:
    channel = PostChannel(tmp_path, most=100, seconds=60)
    sending = asyncio.create_task(channel.send(a_parcel()))
    await asyncio.sleep(0)
    sending.cancel()
    await channel.close()
    assert len(batches(tmp_path)) == 1


async def test_a_mail_does_not_go_by_post(tmp_path: Path) -> None:
    channel = PostChannel(tmp_path, most=1, seconds=1)
    assert isinstance(await channel.send(Parcel("d-1", "x", Mail.of("a@b.test", b""))), Refused)


def test_an_altered_batch_is_seen(tmp_path: Path) -> None:
    batch.commit(tmp_path, "b", [("d-1", a_parcel().content), ("d-2", a_parcel(2).content)], datetime(2026, 5, 1, tzinfo=UTC))  # type: ignore[list-item]
    there = tmp_path / "b"
    (there / "00001.pdf").write_bytes(b"other")
    (there / "00002.pdf").unlink()
    (there / "00003.pdf").write_bytes(b"more")
    (there / "addresses.csv").unlink()
    (there / "addresses.csv").mkdir()  # which not even root reads as a file
    assert batch.faults(there) == [
        "00003.pdf: expected a file of the manifest",
        "00002.pdf: expected to be there",
        "00001.pdf: expected the content of the manifest's checksum",
        "addresses.csv: expected a file that can be read (Is a directory)",
    ]


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (Address(street="Hauptstr. 1", postal_code="10115", city="Berlin", country="DE"), ("Anna", "Hauptstr. 1", "10115 BERLIN")),
        (Address(street="Hauptstr. 1", postal_code="10115", city="Berlin"), ("Anna", "Hauptstr. 1", "10115 BERLIN")),
        (
            Address(street="1 Main St", postal_code="94016", city="SF", region="CA", country="US"),
            ("Anna", "1 Main St", "SF, CA 94016", "UNITED STATES"),
        ),
        (Address(street="Hauptstr. 1", city="Berlin", country="DE"), None),
        (Address(city="Berlin", postal_code="10115", country="DE"), None),
        (Address(street="Hauptstr. 1", postal_code="10115", city="Berlin", country="ZZ"), None),
        (Address(street="x" * 90, postal_code="10115", city="Berlin", country="DE"), None),
        (None, None),
    ],
)
def test_an_address_is_written_as_its_country_wants_it(address: Address | None, lines: tuple[str, ...] | None) -> None:
    assert address_lines("Anna", address, "DE") == lines


ONE, TWO = "f613e8ee-09a5-5c09-a4f8-953d9d33b367", "3e2e3c38-14a4-5cda-b3c5-151d296cff11"
TODAY = date(2026, 5, 20)


def test_what_came_back_is_read(tmp_path: Path) -> None:
    file = tmp_path / "returns.csv"
    file.write_text(f"delivery,code,seen,returned_on\n{ONE},11,x,2026-05-20\n{TWO},20,y,2026-05-01\n", encoding="utf-8-sig")
    assert read_returns(file, TODAY) == [
        Returned(ONE, "11", TODAY, "unknown_address", True),
        Returned(TWO, "20", date(2026, 5, 1), "unreachable", False),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("delivery,code\nd-1\n", "returns.csv:1: expected a head with the columns delivery, code, returned_on"),
        (f"delivery,code,returned_on\n{ONE},77,2026-05-01\n,10,\n", f"returns.csv:2: code: expected one of {', '.join(CODES)}"),
        ("delivery,code,returned_on\n../../x,10,2026-05-01\n", "returns.csv:2: delivery: expected"),
        (f"delivery,code,returned_on\n{ONE},10,2026-05-21\n", "returns.csv:2: returned_on: expected a day until 2026-05-20"),
        (f"delivery,code,returned_on\n{ONE},10,soon\n", "returns.csv:2: returned_on: expected a day until 2026-05-20"),
    ],
)
def test_a_fault_of_the_returns_names_its_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "returns.csv"
    file.write_text(text)
    with pytest.raises(HubError) as error:
        read_returns(file, TODAY)
    assert told in str(error.value)
