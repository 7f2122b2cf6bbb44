"""What became of an action, however people, a CRM or WeCom write it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from crmlib.vocabulary import language
from crmlib.vocabulary.codes import STATUSES
from crmlib.vocabulary.language import N_, _

UNREAD = "unread"
"""Something was written that could not be read: neither done nor not done."""
SENT = {"0": "not_sent", "1": "done", "2": "not_a_friend", "3": "had_another"}
"""Results of a message to many in WeCom (work.weixin.qq.com, document 93338): not sent, sent, the customer is no contact any
more, or had another such message.
"""
WHY = {
    "no_day": N_("no day that can be read; write it as 2026-11-03"),
    "before": N_("a day before the action was proposed"),
    "later": N_("a day more than a year after the action was proposed"),
    "no_status": N_("no status that is known; write done or open, or a day in done_at"),
    "no_action": N_("no action of any review here has this number"),
    "no_number": N_("the line names no action; leave the column action_id as it was"),
    "nobody": N_("no message of any pack here went to this contact"),
}
"""Why something in a list that came back could not be read."""
_WORDS = {
    "open": "not started;open;todo;to do;no;n;not done;overdue;未开始;待处理;待办;未完成;未执行;未处理;否;没有;已逾期;逾期",
    "started": "in progress;started;begun;working on it;waiting for input;waiting on someone else;进行中;处理中;跟进中;执行中;"
    "等待输入;等待他人",
    "done": "completed;complete;done;closed;finished;yes;y;x;sent;ok;已完成;完成;已结束;已关闭;已执行;已处理;已联系;已做;"
    "已发送;是;√;✓;✔;☑",
    "called_off": "cancelled;canceled;deferred;dropped;skipped;已取消;取消;推迟;已推迟;延期;已延期;已终止;作废;已作废;不做",
    "not_sent": "unsent;未发送",
    "not_a_friend": "not a friend;非好友;不是好友;客户不是好友;因客户不是好友导致发送失败",
    "had_another": "had another message;已收到其他群发;因客户已经收到其他群发消息导致发送失败",
}
"""Ways of writing a status in small letters, parted by semicolons."""


@cache
def words() -> Mapping[str, str]:
    """Each way of writing a status, in small letters, to its code; our own labels in every language among them."""
    found = {word: code for code, text in _WORDS.items() for word in text.split(";")}
    for spoken in language.LANGUAGES:
        with language.using(spoken):
            found |= {_(label).casefold(): code for code, label in STATUSES.items()}
    return found
