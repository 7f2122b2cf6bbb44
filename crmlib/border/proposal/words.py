"""What headings and file names say: split into words, each brought to the concepts that it may mean.

English, Chinese, pinyin and the usual abbreviations; split at spaces, signs, digits and case, and inside a word where it is
wholly made of known ones (custno, xiadanshijian).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_WORDS = """
customer: customer cust cstmr cstm client clnt account acct acc buyer member mbr user usr household hh hshd shopper
  guest patron subscriber consumer respondent caller requester payer participant donor policyholder passenger student
  tenant kunde kunden kd kehu guke huiyuan yonghu maijia zhanghu xiaofeizhe kh hy yh 客户 顾客 会员 用户 买家 账户 帐户
  账号 消费者 买方 购买方 客商 受访者 提单人 报修人 投诉人 付款人 学员 乘客 粉丝 患者 客
deal: deal opportunity opp pipeline shangji 商机
order: order ord ordr orders so purchaseorder auftrag auftrags bestellung bestellungs bestell dingdan dd 订单 定单 订货
  单据
sale: sale sales invoice inv basket cart transaction txn trx trans tx trxn receipt bill booking checkout purchase
  purchased buy bought rechnung rechnungs verkauf verkaufs umsatz charge xiaoshou jiaoyi goumai fapiao xiadan chengjiao
  销售 发票 交易 小票 账单 流水 购物 购买 消费 成交 出库 开票 下单 采购 商机 收银
id: id no nr num number nbr code cd key pk ref reference uid uuid guid identifier sn serial nummer bianhao hao bianma
  danhao haoma 编号 号 号码 编码 单号 流水号 序号 代码 识别码 标识
time: date dt day time timestamp ts tstamp datetime dttm dtm when at datum tag tm zeit shijian riqi rq sj 时间 日期 日
  时 年月日 日子 时刻
month: month mon yearmonth ym monat yuefen 月 月份 年月
amount: amount amt sum total tot value val revenue rev turnover gmv spend spent betrag summe gesamt monetary amnt jine
  je zonge zongjia xiaoshoue heji 金额 总额 总价 合计 销售额 成交额 营业额 收入 价税合计 总金额 款项 货款 消费额
price: price unitprice prc preis einzelpreis danjia jiage dj 单价 价格 售价 零售价 均价
unit: unit per each einzel 每
quantity: quantity qty qnty quant units pcs pieces menge anzahl stueck shuliang sl jianshu 数量 件数 个数 销量 数目 台数
discount: discount disc dsc rebate promo promotion coupon voucher rabatt markdown zhekou youhui zk yh 折扣 优惠 减免
  立减 满减 优惠券 折让 抵扣
refund: refund refunded returned return returns retour chargeback creditnote reversal tuikuan tuihuo tk 退款 退货 退
  退回 冲红
list: list gross original orig before subtotal mrp tagprice full yingfu yuanjia yingshou 应付 应收 原价 标价 吊牌价 原
  订单总额 商品总额
paid: paid net payment pay pays payed actual received settled charged settle zahlung bezahlt shifu shishou fukuan zhifu
  sf 实付 实收 支付 付款 净 净额 实际 收款 到账 回款
tax: tax vat gst mwst ust steuer shuie 税 税额 税费 增值税
shipping: shipping freight postage shipment versand yunfei 运费 邮费 快递费 物流费
margin: margin profit contribution gp grossprofit lirun maoli 利润 毛利 毛利额
cost: cost costs cogs expense fee kosten chengben feiyong 成本 费用 花费
currency: currency ccy cur usd eur gbp cny rmb brl jpy waehrung yuan 币种 货币 元 万元 人民币
product: product prod sku article art artikel goods stock stockcode asin isbn upc ean material mat part merchandise
  produkt shangpin chanpin sp cp huopin 商品 产品 货品 物料 品名 款号 货号 菜品 服务项目
item: item itm question quest q indicator statement frage wenti tixiang 题 题目 问题 题号 指标 题项 评价项
category: category cat categ dept department subcategory genre family kategorie warengruppe waren commodity leibie
  pinlei fenlei 类别 品类 分类 类目 大类 小类 品牌
kind: type typ kind class segment leixing lx 类型 种类 性质 细分
line: line lineitem row position pos detail lineno hang mingxi 行 明细 行号 行项目 子订单
description: description desc text comment comments note notes remark remarks verbatim bezeichnung miaoshu beizhu 描述
  备注 说明 内容 摘要 文本
deliver: delivered delivery deliver arrive arrived arrival handover geliefert lieferung liefer qianshou shouhuo jiaohuo
  songda jiaofu 送达 签收 到货 收货 交付 交货 配送 妥投
promise: promised promise estimated estimate est expected eta requested planned scheduled committed target wunsch
  zugesagt yuji chengnuo jihua yaoqiu 承诺 预计 预期 要求 约定 计划 应到
ship: shipped ship dispatch dispatched carrier logistics fulfilled fulfilment fulfillment fahuo wuliu 发货 出货 物流
  承运 揽收
create: created create creation crtd crt cre added inserted entry entered erfasst angelegt erstellt chuangjian luru
  zhidan 创建 录入 建档 建立 登记 新建 制单
register: register registered registration signup sign signed joined join enrolled enrolment acquired since onboarded
  member_since anmeldung zhuce ruhui kaihu jiaru 注册 入会 加入 开户 开卡 首次 首单 入网
update: updated update modified modify changed last_modified geaendert refreshed gengxin xiugai 更新 修改 变更 最后
approve: approved approve approval confirmed verified authorized shenhe queren 审核 审批 确认
open: open opened submitted submit reported report raise raised logged tijiao fabu baoxiu shouli jindan eroeffnet 提交
  报修 受理 打开 发起 进线 来电 反馈 报障 提单 上报
respond: first respond response responded reply replied answered answer acknowledged responsetime frt huifu xiangying
  shouci 首次 首响 响应 回复 答复 回应 应答
resolve: resolve resolved resolution solve solved solution close closed closing complete completed done finished geloest
  jiejue guanbi wancheng jiean 解决 关闭 完结 完成 结案 办结 处理完成 归档 结束处理
close: closed close closing guanbi jiean 关闭 结案 归档
reopen: reopen reopened wiederer chongkai 重开 重新打开 再次打开 返单
reassign: reassign reassigned reassignment transfer transferred handoff zhuanpai 转派 改派 转办 流转
start: start started begin began from effective commence commenced activated activation active_from beginn kaishi
  shengxiao qishi kaitong 开始 起始 生效 开通 起 启用 签约 签订
end: end ended ends finish to until expiry expire expires expiration termination term ende laufzeitende jieshu daoqi
  zhongzhi jiezhi 结束 到期 终止 截止 失效 止 届满
due: due deadline sla target_date faellig duedate shixian qixian 截止 时限 期限 应完成
met: met made sla_met breached breach ontime dabiao 达标 超时 按时 违约
renew: renew renewal renews auto autorenew renewable verlaengerung xufei xuyue xuding 续费 续约 续订 自动续
cancel: cancel cancelled canceled cancellation churn churned attrition attrited exited exit left leave lapsed
  unsubscribed terminated lost kuendigung gekuendigt liushi quxiao tuiding zhuxiao tuiwang 流失 取消 退订 注销 销户 离网
  解约 流失标志 停用 退租
reason: reason cause caused why motive motivation grund ursache yuanyin liyou 原因 理由 归因 起因
plan: plan tier package edition subscriptionplan bundle tariff contract_type taocan banben dangwei 套餐 方案 版本 档位
  资费 等级
contract: contract subscription subscr agreement policy licence license abo vertrag lease membership hetong dingyue 合同
  订阅 协议 租约 保单 签约单
seats: seats seat licenses licences licensed xiwei 席位 坐席 账号数 用户数 授权数
trial: trial freetrial probe shiyong 试用 体验
period: billing frequency freq interval cycle cadence term recurrence zhouqi jifei 周期 计费 付费方式 缴费 账期 期
recurring: mrr monthly arr annual yearly acv fee subscriptionfee rent premium yuefei nianfei 月费 年费 月租 租金 月付
  年付 保费
status: status state stage stat phase zustand zhuangtai zt 状态 阶段 进度 处理状态
active: active enabled live inactive isactive huoyue 有效 激活
ticket: ticket tickets case cases incident issue request requests complaint helpdesk support servicecase anfrage vorgang
  stoerung gongdan tousu fuwudan 工单 服务单 投诉 报障单 服务请求 客诉 售后
priority: priority prio severity sev criticality youxianji yanzhong 优先级 严重 级别 严重程度
urgency: urgency urgent impact jinji 紧急 紧急程度 影响
survey: survey questionnaire nps csat feedback review reviews poll ces umfrage wenjuan diaocha pingjia 问卷 调查 调研
  评价 点评 回访
score: score rating rate rated stars star grade satisfaction satisfied answer_value bewertung note_score pingfen manyidu
  dafen xingji 评分 得分 分数 打分 星级 满意度 满意 分值 评级
recommend: recommend recommendation promoter nps likelihood 推荐 推荐意愿 净推荐
expectation: expectation expected_score erwartung qiwang 期望
perception: perception perceived wahrnehmung ganzhi 感知
dimension: dimension construct factor scale 维度 量表
scale: scale max points skala 满分 量程
campaign: campaign camp cmp campaignname kampagne initiative drip newsletter huodong yingxiao 活动 营销 推广 战役
arm: arm group grp variant treatment treated test cell control cohort experiment bucket split gruppe fenzu shiyan
  duizhao 分组 组别 实验组 对照组 实验 组 版本组
channel: channel chan medium media source_channel subtype via kanal qudao 渠道 方式 途径 平台 媒介
contact: contact contacted touch touchpoint message msg mailing mail call outreach sent send interaction activity task
  visit_log communication comm lianxi goutong chuda genjin 联系 沟通 触达 跟进 拜访 外呼 发送 推送 触点 联络
direction: direction inbound outbound inout richtung fangxiang 方向 呼入 呼出
purpose: purpose objective goal zweck mudi 目的 用途
script: script template creative huashu 话术 脚本 模板
click: click clicked clicks clk ctr dianji 点击
view: view viewed seen opened_mail open_mail read zhankai 阅读 查看 已读 浏览 打开
convert: convert converted conversion conv converts order_placed zhuanhua 转化 成单 是否购买 是否转化
redeem: redeem redeemed redemption used_coupon hexiao duihuan 核销 兑换 使用券
visit: visit visits visited laifang 访问 到店 来访
outcome: outcome result effect ergebnis jieguo 结果 效果
use: usage use uses used session sessions event events eventcount action actions minutes hits pageviews pv duration
  nutzung shiyongliang 使用 活跃 用量 操作 时长 启动 行为 会话 访问量
login: login logins logon signin signins loggedin denglu 登录 登陆 签到
error: error errors err crash crashes failure failures fehler baocuo cuowu 错误 报错 异常 崩溃 故障
count: count cnt counts times ct cishu 次数 人次 计数
feature: feature module function funktion gongneng 功能 模块
consent: consent consents permission optin optedin subscribed agreement_given einwilligung tongyi shouquan 同意 授权
  许可
withdraw: optedout withdrawn withdraw optout unsubscribe revoked revoke widerruf chehui 撤回 撤销 拒收
grant: granted grant given 授予 给予
name: name nm title fullname bezeichnung_name mingcheng xingming mc xm 名称 姓名 名字 名 全称 昵称 抬头
first: first given forename fname fn vorname 名字_名
last: last surname family lname lastname nachname xing 姓 姓氏
company: company org organisation organization firm business corporate enterprise firma gongsi qiye danwei 公司 企业
  单位 机构 商户 门店客户
birth: birth birthday dob born bday geburtstag geburtsdatum shengri chusheng 生日 出生 出生日期
phone: phone tel telephone mobile cell cellphone msisdn telefon handy dianhua shouji dh sjh 电话 手机 手机号 联系电话
  移动电话
email: email mail e_mail emailaddress youxiang youjian 邮箱 邮件 电子邮箱 电邮
wechat: wechat weixin wx openid unionid wecom 微信 微信号
address: address addr street strasse dizhi 地址 住址 街道
postcode: postcode zip zipcode postal plz youbian 邮编 邮政编码
city: city town ort stadt chengshi 城市 市 地市
region: region rgn geography geo_area state province prov area territory county country land bundesland district
  location geo nation diqu shengfen quyu daqu 地区 省份 省 大区 国家 区域 所在地 州 自治区
industry: industry sector vertical branche hangye 行业
role: role position jobtitle job zhiwei juese 角色 职位 职务 岗位
owner: owner salesperson salesrep rep manager agent assigned assignee handler seller operator responsible vertreter am
  bearbeiter fuzeren yewuyuan xiaoshouyuan 负责人 业务员 客户经理 销售员 处理人 坐席 客服 跟进人 经办人 归属 导购
group: group grp team queue skill_group banzu 班组 技能组 处理组 队列
source: source origin referral referrer utm lead laiyuan 来源 推荐人 获客
system: system sys platform app site store shop branch outlet xitong 系统 门店 店铺 店
parent: parent master global unique golden uniq person 主 唯一 统一
tenure: tenure age_months months_on_book vintage zaiwang 在网时长 在网 司龄 使用月数 入网月数
age: age nianling alter 年龄 年龄段
gender: gender sex geschlecht xingbie 性别
home: ownership homeowner household_size housing house home zhufang 住房 房产
income: income salary shouru 年收入 月收入
balance: balance saldo yue 余额 存款
flag: flag is has ind indicator_flag yn bool biaozhi shifou 是否 标志 标识位 有无
of: of utc gmt current currently actual_ this the by in on for and a with my our u x is_the der die das des von am zu de
  的 之 与 及 和 本 所 每次 信息 数据
file: file export dataset data tbl table fact dim raw dump v1 list report all full final new copy sheet tab daochu 导出
  表 数据表 列表 清单 记录 全部 汇总
year: year jahr nian 年 年度
hours: hours hour hrs hr stunden xiaoshi 小时
minutes: minutes minute mins min minuten fenzhong 分钟
seconds: seconds second secs sec miao 秒
days: days tage tianshu 天数 天
"""
NEUTRAL = frozenset({"of", "file", "currency", "flag"})
"""Concepts of words that take nothing away from what a heading says."""
AND = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_TOGETHER = re.compile(
    r"(?<![a-z])(opt|opted|sign|log|check)[-_ ]+(in|out|up|on)(?![a-z])|(?<![a-z])(e)[-_ ]+(mail)(?![a-z])"
)
_CJK = re.compile(r"[\u3400-\u9fff]+|[a-z]+")


@cache
def lexicon() -> dict[str, tuple[str, ...]]:
    """Every known word to its concepts."""
    words: dict[str, tuple[str, ...]] = {}
    for concept, listed in re.findall(r"^(\w+):((?:.|\n(?=\s))*)", _WORDS, re.M):
        for word in listed.split():
            if concept not in words.get(word, ()):
                words[word] = (*words.get(word, ()), concept)
    return words


@cache
def tokens(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The words of a heading or file name in order, each with its concepts, none where it is not known."""
    text = unicodedata.normalize("NFKC", text).replace("#", " no ").replace("IDs", "Ids")
    plain = _TOGETHER.sub(lambda m: "".join(g for g in m.groups() if g), AND.sub(" ", text).lower())
    found: list[tuple[str, tuple[str, ...]]] = []
    for word in _CJK.findall(plain):
        found += _known(word)
    return tuple(found)


def _known(word: str) -> list[tuple[str, tuple[str, ...]]]:
    words = lexicon()
    for form in (word, word.removesuffix("s"), word.removesuffix("es")):
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
    left = 1.0
    for _word, meant in given:
        if any(c in wanted or c in NEUTRAL for c in meant):
            continue
        if any(c in context for c in meant):
            left -= 0.04
        else:
            left -= 0.3 if meant else 0.12
    return max(left, 0.0)
