"""What the lints share: where the tree is, its files, C text without comments and strings."""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.environ.get("HF_BUILD", os.path.join(TOP, "build"))
SKIPPED = 77

ROOMS = ("base", "native", "cluster", "pipeline", "convert", "core", "api")


def files(folder, *endings):
    """Paths below TOP/folder, relative to TOP, sorted; what a build leaves behind is not among them."""
    found = []
    for path, folders, names in os.walk(os.path.join(TOP, folder)):
        folders[:] = sorted(d for d in folders if not d.startswith(".") and d not in ("__pycache__", "build"))
        for name in names:
            if not endings or name.endswith(endings):
                found.append(os.path.relpath(os.path.join(path, name), TOP))
    return sorted(found)


def read(path):
    """A file's text."""
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code(text):
    """C text with comments and the insides of literals blanked; lines stay where they are."""
    def blank(match):
        kept = re.sub(r"[^\n]", " ", match.group())
        return kept if match.group()[0] == "/" else '"' + kept[1:-1] + '"'
    return TOKEN.sub(blank, text)


def line(text, offset):
    """Number of the line at an offset."""
    return text.count("\n", 0, offset) + 1


def run(*command):
    """Output of a command; None when it is not installed."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=TOP).stdout
    except FileNotFoundError:
        return None


def end(complaints, warnings=()):
    """Prints what was found and leaves with the answer."""
    for text in warnings:
        print("warning: " + text)
    for text in complaints:
        print(text)
    sys.exit(1 if complaints else 0)


def skip(why):
    """Leaves, with the reason why nothing could be checked."""
    print(why)
    sys.exit(SKIPPED)
