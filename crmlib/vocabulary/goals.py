"""What a goal lacks: a number to reach and a day to reach it by (D091), in English and Chinese."""

from __future__ import annotations

import re
from typing import Final

_MONTH = r"(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)"
_CHINESE = "[零〇一二两三四五六七八九十百千万半]"
DATES: Final = re.compile(
    "|".join(
        (
            r"\b\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?\b|\b\d{1,2}[-/]\d{1,2}([-/]\d{2,4})?\b(?!\s*%)|\b\d{1,2}\.\d{1,2}\.(\d{2,4})?",
            rf"\b(\d{{1,2}}(st|nd|rd|th)?\s+(of\s+)?)?{_MONTH}\b\.?(\s+\d{{1,2}}(st|nd|rd|th)?\b)?(,?\s+\d{{4}})?",
            r"\bq[1-4]\b(\s+\d{4})?|\b(by|before|until|in|during|end of)\s+(19|20)\d{2}\b",
            r"\b(within|in|over|for)\s+(the\s+)?(next\s+|coming\s+)?(\d+|an?|one|two|three|four|six|twelve)"
            r"\s+(days?|weeks?|months?|quarters?|years?)\b",
            r"\b((this|next|end of( the| this| next)?)\s+(week|month|quarter|half|year))\b",
            r"\b(tomorrow|year[- ]end|month[- ]end)\b",
            r"(\d{4}|今|明|本|当|后)年(度)?(\d{1,2}|[一二三四五六七八九十]+)?(月)?(\d{1,2}(日|号))?(底|末|前|内|初)?",
            r"(\d{1,2}|[一二三四五六七八九十]+)月(\d{1,2}(日|号)|份|底|末|前|内)?",
            rf"(\d+|{_CHINESE}+)\s*个?(天|日|周|星期|月|季度|年)(之?内|以内|后|之前)",
            r"(本|下|今|明|这)个?(周|月|季度|季|星期)|第?[一二三四1-4]季度|(年|月|季)(底|末)",
        )
    ),
    re.IGNORECASE,
)
NUMBERS: Final = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|hundred|thousand)\b"
    r"|\b(half|doubled?|twice|third|quarter)\b"
    rf"|{_CHINESE}+\s*(成|倍|位|个|名|家|人|户|单|次|分|元|%)|百分之|一半|翻番|翻一番",
    re.IGNORECASE,
)
LACKS: Final = ("goal_number", "goal_date")


def lacking(goal: str) -> list[str]:
    """What a goal lacks, as codes of `LACKS`: a number (what belongs to the date counts for none) and a date."""
    without_dates = DATES.sub(" ", goal)
    return [*([] if NUMBERS.search(without_dates) else [LACKS[0]]), *([] if DATES.search(goal) else [LACKS[1]])]
