"""A company's own words for a severity, a state, a channel or a period, brought to the codes of the suite."""

from __future__ import annotations

import re

from crmlib.border.proposal.columns import Seen

_SAY: dict[str, dict[str, str]] = {
    "severity": {
        "critical": r"crit|urgent|blocker|emergency|showstopper|sev ?1|p1|p0|紧急|特急|严重|致命|灾难|最高",
        "high": r"high|major|important|sev ?2|p2|高|重要|较高",
        "medium": r"med|moderate|normal|standard|average|sev ?3|p3|中|一般|普通",
        "low": r"low|minor|trivial|planning|sev ?4|p4|p5|低|轻微|较低",
    },
    "status": {
        "closed": r"clos|resol|solv|done|complet|finish|cancel|reject|关闭|解决|完成|完结|结案|取消|作废|办结|归档",
        "open": r".",
    },
    "channel": {
        "wecom": r"wecom|work wechat|企微|企业微信",
        "wechat": r"wechat|weixin|微信|小程序|公众号",
        "email": r"e-?mail|newsletter|邮件|邮箱",
        "sms": r"\bsms\b|text message|短信",
        "phone": r"phone|\bcall\b|\btel\b|telesales|mobile|cellular|ivr|电话|外呼|呼叫|热线|400",
        "face_to_face": r"visit|meeting|face|in.person|拜访|上门|面谈|面访",
        "letter": r"letter|\bpost\b|direct mail|catalog|mailer|flyer|信函|直邮",
        "store": r"store|\bpos\b|shop floor|branch|offline|门店|线下|柜台|实体",
        "marketplace": r"marketplace|amazon|ebay|taobao|tmall|天猫|淘宝|京东|拼多多",
        "social": r"social|facebook|instagram|twitter|tiktok|linkedin|抖音|小红书|微博|快手",
        "app": r"\bapp\b|push|in-app|客户端",
        "website": r"web|portal|self.?serv|chat|form|online|网站|官网|在线|网页",
    },
    "period": {
        "half_year": r"half|semi|半年",
        "quarter": r"quarter|季",
        "year": r"year|annual|yearly|12 ?m|年",
        "month": r"month|\b1m\b|月",
        "week": r"week|周",
    },
    "type": {
        "company": r"corporate|business|company|home office|b2b|enterprise|organi[sz]ation|公司|企业|单位",
        "person": r"consumer|individual|person|private|b2c|retail|消费者|个人",
    },
    "direction": {"in": r"^in|呼入|来电", "out": r"^out|呼出|去电"},
    "met": {
        "false": r"breach|miss|fail|late|超时|未|违约|逾期",
        "true": r"met|ok|within|in time|on time|achiev|达标|按时|已",
    },
}
NUMBERED = {
    3: ("high", "medium", "low"),
    4: ("critical", "high", "medium", "low"),
    5: ("critical", "high", "medium", "low", "low"),
}
"""Severities of numbers that count from the most urgent, by how many there are."""
OWN = {"severity": ("low", "medium", "high", "critical"), "status": ("open", "closed"),
       "period": ("week", "month", "quarter", "half_year", "year"),
       "type": ("person", "company"), "direction": ("in", "out"), "met": ("true", "false")}  # fmt: skip


def brought(kind: str, column: Seen) -> tuple[dict[str, str], list[str]]:
    """The value map of a column of one kind (severity, status, channel …), and the values that fit none of its codes."""
    values = [v for v in column.values if v != column.unknown]
    if kind == "severity" and (numbered := _numbered(values)):
        return numbered, []
    found: dict[str, str] = {}
    left = []
    for value in values:
        plain = value.strip().lower()
        if plain in OWN.get(kind, ()):
            continue
        code = next((c for c, say in _SAY[kind].items() if re.search(say, plain)), None)
        if code is None:
            left.append(value)
        elif plain != code:
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
