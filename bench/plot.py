"""Draw rates and ratios as one SVG, with nothing but text."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

WIDTH, BAR, GAP, LEFT, RIGHT = 900, 18, 10, 250, 130
INK, PALE, OURS, THEIRS = "#1f2430", "#dde1e8", "#2a6fb0", "#b0692a"


def draw(runs: Mapping[str, Mapping[str, Mapping[str, float]]], note: str) -> str:
    """Events per second of each run as a bar, with its range over the rounds; and the delays of latency runs, in milliseconds."""
    rates = {name: measures["rate"] for name, measures in runs.items() if "rate" in measures}
    delays = {
        f"{name} {part}": measures[part]
        for name, measures in runs.items()
        for part in ("p50", "p99")
        if name.startswith(("latency-", "neighbour/")) and part in measures
    }
    parts: list[str] = []
    y = _chart(parts, "events per second", rates, 30)
    y = _chart(parts, "milliseconds from sending to commit", delays, y + 20)
    parts.append(f'<text x="10" y="{y + 20}" font-size="11">{escape(note)}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 40}" viewBox="0 0 {WIDTH} {y + 40}"'
    return f'{head} font-family="sans-serif" font-size="12" fill="{INK}"><title>{escape(note)}</title>\n' + "\n".join(parts) + "\n</svg>\n"


def _chart(parts: list[str], title: str, values: Mapping[str, Mapping[str, Any]], y: int) -> int:
    """One block of bars, each scaled to the longest of its block; where the next may begin."""
    if not values:
        return y
    parts.append(f'<text x="10" y="{y}" font-weight="bold">{escape(title)}</text>')
    scale = (WIDTH - LEFT - RIGHT) / (max(value["max"] for value in values.values()) or 1)
    for name, value in values.items():
        y += BAR + GAP
        middle, colour = y - BAR / 2 + 4, OURS if "full" in name or "nohistory" in name else THEIRS
        lowest, width, highest = (value[which] * scale for which in ("min", "median", "max"))
        parts += [
            f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{y - BAR + 4}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>',
            f'<line x1="{LEFT + lowest:.1f}" x2="{LEFT + highest:.1f}" y1="{middle}" y2="{middle}" stroke="{PALE}" stroke-width="3"/>',
            f'<text x="{LEFT + highest + 6:.1f}" y="{middle + 4}">{value["median"]:,.{0 if value["median"] >= 100 else 1}f}</text>',
        ]
    return y + BAR
