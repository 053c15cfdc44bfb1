"""Every relative link on a page leads somewhere, to the heading it names."""

import re
from pathlib import Path

from tests.support import tree

_LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|href)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#+\s+(.+?)\s*#*$", re.MULTILINE)
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors(page: str) -> set[str]:
    """What a page's headings are called in links."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(page)}


def broken(where: Path, page: str, root: Path) -> list[str]:
    """The links of a page that lead nowhere; those out of the project are not followed."""
    found = []
    for match in _LINK.finditer(_CODE.sub("", page)):
        link = match[1] or match[2]
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = root / where.parent / name if name else root / where
        if not target.exists():
            found.append(f"{where}: {link} leads nowhere: mend it")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text() if name else page):
            found.append(f"{where}: {link}: the page has no such heading")
    return found


def test_every_link_leads_somewhere() -> None:
    found = [fault for path, page in tree.pages().items() for fault in broken(path, page, tree.ROOT)]
    assert not found, "\n".join(found)


def test_every_page_can_be_found_from_the_readme() -> None:
    seen, due = set[Path](), [Path("README.md")]
    while due:
        page = due.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = (match[1] or match[2] for match in _LINK.finditer(tree.text(page)))
        names = (link.partition("#")[0] for link in links if not re.match(r"[a-z]+:", link))
        due += [
            (tree.ROOT / page.parent / name).resolve().relative_to(tree.ROOT)
            for name in names
            if name and (tree.ROOT / page.parent / name).exists()
        ]
    lost = tree.pages().keys() - seen
    assert not lost, f"link {', '.join(sorted(map(str, lost)))} from README.md or a page that it links"


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A heading, `coded`\n")
    page = (
        "[a](there.md) [b](not.md) [c](there.md#a-heading-coded) [d](there.md#other) `[e](code.md)` [f](https://example.org/x) [g](#none)"
    )
    assert [fault.split(": ")[1].split(" ")[0] for fault in broken(Path("page.md"), page, tmp_path)] == [
        "not.md",
        "there.md#other",
        "#none",
    ]
