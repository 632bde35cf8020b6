"""Make the fonts of printed statements from those that their makers publish; script/paper-fonts runs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools import merge, subset
from fontTools.ttLib import TTFont

ATKINSON = "atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-{subset}-{weight}-normal.woff2"
EMOJI = "noto-emoji/files/noto-emoji-emoji-400-normal.woff2"
NOTO = "NotoSans{script}-Regular.ttf"

# The signs that Noto's fonts are used for: Atkinson has the Latin letters, but for Vietnamese.
SIGNS = {
    "": [(0x0300, 0x036F), (0x0370, 0x052F), (0x1E00, 0x1FFF), (0xFFFD, 0xFFFD), (0x20, 0x7E), (0x2000, 0x206F)],
    "Arabic": [(0x0600, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF), (0x200C, 0x200F)],
    "Hebrew": [(0x0590, 0x05FF), (0x200C, 0x200F)],
    "Devanagari": [(0x0900, 0x097F), (0x200C, 0x200D), (0x25CC, 0x25CC)],
    "Bengali": [(0x0964, 0x0965), (0x0980, 0x09FF), (0x200C, 0x200D), (0x25CC, 0x25CC)],
    "Gurmukhi": [(0x0A00, 0x0A7F), (0x200C, 0x200D), (0x25CC, 0x25CC)],
    "Gujarati": [(0x0A80, 0x0AFF), (0x200C, 0x200D), (0x25CC, 0x25CC)],
    "Tamil": [(0x0B80, 0x0BFF), (0x200C, 0x200D), (0x25CC, 0x25CC)],
}


def main(packages: Path, noto: Path, to: Path) -> None:
    """Write every font into the folder `to`, and beside them which signs they have."""
    for weight, name in ((400, "Regular"), (700, "Bold")):
        parts = []
        for part in ("latin", "latin-ext"):
            font = TTFont(packages / ATKINSON.format(subset=part, weight=weight))
            font.flavor = None
            parts.append(to / f"{part}.part")
            font.save(parts[-1])
        merge.Merger().merge([str(part) for part in parts]).save(to / f"AtkinsonHyperlegibleNext-{name}.ttf")
        for part in parts:
            part.unlink()
    for script, ranges in SIGNS.items():
        _cut(
            noto / NOTO.format(script=script),
            [sign for first, last in ranges for sign in range(first, last + 1)],
            to / f"NotoSans{script}-Regular.ttf",
        )
    emoji = TTFont(packages / EMOJI)
    _cut(packages / EMOJI, [sign for sign in emoji.getBestCmap() if sign > 0x7F], to / "NotoEmoji-Regular.ttf")
    (to / "signs.json").write_text(json.dumps(_ranges(to), separators=(",", ":")) + "\n")


def _cut(source: Path, signs: list[int], to: Path) -> None:
    options = subset.Options(layout_features=["*"], hinting=False, notdef_outline=True, drop_tables=["DSIG"])
    font = subset.load_font(str(source), options)
    font.flavor = None
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=signs)
    cutter.subset(font)
    font.save(to)


def _ranges(folder: Path) -> dict[str, list[list[int]]]:
    """Return {name of a font: the first and the last sign of every run of signs that it has}."""
    return {font.stem: _runs(TTFont(font).getBestCmap()) for font in sorted(folder.glob("*.ttf"))}


def _runs(signs: Iterable[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for sign in sorted(sign for sign in signs if sign >= 0x20):
        if runs and runs[-1][1] == sign - 1:
            runs[-1][1] = sign
        else:
            runs.append([sign, sign])
    return runs


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
