"""What can be checked in messages of a crisis, in English and Chinese: what is known and what is not, what is done, when the next
word comes, and what may not be promised (D119 to D122). What holds for any text to a customer stands in `wording`.
"""

from __future__ import annotations

import re
from typing import Final

from crmlib.vocabulary.wording import ACTION, ATTRIBUTION, BLAME, EMPATHY, SPANS, months_of, plain, promised_hours

UNKNOWN: Final = re.compile(
    r"\b(do|does|did) not (yet )?know\b|\b(don't|doesn't) (yet )?know\b|\bnot (yet )?(known|clear|certain)\b|\bunknown\b"
    r"|\bunclear\b|\b(still|are|am) (checking|finding out|looking into|investigating)\b|\bcannot say yet\b|\bno idea yet\b"
    "|(尚|还|暂|目前)(不|没有|未|无法)(清楚|知道|确定|明确|查明|确认|查清|得知)|尚不明|还不明|不清楚|未知|正在(查|核|调查|排查)",
    re.IGNORECASE,
)
DONE: Final = re.compile(
    r"\b(we|I) have (already |now |just )?(taken|closed|shut|switched|locked|stopped|blocked|started|removed|reported|asked)\b"
    r"|\b(is|was|were|has been|have been|are) (already |now )?(taken|closed|shut|switched|locked|stopped|blocked|removed|off)\b"
    r"|\bis being\b|\btakes over\b"
    "|已(经)?(把|将|于|在)?.{0,12}(下线|关闭|切换|停|封|撤下|删除|启用|报告|恢复|锁定|处理)|正在(切换|启用|准备|搭建|恢复|修复)|接管",
    re.IGNORECASE,
)
NEWS: Final = re.compile(
    r"\b(news|updates?|next (message|word)|write (to you )?again|inform you|report (to you|again|back)|hear from us|let you know"
    r"|(come|get) back to you|tell you|call you (again|back))\b"
    "|下(一)?(次|条|封).{0,6}(消息|通报|通知|进展|更新)|再(次)?(向您|给您|跟您|和您)?.{0,4}(通报|告知|说明|消息|联系|更新|写信|发消息|回复)"
    "|(最新|新的?)(进展|消息|情况)|(通报|告知|告诉)(您)?.{0,4}进展|向您(通报|告知|说明)",
    re.IGNORECASE,
)
TEAM: Final = re.compile(
    r"\b(on[- ]call|IT|service desk|desk|sales|management|lawyer|data protection|everybody|everyone|nobody)\b"
    "|客服|技术|值班|销售|管理层|法务|所有人|大家|各位|任何人",
    re.IGNORECASE,
)
MORE_THAN_EXPECTED: Final = re.compile(
    r"\badvis[eo]r\b|\bcommittee\b|\bfree\b|\bwithout (a )?(fee|charge)\b|顾问|委员会|免费|免运费|免收", re.IGNORECASE
)
UNKEEPABLE: Final = re.compile(
    r"\bnever (happen |occur )?again\b|\bguarantee\b|\b100 ?%( |-)?(safe|secure)\b|\babsolutely (safe|certain)\b"
    "|(绝|再也|永远|今后)不会再|永远不会|保证(不|绝|今后|以后|您)|绝对(安全|不会)|百分之百",
    re.IGNORECASE,
)
MONEY_BACK: Final = re.compile(
    r"\brefund|\bmoney back\b|\bpay (you|each|everybody)\b|\bcompensat\w+ (you )?(of|with)\b|\bvoucher"
    "|退款|赔偿|赔付|现金|代金券",
    re.IGNORECASE,
)
FREE: Final = re.compile(r"\bfree\b|\bwithout (a )?(fee|charge)\b|免费|免运费|免收", re.IGNORECASE)
OTHERS_TO_BLAME: Final = re.compile(
    r"\b(the|our|an?) (agency|supplier|provider|partner|hoster|intern)('s)?\b.{0,30}"
    r"\b(fault|blame|caused|responsible|guilty|mistake|failed)\b|\bblame (lies with|is with) (the|our)\b|\bhackers?\b"
    r"|\bfault of (the|our|an?) (agency|supplier|provider|partner|hoster)\b"
    "|(代理商|代理公司|供应商|服务商|合作方|外包|实习生|黑客).{0,10}(责任|的错|造成|导致|失误|过错|负责)"
    "|(责任|错)(在|都在|全在)(于)?(代理|供应|服务商|合作|外包)",
    re.IGNORECASE,
)
SENTENCES: Final = re.compile(r"(?<=[a-z0-9)][.!?])\s+|[。！？!?；;\n]+", re.IGNORECASE)
CLOCK: Final = re.compile(
    r"(?P<before>下午|晚上|傍晚|今晚)?\s*(?<![\d:.])(?P<h>\d{1,2})((:(?P<m>\d{2}))\s?(?P<pm>[ap]\.?m\b)?|\s?(?P<pm2>[ap]\.?m\b)|\s?o'clock"
    r"|\s*[点时](?![间段候])(?P<half>半)?((?P<mzh>\d{1,2})分?)?)",
    re.IGNORECASE,
)
NOON: Final = re.compile(r"\b(noon|midday)\b|中午|正午", re.IGNORECASE)
TOMORROW: Final = re.compile(r"\btomorrow\b|明天|明日|明早|明晚|次日", re.IGNORECASE)
DAY: Final = 24 * 60
"""Minutes of a day."""


def sentences(text: str) -> list[str]:
    """A text in its sentences, blanks at their ends left out."""
    return [part.strip() for part in SENTENCES.split(plain(text)) if part and part.strip()]


def next_word(text: str, sent: float) -> float | None:
    """The minute by which a text names its next news, the latest where it names several; None where it names none.

    `sent` is the minute at which it is sent; minutes count from midnight of the first day, so that 18:00 is 1080.
    """
    found = [at for part in sentences(text) if NEWS.search(part) for at in _moments(part, sent)]
    return max(found, default=None)


def _moments(sentence: str, sent: float) -> list[float]:
    """The moments after `sent` that a sentence names, by the clock or as a length of time."""
    today = sent // DAY * DAY + (DAY if TOMORROW.search(sentence) else 0)
    named = [today + _minutes(clock) for clock in CLOCK.finditer(sentence)]
    named += [today + DAY / 2] if NOON.search(sentence) else []
    named += [sent + 60 * hours for hours in promised_hours(sentence)]
    return [at for at in named if at > sent]


def _minutes(clock: re.Match[str]) -> float:
    hour = int(clock["h"])
    afternoon = bool(clock["before"]) or (clock["pm"] or clock["pm2"] or "").lower().startswith("p")
    minute = int(clock["m"] or clock["mzh"] or (30 if clock["half"] else 0))
    return 60 * (hour + 12 if afternoon and hour < 12 else hour) + minute


def free_months(text: str) -> float:
    """The longest time for which a text promises something free, in months; 0 where it promises none."""
    spans = [span for part in sentences(text) if FREE.search(part) for span in SPANS.finditer(part)]
    return max((months_of(span) for span in spans), default=0.0)


def felt_first(text: str) -> bool:
    """Whether empathy comes first, then the cause (or that it is not known yet), and an action after both (D115)."""
    said = plain(text)
    felt = EMPATHY.search(said)
    causes = [m.start() for pattern in (ATTRIBUTION, UNKNOWN) if (m := pattern.search(said))]
    deeds = [m.start() for pattern in (ACTION, DONE) for m in pattern.finditer(said)]
    return bool(felt and causes and deeds and felt.start() < min(causes) < max(deeds))


def guesses(text: str) -> bool:
    """Whether a text names a cause: a sentence that gives one and does not say that it is not known."""
    return any(ATTRIBUTION.search(part) and not UNKNOWN.search(part) for part in sentences(text))


def blames(text: str) -> bool:
    """Whether a text puts the customer, or somebody else, in the wrong."""
    said = plain(text)
    return bool(BLAME.search(said) or OTHERS_TO_BLAME.search(said))
