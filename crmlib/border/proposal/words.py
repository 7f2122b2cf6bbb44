"""What headings and file names say: split into words, each brought to the concepts that it may mean.

English, Chinese, pinyin and the usual abbreviations; split at spaces, signs, digits and case, and inside a word where it is
wholly made of known ones (custno, xiadanshijian).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from crmlib.border.proposal.lexicon import WORDS


def among(text: str) -> frozenset[str]:
    """Concepts by their names, as a set."""
    return frozenset(text.split())


NEUTRAL = frozenset({"of", "file", "currency", "flag"})
"""Concepts of words that take nothing away from what a heading says."""
AND = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
QUESTION = 7
"""Words from which a heading is a question written out, in which one word says little."""
MOST_STRANGE = 0.4
"""What the words of a heading that are not known can take from it together, as in a question written out."""
_TOGETHER = re.compile(
    r"(?<![a-z])(opt|opted|sign|log|check|move)[-_ ]+(in|out|up|on)(?![a-z])|(?<![a-z])(e)[-_ ]+(mail)(?![a-z])"
    r"|(?<![a-z])(sold|bill)[-_ ]+(to)(?![a-z])"
)
_WRITTEN = re.compile(r"\by{2,4}\W?m{1,2}\W?d{1,2}(\W*h{1,2}\W?m{1,2}(\W?s{1,2})?)?\b", re.I)
"""How a heading says that days are written."""
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_NUMBER = re.compile(r"#|\bn°", re.I)
_USUAL = str.maketrans(
    "訂單編號戶會員電話時間數總額實顧購買註冊狀態類別產聯絡郵區縣門發點積級業務經營銷價錢幣匯優運費貨備處開關結對應題評測調查約續簽終帳賬紅稱"
    "標籤條碼體驗歲齡記錄錄導師課學費預療診薦與種從來賣網頁訪問覽載後復歷史倉庫場項節計報離職稅險個東貸傳證執覆齊嚮",
    "订单编号户会员电话时间数总额实顾购买注册状态类别产联络邮区县门发点积级业务经营销价钱币汇优运费货备处开关结对应题评测调查约续签终帐账红称"
    "标签条码体验岁龄记录录导师课学费预疗诊荐与种从来卖网页访问览载后复历史仓库场项节计报离职税险个东贷传证执复齐向",
)
"""Signs of Hong Kong, Taiwan and Japan as they are written on the mainland."""
_CJK = re.compile(r"[\u3400-\u9fff]+|[a-z]+")


@cache
def lexicon() -> dict[str, tuple[str, ...]]:
    """Every known word to its concepts."""
    words: dict[str, tuple[str, ...]] = {}
    for concept, listed in re.findall(r"^(\w+):((?:.|\n(?=\s))*)", WORDS, re.M):
        for word in listed.split():
            if concept not in words.get(word, ()):
                words[word] = (*words.get(word, ()), concept)
    return words


@cache
def tokens(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The words of a heading or file name in order, each with its concepts, none where it is not known."""
    text = _WRITTEN.sub(" ", _unaccented(unicodedata.normalize("NFKC", text)))
    text = _NUMBER.sub(" no ", text).replace("IDs", "Ids")
    plain = _TOGETHER.sub(lambda m: "".join(g for g in m.groups() if g), AND.sub(" ", text).lower())
    found: list[tuple[str, tuple[str, ...]]] = []
    for word in _CJK.findall(plain.translate(_USUAL)):
        found += _known(word)
    return tuple(found)


def plainly(text: str) -> str:
    """A text as its words are looked for: small letters without accents, signs of the mainland, usual width."""
    return _unaccented(unicodedata.normalize("NFKC", text)).lower().translate(_USUAL).strip()


def _unaccented(text: str) -> str:
    """A text as it is written where a keyboard has no accents: ü is ue, é is e."""
    parts = unicodedata.normalize("NFKD", text.translate(_UMLAUTS))
    return unicodedata.normalize("NFKC", "".join(c for c in parts if not unicodedata.combining(c)))


def _known(word: str) -> list[tuple[str, tuple[str, ...]]]:
    words = lexicon()
    for form in (word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)):
        if form in words:
            return [(form, words[form])]
    chinese = word > "\u3000"
    parts = _parted(word, whole=not chinese)
    return [(part, words.get(part, ())) for part in parts] if parts else [(word, ())]


def _parted(word: str, *, whole: bool) -> list[str]:
    """A word as known words, the fewest; unless `whole`, with what is left between them."""
    if len(word) > 60:
        return []
    words, least = lexicon(), 2 if whole else 1
    best: list[tuple[float, list[str]] | None] = [(0.0, [])] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 20), end):
            before, part = best[start], word[start:end]
            if before is None or (end - start < least and whole):
                continue
            known = part in words
            if not known and (whole or len(part) > 1):
                continue
            cost = before[0] + (1.0 if known else 3.0)
            here = best[end]
            if here is None or cost < here[0]:
                best[end] = (cost, [*before[1], part])
    last = best[-1]
    return last[1] if last else []


@cache
def concepts(text: str) -> frozenset[str]:
    """Every concept that the words of a text may mean."""
    return frozenset(c for _word, meant in tokens(text) for c in meant)


@cache
def likeness(text: str, phrase: str, context: frozenset[str] = frozenset()) -> float:
    """How well a heading says a phrase (concepts joined by +), 0 to 1: all of it, and little besides.

    Words of the table's own `context` and neutral ones take nothing away.
    """
    wanted = phrase.split("+")
    given = tokens(text)
    if not given or not all(any(w in meant for _word, meant in given) for w in wanted):
        return 0.0
    left, strange = 1.0, 0.0
    other = 0.08 if len(given) >= QUESTION else 0.3
    for _word, meant in given:
        if any(c in wanted or c in NEUTRAL for c in meant):
            continue
        if any(c in context for c in meant):
            left -= 0.04
        elif meant:
            left -= other
        else:
            strange += 0.12
    return max(left - min(strange, MOST_STRANGE), 0.0)
