#!/usr/bin/python3
"""Draws what ./demo saw: draw.py STORY.json PICTURE.svg.  A panel a fault, a lane a driver, a tick a write."""

import json
import math
import sys
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 1240, 236, 1204
TOP, LANE, GAP = 132, 58, 18
PANEL = 2 * LANE + GAP + 130
INK, SOFT, FAINT, LINE = "#172033", "#5b6579", "#8a93a5", "#d9dee7"
BAND, FLOOR, ERROR = "#fdf1d6", "#b45309", "#d92d3a"
COLORS = {"holdfast": "#0d8a72", "other": "#4a63a8"}
FONT = "Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"


class Picture:
    """SVG text that grows."""

    def __init__(self, height):
        self.height = height
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'font-family="{FONT}">',
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>']

    def text(self, x, y, words, size=13, fill=INK, weight=400, anchor="start"):
        """Words at a place."""
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" font-weight="{weight}" '
                          f'text-anchor="{anchor}">{escape(words)}</text>')

    def rect(self, x, y, width, height, fill, radius=0):
        """A filled box."""
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}" '
                          f'fill="{fill}"/>')

    def line(self, x1, y1, x2, y2, stroke, width=1.0, dash=""):
        """A straight line."""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" '
                          f'stroke-width="{width}"{dashes}/>')

    def ticks(self, places, top, bottom, stroke, width):
        """Many upright strokes as one path."""
        if places:
            path = "".join(f"M{x:.1f} {top:.1f}V{bottom:.1f}" for x in places)
            self.parts.append(f'<path d="{path}" stroke="{stroke}" stroke-width="{width}" fill="none"/>')

    def pill(self, x, y, words, fill, anchor="start"):
        """White words on a coloured ground."""
        width = 7.1 * len(words) + 20
        left = x if anchor == "start" else x - width / 2
        self.rect(left, y - 15, width, 22, fill, 11)
        self.text(left + width / 2, y, words, 12.5, "#ffffff", 600, "middle")

    def done(self):
        """The whole text."""
        return "\n".join(self.parts + ["</svg>\n"])


def span(ms):
    """A length of time for people."""
    if abs(ms) < 1000:
        return f"{ms:.0f} ms" if abs(ms) >= 10 else f"{ms:.1f} ms"
    return f"{ms / 1000:.2f} s"


class Panel:
    """One fault: its axis, and what stands on it.  Times are milliseconds after the fault began."""

    def __init__(self, picture, fault, top):
        self.picture, self.fault, self.top = picture, fault, top
        last = max([fault["floor"]] + [lane["first"] or 0 for lane in fault["lanes"]])
        self.begin = -0.1 * last
        self.end = last + 0.25 * (last - self.begin)  # room for the last lane's verdict

    def x(self, moment):
        """Where a moment is."""
        return LEFT + (RIGHT - LEFT) * (moment - self.begin) / (self.end - self.begin)

    def lane_top(self, number):
        """Upper edge of a lane."""
        return self.top + 62 + number * (LANE + GAP)

    def draw(self):
        """Ground, lanes, axis, lines, from back to front."""
        p, fault = self.picture, self.fault
        p.parts.append(f'<text x="36" y="{self.top + 8}" font-size="18" font-weight="700" fill="{INK}">'
                       f'{escape(fault["title"])}<tspan dx="14" font-size="13" font-weight="400" fill="{SOFT}">'
                       f'{escape(fault["detail"])}</tspan></text>')
        first, last = self.lane_top(0) - 8, self.lane_top(len(fault["lanes"]) - 1) + LANE + 8
        p.rect(self.x(fault["down"]), first, self.x(fault["floor"]) - self.x(fault["down"]), last - first, BAND)
        self.axis(last)
        for number, lane in enumerate(fault["lanes"]):
            self.lane(lane, self.lane_top(number))
        self.marks(first, last)

    def axis(self, y):
        """Seconds after the fault."""
        p = self.picture
        p.line(LEFT, y, RIGHT, y, LINE)
        step = next((s for s in (100, 200, 500, 1000, 2000, 5000) if (self.end - self.begin) / s <= 10), 10000)
        for n in range(math.ceil(self.begin / step), math.floor(self.end / step) + 1):
            x = self.x(n * step)
            p.line(x, y, x, y + 5, FAINT)
            p.text(x, y + 20, f"{n * step / 1000:g} s", 12, SOFT, 400, "middle")

    def lane(self, lane, y):
        """A driver's writes and errors, and how long there were none."""
        p, color = self.picture, COLORS[lane["driver"]]
        p.text(36, y + 25, lane["name"], 15, color, 700)
        p.text(36, y + 44, lane["note"], 12, SOFT)
        p.line(LEFT, y + LANE - 12, RIGHT, y + LANE - 12, LINE)
        inside = [moment for moment in lane["good"] if self.begin <= moment <= self.end]
        p.ticks([self.x(moment) for moment in inside], y + 22, y + LANE - 12, color, 1.6)
        wrong = [(moment, state) for moment, state in lane["errors"] if self.begin <= moment <= self.end]
        p.ticks([self.x(moment) for moment, _ in wrong], y + 30, y + LANE - 4, ERROR, 1.6 if len(wrong) > 3 else 2.4)
        for moment, state in wrong if len(wrong) <= 3 else []:
            p.text(self.x(moment) + 6, y + LANE + 6, state, 11.5, ERROR, 600)
        if lane["first"] is None or lane["last"] is None:
            p.text(RIGHT, y + 14, "never wrote again", 13, ERROR, 700, "end")
            return
        a, b = self.x(lane["last"]), self.x(lane["first"])
        p.line(a, y + 10, b, y + 10, color, 1.4)
        p.ticks([a, b], y + 5, y + 15, color, 1.4)
        words = f"{span(lane['first'] - lane['last'])} without a write"
        middle = self.gap_label(a, b, words)
        if middle is not None:
            p.rect(middle - 3.4 * len(words) - 8, y + 1, 6.8 * len(words) + 16, 18,
                   BAND if b <= self.x(self.fault["floor"]) + 40 else "#ffffff", 4)
            p.text(middle, y + 14.5, words, 12.5, color, 600, "middle")
        late = lane["first"] - self.fault["floor"]
        p.pill(b + 8, y + 15, f"{span(late)} after the floor" if late >= 0 else f"{span(-late)} before the floor",
               color)

    def gap_label(self, a, b, words):
        """The middle of the bracket's label, clear of the floor's line; None if there is no room for it."""
        half, floor = 3.4 * len(words) + 10, self.x(self.fault["floor"])
        for left, right in sorted(((a, min(b, floor)), (max(a, floor), b)), key=lambda part: part[0] - part[1]):
            if right - left > 2 * half:
                return (left + right) / 2
        return None

    def marks(self, top, bottom):
        """The fault, the floor, the name that moves."""
        p, fault = self.picture, self.fault
        x = self.x(0)
        p.line(x, top - 8, x, bottom, INK, 1.4)
        p.text(x, top - 13, fault["word"], 12, INK, 600, "middle")
        x = self.x(fault["floor"])
        p.line(x, top - 8, x, bottom, FLOOR, 1.8, "5 3")
        p.text(x, top - 13, "floor: the new writer takes a write", 12, FLOOR, 600, "middle")
        if fault["moved"] is not None and self.x(fault["moved"]) - x > 190:
            x = self.x(fault["moved"])
            p.line(x, top - 8, x, bottom, FAINT, 1.2, "2 3")
            p.text(x, top - 13, "the endpoint's name follows", 12, SOFT, 400, "middle")


def legend(p, y, marks, verdict):
    """What the marks mean, and the verdict."""
    x = 36
    for color, words in (*marks, (ERROR, "error the application saw")):
        p.ticks([x, x + 5, x + 10], y - 12, y + 2, color, 1.8)
        p.text(x + 20, y, words, 12.5, SOFT)
        x += 46 + 6.9 * len(words)
    p.rect(x, y - 12, 18, 14, BAND)
    p.text(x + 26, y, "no writer", 12.5, SOFT)
    p.text(36, y + 30, verdict, 14, INK, 600)


def draw(story):
    """The picture of a story that show.py told."""
    faults = story["faults"]
    p = Picture(TOP + len(faults) * PANEL + 58)
    p.text(36, 54, story["title"], 27, INK, 700)
    p.text(36, 82, story["subtitle"], 14.5, SOFT)
    for number, fault in enumerate(faults):
        Panel(p, fault, TOP + number * PANEL).draw()
    marks = [(COLORS[lane["driver"]], f"acknowledged write, {lane['name']}") for lane in faults[0]["lanes"]]
    legend(p, TOP + len(faults) * PANEL + 6, marks, story["verdict"])
    return p.done()


def main():
    """From a file to a file."""
    with open(sys.argv[1], encoding="utf-8") as file:
        story = json.load(file)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(draw(story))


if __name__ == "__main__":
    main()
