"""The pages that a person sees who follows a link: plain, without scripts, and nothing of the person on them."""

from typing import NamedTuple

from starlette.responses import HTMLResponse

_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>:root{{color-scheme:light dark}}body{{font:1.1rem/1.5 sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}}
button{{font:inherit;padding:.6rem 1.2rem}}</style></head>
<body><h1>{title}</h1><p>{text}</p>{form}</body></html>
"""
_FORM = '<form method="post"><button name="means" value="page">{button}</button></form>'


class _Words(NamedTuple):
    ask: str
    ask_text: str
    button: str
    done: str
    done_text: str
    unknown: str
    unknown_text: str
    over: str
    over_text: str
    away: str
    away_text: str


_SPOKEN = {
    "en": _Words(
        "No more of these messages?",
        "Messages of this kind from this sender will no longer come to this address. Others, such as recalls, still do.",
        "Yes, no more of these",
        "Done",
        "You will get no more messages of this kind from this sender. One that is on its way already may still arrive.",
        "This link does not work",
        "It may have been cut when it was copied. Please use the link in the message itself, or answer the message.",
        "No longer valid",
        "This document has been replaced or is over. Please ask whoever sent it to you for a new one.",
        "Not at the moment",
        "Please try again in a few minutes.",
    ),
    "de": _Words(
        "Keine solchen Nachrichten mehr?",
        "Nachrichten dieser Art kommen von diesem Absender nicht mehr an diese Adresse. Andere, etwa Rückrufe, weiterhin.",
        "Ja, keine mehr",
        "Erledigt",
        "Sie bekommen von diesem Absender keine Nachrichten dieser Art mehr. Eine, die schon unterwegs ist, kann noch ankommen.",
        "Dieser Link funktioniert nicht",
        "Vielleicht wurde er beim Kopieren abgeschnitten. Bitte den Link in der Nachricht selbst benutzen oder auf sie antworten.",
        "Nicht mehr gültig",
        "Dieses Dokument ist ersetzt oder abgelaufen. Bitte beim Absender nach einem neuen fragen.",
        "Im Augenblick nicht",
        "Bitte in einigen Minuten noch einmal versuchen.",
    ),
}


def asking(accepted: str) -> HTMLResponse:
    """A button; whoever only looks changes nothing."""
    lang = _language(accepted)
    words = _SPOKEN[lang]
    return _page(lang, words.ask, words.ask_text, _FORM.format(button=words.button))


def done(accepted: str) -> HTMLResponse:
    """It was said."""
    lang = _language(accepted)
    return _page(lang, _SPOKEN[lang].done, _SPOKEN[lang].done_text)


def unknown(accepted: str) -> HTMLResponse:
    """A link that the hub did not make."""
    lang = _language(accepted)
    return _page(lang, _SPOKEN[lang].unknown, _SPOKEN[lang].unknown_text, status=404)


def over(accepted: str) -> HTMLResponse:
    """There was such a document."""
    lang = _language(accepted)
    return _page(lang, _SPOKEN[lang].over, _SPOKEN[lang].over_text, status=410)


def away(accepted: str) -> HTMLResponse:
    """There should be such a document."""
    lang = _language(accepted)
    return _page(lang, _SPOKEN[lang].away, _SPOKEN[lang].away_text, status=503)


def _language(accepted: str) -> str:
    """The first language of the header Accept-Language that is spoken here."""
    wanted = (part.strip()[:2].lower() for part in accepted[:200].split(","))
    return next((lang for lang in wanted if lang in _SPOKEN), "en")


def _page(lang: str, title: str, text: str, form: str = "", *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(lang=lang, title=title, text=text, form=form), status)
