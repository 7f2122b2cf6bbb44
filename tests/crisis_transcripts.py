"""Twelve transcripts of the crisis drill, in both languages, and what of the rubric each of them misses.

The first four are the ways to play that the drill itself shows; the others are written as people write them, each with the faults
of a kind: silence, lateness, blame, too much promised, a guess, empty phrases, a word not kept, no plan.
"""

from __future__ import annotations

from dataclasses import dataclass

from crmlib.show.incidents import Sent


@dataclass(frozen=True)
class Transcript:
    """What was sent in an incident, in a language, and the codes of the criteria that it misses; without messages the model."""

    called: str
    incident: str
    language: str
    misses: frozenset[str]
    sent: tuple[Sent, ...] = ()
    model: bool = False


def _misses(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


TEAM_EN = Sent(
    12, "team", "To all: IT reports to me by 10:00, the service desk says what I write to customers and nothing else."
)
TEAM_ZH = Sent(12, "team", "各位：技术10:00之前向我说明进展，客服只说我发给客户的内容。")

TRANSCRIPTS = (
    Transcript("model", "data_leak", "en", _misses(""), model=True),
    Transcript("model", "data_leak", "zh", _misses(""), model=True),
    Transcript("model", "service_down", "en", _misses(""), model=True),
    Transcript("model", "service_down", "zh", _misses(""), model=True),
    Transcript(
        "silence",
        "data_leak",
        "en",
        _misses(
            "first_word team answer word_kept plan apology empathy blame empty beyond known done next_news invented guess policy"
        ),
    ),
    Transcript(
        "late, and kind",
        "service_down",
        "en",
        _misses("first_word team answer"),
        (
            Sent(95, "customers", "We are sorry: since 09:00 you cannot log in or order. Why, we do not know yet. A spare server takes over by 18:00 today. We will write again by 12:30."),
            Sent(150, "one", "I understand how hard it is to wait with customers of your own. The cause is our server, whose disk was full. I will call you today by 18:00 and tell you that your order has left."),
            Sent(190, "customers", "The cause is known: the disk of our server was full. We will have you back by 16:30 and write to you again by 17:30."),
            Sent(460, "customers", "Everybody can log in again. The cause was a full disk; from tomorrow we will look at it every morning. For 3 months your deliveries are free, and an adviser of your own is there for you."),
        ),
    ),
    Transcript(
        "somebody else",
        "data_leak",
        "zh",
        _misses("blame guess"),
        (
            TEAM_ZH,
            Sent(30, "customers", "非常抱歉，您的姓名、电话和地址曾在网上公开。有谁看过，我们还不知道。文件已经下线。这是由于代理公司的失误造成的。今天12:30之前，我们会再次向您通报。"),
            Sent(90, "one", "我理解您的担心，非常抱歉。为什么会这样，我们还不知道。今天13:00之前，我会给您打电话。"),
            Sent(180, "customers", "原因已经查明：文件是测试时留下的。我们会从明天起定期删除。我们为您免运费12个月，并安排专属顾问。"),
        ),
    ),
    Transcript(
        "too much",
        "data_leak",
        "en",
        _misses("policy invented"),
        (
            TEAM_EN,
            Sent(20, "customers", "We are sorry. A file with names and addresses could be opened on the web; we have taken it off. Who opened it is not known yet. You will hear from us again by noon."),
            Sent(80, "one", "I am so sorry, you must have been frightened. How it happened we do not know yet. I will call you by 13:00 today. You get a full refund."),
            Sent(155, "customers", "The cause: a test of ours that nobody cleaned up. From tomorrow we will delete such files. This will never happen again, I guarantee it. Delivery is free for two years and 20 % off."),
        ),
    ),
    Transcript(
        "a guess in numbers",
        "service_down",
        "zh",
        _misses("guess invented known"),
        (
            TEAM_ZH,
            Sent(20, "customers", "非常抱歉，从09:00起您无法登录和下单，共影响8765位客户。原因在机房断电。我们会在18:00之前恢复。11:30之前再次向您通报。"),
            Sent(85, "one", "您的客户在等货，我理解您的着急。原因在机房断电。我会在今天18:00之前给您打电话。"),
            Sent(130, "customers", "我们还在恢复，非常抱歉。13:00之前再次向您通报进展。"),
            Sent(200, "customers", "原因已经查明：服务器磁盘满了。我们会从明天起每天检查。我们为您免运费3个月。"),
        ),
    ),
    Transcript(
        "empty phrases",
        "data_leak",
        "zh",
        _misses("team answer word_kept plan apology empathy empty beyond known done next_news"),
        (
            Sent(15, "team", "请大家高度重视，做好工作。"),
            Sent(40, "customers", "我们高度重视本次事件，已将情况向上反映，相关部门将尽快处理，请您耐心等待。"),
            Sent(200, "one", "您的意见我们已记录下来。"),
        ),
    ),
    Transcript(
        "a word not kept",
        "service_down",
        "en",
        _misses("word_kept"),
        (
            TEAM_EN,
            Sent(30, "customers", "We apologise: you cannot log in since 09:00, and we do not know yet why. A spare server is being set up. We will write again within one hour."),
            Sent(100, "one", "I can imagine how you feel, with customers waiting. The reason is not known yet. I will call you by 18:00 today."),
            Sent(300, "customers", "The cause was a full disk. We will have you back by 16:30 today, look at it daily from tomorrow, and each of you has an adviser of their own."),
        ),
    ),
    Transcript(
        "no plan, and cold",
        "service_down",
        "zh",
        _misses("plan apology empathy beyond"),
        (
            TEAM_ZH,
            Sent(15, "customers", "从09:00起无法登录和下单，原因尚不清楚，正在搭建备用服务器，18:00之前接管。12:00之前再次向您通报。"),
            Sent(75, "one", "原因还不清楚。18:00之前会恢复。"),
            Sent(160, "customers", "备用服务器16:30接管。17:00之前再次向您通报。"),
            Sent(441, "customers", "登录和下单已恢复。"),
        ),
    ),
)  # fmt: skip
