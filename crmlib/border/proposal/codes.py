"""A company's own words for a severity, a state, a channel or a period, brought to the codes of the suite."""

from __future__ import annotations

import re
from functools import cache

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.periods import period_of
from crmlib.border.proposal.words import plainly

Say = tuple[tuple[str, str, str], ...]
"""Codes in the order in which they are asked, each with its words: those that are written apart, and Chinese ones."""
_SAY: dict[str, Say] = {
    "severity": (
        ("critical", r"crit\w*|(very |most )?urgent\w*|blocker|emergency|showstopper|highest|immediate|sev ?1|p1|p0|dringend\w*"
         r"|kritisch\w*|sofort", "紧急|特急|加急|严重|致命|灾难|最高"),
        ("high", r"high|major|important\w*|sev ?2|p2|hoch|wichtig\w*|alt[ao]|elevee?|haute?", "高|重要"),
        ("medium", r"med(ium)?|moderate|normal\w*|standard|average|sev ?3|p3|mittel|medi[ao]|moyen(ne)?", "中|一般|普通"),
        ("low", r"low(est)?|minor|trivial|planning|cosmetic|sev ?4|p4|p5|niedrig\w*|gering\w*|baj[ao]|baix[ao]|bass[eao]|faible",
         "低|轻微"),
    ),
    "status": (
        ("open", r"re-?open\w*|wiedereroeffnet|in-?complet\w*", "重开|重新打开|重新开启"),
        ("closed", r"won['’]?t ?(fix|do)|closed?|closure|(re)?solv(ed?|er)|resolution|done|(completed?|completion)|finish(ed)?"
         r"|fix(ed)?|cancel(l?ed|lation)?|reject(ed)?|archived?|refunded|ended|merged|spam|duplicate|withdrawn|void(ed)?|settled|expired"
         r"|erledigt\w*|geschlossen|abgeschlossen|geloest|beendet|storniert|abgelehnt|archiviert"
         r"|(resuelt|cerrad|completad|finalizad|terminad|cancelad|anulad|resolvid|fechad|concluid|chius|risolt|completat)[oa]s?"
         r"|resolue?|ferme?e|termine?e?|annulee?|gesloten|opgelost|afgerond|afgesloten",
         "关闭|解决|完成|完结|结案|取消|作废|办结|归档|结束|完毕|已处理|已办|退款成功|已退款|撤销|驳回|拒绝"),
        ("open", r"open\w*|new|active|pending|wait\w*|await\w*|(in )?progress|(in )?process(ing)?|(on[- ]?)?hold"
         r"|(un|re)?assigned|unread|working|scheduled|ongoing"
         r"|(not )?started|submitted|triaged?|escalated|todo|to do|backlog|offen\w*|neue?|wartet|wartend"
         r"|in (arbeit|bearbeitung)|(abiert|pendient|nuev)[oae]s?|en (proceso|curso|cours)|ouverte?|nouve(au|lle)|apert[oa]",
         "处理中|进行|受理|新建|打开|开启|挂起|暂停|跟进|待|未|尚|中$"),
    ),
    "channel": (
        ("wecom", r"wecom|work wechat", "企微|企业微信"),
        ("wechat", r"wechat|weixin", "微信|小程序|公众号"),
        ("email", r"e-?mail\w*|newsletters?", "邮件|邮箱"),
        ("sms", r"sms|text messages?", "短信"),
        ("phone", r"(tele|smart|i)?phone\w*(?! app)|calls?|tel|telesales|mobile(?! app)|cellular|ivr", "电话|外呼|呼叫|热线|400"),
        ("face_to_face", r"visits?|meetings?|face|in.person", "拜访|上门|面谈|面访"),
        ("letter", r"letters?|post|direct mail|catalog\w*|mailers?|flyers?", "信函|直邮"),
        ("store", r"stores?|pos|shop floor|branch\w*|offline|instore", "门店|线下|柜台|实体"),
        ("marketplace", r"market-?places?|amazon\w*|ebay|taobao|tmall", "天猫|淘宝|京东|拼多多"),
        ("social", r"social\w*|facebook|instagram|twitter|tiktok|linkedin", "抖音|小红书|微博|快手"),
        ("app", r"apps?|push|in-app", "客户端"),
        ("website", r"(\w+)?web\w*|portal\w*|self.?serv\w*|\w*chat\w*|(web)?forms?|online\w*", "网站|官网|在线|网页"),
    ),
    "type": (
        ("company", r"corporat\w*|business(es)?|compan(y|ies)|home office|b2b\w*|enterprises?|organi[sz]ations?|firms?|chains?"
         r"|stores?|retailers?|wholesalers?|resellers?|distributors?|dealers?|agenc(y|ies)|institutions?|foundations?|government"
         r"|firm(a|en|enkunden?)|unternehmen|geschaeftskunden?|gewerblich|empresas?|entreprises?|aziend[ae]",
         "公司|企业|单位|机构"),
        ("person", r"consumers?|individuals?|persons?|personal|people|private?|privat(kunden?)?|privatpersone?n?|b2c|retail"
         r"|particular(es)?|particuliers?|privat[oi]", "消费者|个人"),
    ),
    "direction": (
        ("in", r"in[-_ ]?(bound|coming|going|wards?)( \w+)?|(call|dial)(ed|s)?[- ]in|received|eingehend\w*|entrant[es]*",
         "呼入|来电|接入"),
        ("out", r"out[-_ ]?(bound|going|wards?)( \w+)?|(call|dial)(ed|s)?[- ]out|sent|ausgehend\w*|salient[es]*|sortant[es]*",
         "呼出|去电|外呼|拨出"),
    ),
    "met": (
        ("false", r"breach(ed|es)?|violat\w+|miss(ed)?|fail(ed|ure)?|late|delay(ed)?|overdue|out(side| of)|exceed(ed)?|late(ly)?",
         "超时|超期|超限|违约|逾期|延误|延迟|迟到"),
        ("true", r"met|made|ok|within|in time|on[- ]?time|timely|achiev\w+|compl(y|ied|iant|iance)|kept|fulfilled",
         "达标|达成|按时|按期|及时|准时|合格|履约"),
    ),
    "agreed": (
        ("no", r"opt(ed)?[-_ ]?out|unsubscri\w*|declin\w*|denied|refus\w*|reject\w*|withdr\w*|revok\w*|block\w*|suppress\w*"
         r"|dn[ce]|abgelehnt|widerruf\w*", "拒|免打扰|退订|撤回|撤销|屏蔽"),
        ("yes", r"opt(ed)?[-_ ]?in|subscri\w*|accept\w*|agree\w*|consent\w*|grant\w*|allow\w*|permi\w*|newsletters?|marketing"
         r"|contact\w*|e?-?mail\w*|calls?|phone|text|sms|werbe\w*|einwilligung", "同意|允许|接收|订阅|营销|授权"),
    ),
    "paid_back": (
        ("no", r"pending|a?wait\w*|request\w*|open|new|(in )?(progress|process|review)|processing|submitted|reject\w*|declin\w*"
         r"|denied|den(y|ies)|refused|fail\w*|cancel\w*|withdrawn|void\w*|expired|offen|abgelehnt|storniert|rechazad[oa]|pendiente",
         "关闭|拒绝|驳回|失败|撤销|取消|待|申请|审核中|处理中|中$"),
        ("yes", r"approved?|accept(ed)?|complet(ed|e)|process(ed)|paid( back| out)?|refunded|settled|succe\w+|done|issued|posted"
         r"|applied|finali[sz]ed|finished|granted|upheld|credited|erledigt|erstattet|ausgezahlt|abgeschlossen|genehmigt|aprobad[oa]",
         "成功|完成|已退|同意|通过|完结|退款完毕"),
    ),
}  # fmt: skip
TURNED = {
    "severity": {"critical": "low", "high": "low"},
    "status": {"closed": "open"},
    "type": {"company": "person", "person": "company"},
    "met": {"true": "false", "false": "true"},
    "agreed": {"yes": "no", "no": "yes"},
    "paid_back": {"yes": "no"},
}
"""What a word that is denied says instead; a word of other codes then says nothing."""
TAKEN = {"status": "open"}
"""The code for which a word is taken that nothing is known of, which is asked about."""
NUMBERED = {
    3: ("high", "medium", "low"),
    4: ("critical", "high", "medium", "low"),
    5: ("critical", "high", "medium", "low", "low"),
}
"""Severities of numbers that count from the most urgent, by how many there are."""
OWN = {"severity": ("low", "medium", "high", "critical"), "status": ("open", "closed"),
       "period": ("week", "month", "quarter", "half_year", "year"),
       "type": ("person", "company"), "direction": ("in", "out"), "met": ("true", "false")}  # fmt: skip
_BEFORE = re.compile(
    r"(?<![a-z])(not|no|non|never|less|without|cannot|(is|are|was|were|do|does|did|has|have|had|ca|could|wo|would|should)n['’]?t"
    r"|nicht|keine?|nie|sin|pas|nao|niet)[ _-]"
    r"((a|an|yet|fully|completely|be|been|being|very|so|really|too|quite|properly|entirely|noch|ganz|aun)[ _-])*$"
    r"|([未不没无待]|尚|非(?!常))[^已，,、;；\s]{0,3}$"
)
"""Words of denial before a word, with what may stand between."""
_YET = re.compile(
    r"(?<![a-z])(pending|a?wait\w*|ready|to|to be|for|under|in|until|before|part(ly|ially)?|almost|nearly|teilweise|warte\w*)"
    r"([ _-](for|to|on|be|auf))?[ _-]$|部分$"
)
"""Words before the word of an end that has not come yet."""


def says(kind: str, text: str) -> str:
    """The code of a kind of which a text speaks, by what it says and does not deny, else by what it denies; "" where of none."""
    plain = plainly(text)
    denied: list[str] = []
    for code, words in _patterns(kind):
        for found in words.finditer(plain):
            before = plain[: found.start()]
            if not (found["un"] or _BEFORE.search(before) or (code == "closed" and _YET.search(before))):
                return code
            denied.append(code)
    return next((TURNED[kind][c] for c in denied if c in TURNED.get(kind, {})), "")


@cache
def _patterns(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (code, re.compile(rf"(?<![a-z0-9])(?P<un>(?:un|non)-?)??(?:{apart})(?![a-z0-9])|(?:{chinese})"))
        for code, apart, chinese in _SAY[kind]
    )


def brought(kind: str, column: Seen) -> tuple[dict[str, str], list[str]]:
    """The value map of a column of one kind (severity, status, channel …), and the values that fit none of its codes; where one
    is `TAKEN` for those, they stand in the map too.
    """
    values = [v for v in column.values if v != column.unknown]
    if kind == "severity" and (numbered := _numbered(values)):
        return numbered, []
    found: dict[str, str] = {}
    left = []
    for value in values:
        plain = value.strip().lower()
        if plain in OWN.get(kind, ()):
            continue
        code = period_of(value) if kind == "period" else says(kind, value)
        if not code:
            left.append(value)
            code = TAKEN.get(kind, "")
        if code and plain != code:
            found[value] = code
    return found, left


def _numbered(values: list[str]) -> dict[str, str]:
    """Values that are or begin with a number (1, P2, 3 - Moderate), the first being the most urgent."""
    digits = {v: re.match(r"^(?:p|sev|s|level|级)?\s?-?([0-9])\b", v.strip().lower()) for v in values}
    if not values or not all(digits.values()):
        return {}
    ranks = {v: int(m.group(1)) for v, m in digits.items() if m}
    least, most = min(ranks.values()), max(ranks.values())
    known = NUMBERED.get(max(most - least + 1, 3))
    return {v: known[r - least] for v, r in sorted(ranks.items(), key=lambda e: e[1])} if known else {}
