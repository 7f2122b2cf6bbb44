"""The Chinese of chapters, pages and terminal is that of one hand: the rules of CONTRIBUTING that a rule can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmlib.run.messages import load, places

HAN = "[\u4e00-\u9fff]"
NEVER = {
    "顾客": "客户",
    "新客(?!户)": "新客户",
    "(?<!培训)课件": "培训课件",
    "政策(?!变化|法规)": "策略设置",
    "条形": "柱形",
    "随机范围|超出随机": "偶然",
    "[你妳]": "您",
    rf"{HAN}[,;:?!]|[,;:?!]{HAN}": "full-width punctuation",
    rf"{HAN}\([^)]*{HAN}|{HAN}[^(]*\){HAN}": "full-width brackets",
    rf"{HAN} +\d": "no space before a digit",
    r"\d %": "no space before per cent",
    r"\*\*[^*\n]{2,6}(?:重要|解读|汇报)。\*\*": "the colon outside: **如何解读**：",
    r"\*\*(?:决定|该作的决定|要决定的)": "**作出决定**：",
    "五千万|五百万|250,000": "5000万、500万、25万",
}
"""What no Chinese text has, and what it has instead."""


def texts() -> Iterator[tuple[str, str]]:
    """Every Chinese text with the file it stands in; headings without their numbers, commands and templates left out."""
    for _template, path in places("zh"):
        for message in load(path, "zh"):
            for text in message.string if isinstance(message.string, tuple) else (message.string,):
                yield (
                    path.name,
                    re.sub(r"`[^`]*`|\{[^}]*\}|(?m:^#+ [\d.]+ )", "", str(text or "")) if message.id else "",
                )
    trainer = Path(__file__).parents[1] / "exercises" / "TRAINER.zh.md"
    yield trainer.name, re.sub(r"`[^`]*`", "", trainer.read_text("utf-8"))


@pytest.fixture(scope="module")
def chinese() -> list[tuple[str, str]]:
    return [*texts()]


@pytest.mark.parametrize("never", NEVER)
def test_one_thing_has_one_name_and_one_way_to_be_written(chinese: list[tuple[str, str]], never: str) -> None:
    found = [
        (file, text[max(0, hit.start() - 15) : hit.end() + 15])
        for file, text in chinese
        for hit in re.finditer(never, text)
    ]
    assert found == [], NEVER[never]


def test_the_rules_see_what_they_are_for() -> None:
    wrong = ["顾客", "给新客看", "课件说", "政策允许", "一根条形", "随机范围", "你好", "好,的", "(好)的是好", "第 6 章"]
    assert all(any(re.search(never, text) for never in NEVER) for text in wrong)
    assert not any(re.search(never, "培训课件、新客户、政策变化，第6章：27%") for never in NEVER)
    assert len([*texts()]) > 3000
