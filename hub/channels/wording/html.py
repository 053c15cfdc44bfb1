"""Make HTML of MJML, with marks where values go that are safe there."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

import css_inline
from mjml import mjml2html

from contracts.base.templates.v1 import UNSUBSCRIBE, FieldKind, split
from hub.errors import InputError

_URLS = {"href", "src", "action", "background", "formaction", "poster", "srcset", "xlink:href"}
_MARK = re.compile(r"hubq([0-9]{3})z")


def compiled(path: str, mjml: str, language: str, fields: Mapping[str, FieldKind]) -> list[str]:
    """The HTML in turns: text, the name of a field, text, and so on. Raises InputError for what is no MJML, or where a value could do harm.

    Within a page's address only a whole one may stand, and nothing within styles or scripts: escaping makes values safe as text and
    as an ordinary attribute, not there.
    """
    parts = split(mjml)
    names = sorted(set(parts[1::2]))
    marks = {name: f"hubq{at:03}z" for at, name in enumerate(names)}
    marked = "".join(part if at % 2 == 0 else marks[part] for at, part in enumerate(parts))
    if _MARK.search(mjml):
        raise InputError(path, "MJML without hubq000z and the like, which stands for places here")
    try:
        html = mjml2html(marked, fonts={}).replace('lang="und"', f'lang="{language}"')
        html = css_inline.inline(html, keep_style_tags=True, load_remote_stylesheets=False)
    except (ValueError, css_inline.InlineError) as error:
        raise InputError(path, f"MJML that can be read ({error})") from None
    links = {mark for name, mark in marks.items() if name == UNSUBSCRIBE or fields[name] == "link"}
    _Reader(path, links).feed(html)
    found = _MARK.split(html)
    if {int(at) for at in found[1::2]} != set(range(len(names))):
        lost = [name for at, name in enumerate(names) if str(at).zfill(3) not in found[1::2]]
        raise InputError(path, f"places within text or links; {', '.join(lost)} would be lost")
    return [part if at % 2 == 0 else names[int(part)] for at, part in enumerate(found)]


class _Reader(HTMLParser):
    """Refuses places where escaping does not help, and whatever runs."""

    def __init__(self, path: str, links: set[str]) -> None:
        super().__init__()
        self._path, self._links = path, links

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "iframe", "object", "embed", "form"}:
            raise InputError(self._path, f"nothing that runs or asks, such as <{tag}>")
        if any(_MARK.search(name) for name in (tag, *(name for name, _ in attrs))):
            raise InputError(self._path, "fields as text or in values with quotes, not as names of a tag or its attributes")
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith(("javascript:", "data:text", "vbscript:")):
                raise InputError(self._path, f"nothing that runs, such as {name} of <{tag}>")
            if not value or not _MARK.search(value):
                continue
            if name == "style" or (name in _URLS and value not in self._links):
                raise InputError(self._path, f"in {name} of <{tag}> a field of kind link, and nothing beside it")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data: str) -> None:
        """Outlook reads what stands in conditional ones."""
        if _MARK.search(data):
            _Reader(self._path, self._links).feed(data.partition("]>")[2])

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in {"style", "script"} and _MARK.search(data):
            raise InputError(self._path, "no places within styles")
