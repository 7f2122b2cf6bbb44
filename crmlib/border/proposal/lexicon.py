"""The words of headings and file names by what they may mean: English, Chinese, pinyin, German, and abbreviations."""

WORDS = """
partner: partner partners geschaeftspartner 合作伙伴 业务伙伴 伙伴
customer: customer cust cstmr cstm client clnt account acct acc buyer member mbr user usr household hh hshd shopper guest patron
  subscriber consumer respondent caller requester payer participant donor policyholder passenger student tenant kunde kunden kd
  kehu guke huiyuan yonghu maijia zhanghu xiaofeizhe kh hy yh 客户 顾客 会员 用户 买家 账户 帐户 账号 消费者 买方 购买方 客商
  受访者 提单人 报修人 投诉人 付款人 学员 乘客 粉丝 患者 客 constituent supporter applicant pupil learner traveller traveler
  visitor player gamer reader renter lessee borrower cardholder accountholder soldto billto debtor debitor soldtoparty payor
  recipient purchaser contactperson insured kundin gast mieter teilnehmer 投保人 投保单位 客户单位 学生 家长 病人 就诊人 业主
  住户 租户 承租人 租客 借款人 持卡人 旅客 客人 宾客 住客 入住人 预订人 订购人 订货单位 购货单位 购货方 购货客户 往来单位 往来户
  甲方 需方 受票方 终端客户 捐赠人 捐款人 捐赠者 读者 玩家 车主 帐号 用户名 会员名 下单人 购买人 领用人 送修人 报案人 咨询人
  来访者 访客 参与者 填写人 答题者 patient attendee reporter rider delegate loyalty 送检人 预约人 就诊者
  cliente clientes klient abonne abonnes adherent adherents socio socios mitglied mitglieds mitglieder patients patienten gaeste
  kunnr kunag kunrg kunwe kna ffp donator spender gaestenummer
deal: deal opportunity opp pipeline shangji 商机
order: document order ord ordr orders so purchaseorder auftrag auftrags bestellung bestellungs bestell dingdan dd 订单 定单 订货
  单据 job jobs workorder reservation reservations rental rentals hire ride trip gift gifts donation donations repairorder
  docket appointment appt bon lieferschein 预订 预定 订座 订房 出库单 销售单 发货单 送货单 提货单 结算单 收费单 缴费单 消费单
  捐赠 捐款 行程 预约 挂号 交易单 收据 凭证 流水单
  commande commandes pedido pedidos ordine ordini
  注文 受注 伝票
  vbeln vbak aubel termin termine sitzung
sale: sale sales invoice inv basket cart transaction txn trx trans tx trxn receipt bill booking booked checkout purchase
  purchased buy bought rechnung rechnungs verkauf verkaufs umsatz charge xiaoshou jiaoyi goumai fapiao xiadan chengjiao 销售
  发票 交易 小票 账单 流水 购物 购买 消费 成交 出库 开票 下单 采购 商机 收银 business sold purchasing ticketing payments charges
  收费 缴费 充值 买单 结账 开单 零售 售出 billed billing invoiced
  facture factures factura facturas venta ventas vente ventes achat achats compra compras
  购入 売上 販売 门市消费
  vbrk fkdat
turnover: sales umsatz verkaufs xiaoshou 销售
id: id no nr num number nbr code cd key pk ref reference uid uuid guid identifier sn serial nummer bianhao hao bianma danhao
  haoma 编号 号 号码 编码 单号 流水号 序号 代码 识别码 标识 卡号 内码 编 证号 唯一标识 识别号 单据号 handle hash uuid4 slug
  numbers openid unionid
  番号
  kunnr kunag kunrg kunwe vbeln aubel matnr belnr
time: date dt day time timestamp ts tstamp datetime dttm dtm when at datum tag tm zeit shijian riqi rq sj 时间 日期 日 时 年月日
  日子 时刻 placed stamp moment datestamp 日期时间 datetimes
  fecha jour heure hora
  fkdat audat erdat lfdat budat bldat wadat
month: month mon yearmonth ym monat yuefen 月 月份 年月 账期 期间
amount: amount amt sum total tot value val revenue rev turnover gmv spend spent betrag summe gesamt monetary amnt jine je zonge
  zongjia xiaoshoue heji 金额 总额 总价 合计 销售额 成交额 营业额 收入 价税合计 总金额 款项 货款 消费额 fees fare fares charges
  payable takings worth grand monetaryvalue receipts tuition brutto netto 价款 学费 房费 车费 票价 票款 餐费 消费总额 金额合计
  总费用 费用合计 款额 总计 共计 小计 捐款额 订单额 交易额 流水额 卡金额 保费 earnings payout proceeds 充值额
  montant montante importe monto betraege
  netwr dmbtr wrbtr
price: price unitprice prc preis einzelpreis danjia jiage dj 单价 价格 售价 零售价 均价 rate tarif stueckpreis unitcost 含税单价
  不含税单价 净价 京东价 成交价 折后价 销售价 优惠价 门市价 标准价
  prix precio prezzo
unit: unit per each einzel 每
quantity: quantity qty qnty quant units pcs pieces menge anzahl stueck shuliang sl jianshu 数量 件数 个数 销量 数目 台数
  订购数量 实发数量 发货数量 出库数量 购买数量 份数 瓶数 箱数 盒数 张数 套数 间夜 间数 人数 件
  quantite cantidad qte quantita
  fkimg kwmeng menge
discount: discount disc dsc rebate promo promotion coupon voucher rabatt markdown zhekou youhui zk yh 折扣 优惠 减免 立减 满减
  优惠券 折让 抵扣 deduction allowance concession reduction off savings 优惠额 折扣额 抵用 红包 代金券 抵用券 减价 让利
refund: refund refunded returned return returns retour chargeback creditnote reversal tuikuan tuihuo tk 退款 退货 退 退回 冲红
  credited reversed credit credits clawback 退单 已退款 退款退货 冲销 退费
list: list gross original orig before subtotal mrp tagprice full yingfu yuanjia yingshou 应付 应收 原价 标价 吊牌价 原 订单总额
  商品总额 mrsp rrp msrp compare undiscounted 划线价 面价 商品合计 商品总价 应收款 标价金额 应缴 应交
paid: paid net payment pay pays payed actual received settled charged settle zahlung bezahlt shifu shishou fukuan zhifu sf 实付
  实收 支付 付款 净 净额 实际 收款 到账 回款 remitted 结算 已付 已收 实际支付 实际收款 付 缴 缴纳 入账 交费 实缴 实交 已缴
  paye payee pagado pago pagos
tax: tax vat gst mwst ust steuer shuie 税 税额 税费 增值税 hst cgst sgst igst taxes duty taxable 销项税
shipping: shipping freight postage shipment versand yunfei 运费 邮费 快递费 物流费 handling carriage versandkosten 邮资 配送费
  包装费 打包费
margin: margin profit contribution gp grossprofit lirun maoli 利润 毛利 毛利额 gm 毛利率 利润额
cost: cost costs cogs expense fee kosten chengben feiyong 成本 费用 花费 commission 手续费 佣金 服务费
currency: currency ccy cur usd eur gbp cny rmb brl jpy waehrung yuan 币种 货币 元 万元 人民币
  waerk waers
product: product prod sku article art artikel goods stock stockcode asin isbn upc ean material mat part merchandise produkt
  shangpin chanpin sp cp huopin 商品 产品 货品 物料 品名 款号 货号 菜品 服务项目 parts materials dish meal menu spu vehicle book
  medication drug 宝贝 单品 货物 存货 材料 零件 配件 服务名称 项目名称 菜 药品 图书 书名 车型 房型 产品线 课程包
  track song film movie
  produit produits producto productos prodotto articulo articulos
  matnr arktx
item: item itm question quest q indicator statement frage wenti tixiang 题 题目 问题 题号 指标 题项 评价项
category: category cat categ dept department subcategory genre family kategorie warengruppe waren commodity leibie pinlei fenlei
  类别 品类 分类 类目 大类 小类 品牌 brand productgroup materialgroup collection range vendor series 菜类 系列 存货分类 物料组
  产品类别 业务类型 topic thema
  categorie categoria
kind: type typ kind class segment leixing lx 类型 种类 性质 细分 mode style nature format variety 型 方式 类
line: line lineitem row position pos detail lineno hang mingxi 行 明细 行号 行项目 子订单 posnr linenumber lineitems 分录 序
description: description desc text comment comments note notes remark remarks verbatim bezeichnung miaoshu beizhu 描述 备注 说明
  内容 摘要 文本 subject body memo details detail summary 主题 标题 留言 详情 描述信息 补充说明 正文
deliver: delivered delivery deliver arrive arrived handover geliefert lieferung liefer qianshou shouhuo jiaohuo songda jiaofu
  送达 签收 到货 收货 交付 交货 妥投 collected collection pickup picked received handed 取货 提货 取车 提车 交车 到店取 自提
  收货时间 送到 配送完成 确认收货
promise: promised promise estimated estimate est expected eta requested planned scheduled committed target wunsch zugesagt yuji
  chengnuo jihua yaoqiu 承诺 预计 预期 要求 约定 计划 应到 req desired commitment agreed guaranteed 应送达 预约送达 预计到货
  交期 要求到货 计划交货 预交
ship: courier couriers 快运 速递
  邮寄 配送 快递 ship_mode shipped ship dispatch dispatched carrier logistics fulfilled fulfilment fulfillment fahuo wuliu
  发货 出货 物流 承运 揽收 packed consignment tracking waybill awb parcel 揽件 运单 出发 打包 配货 物流单
create: created create creation crtd crt cre added inserted entry entered erfasst angelegt erstellt chuangjian luru zhidan 创建
  录入 建档 建立 登记 新建 制单 recorded captured loaded imported issued generated 添加 生成 录 新增 填报 建 制 出单
  erdat
register: 签约 签订 register registered registration signup sign signed joined join enrolled enrolment acquired since onboarded
  member_since anmeldung zhuce ruhui kaihu jiaru 注册 入会 加入 开户 开卡 首次 首单 入网 admission admitted onboarding onboard
  enrollment inscribed optin 成为客户 成为会员 加为好友 办卡 建卡 入学 报名 入园 首访 添加 入职 初次 建立关系 首购
  eintritt beitritt eintrittsdatum mitgliedseit
  inscription inscrit alta
update: updated update modified modify changed last_modified geaendert refreshed gengxin xiugai 更新 修改 变更 最后 edited
  touched revised 更新于 最近修改 最近更新
approve: approved approve approval confirmed verified authorized shenhe queren 审核 审批 确认
open: open opened submitted submit reported report raise raised logged tijiao fabu baoxiu shouli jindan eroeffnet 提交 报修 受理
  打开 发起 进线 来电 反馈 报障 提单 上报 occurred happened lodged notified requested 提出 报案 发生 反馈时间 申请 来电时间
  呼入时间 创建工单 立案
respond: 答题 作答 填写 first respond response responded reply replied answered answer acknowledged responsetime frt huifu
  xiangying shouci 首次 首响 响应 回复 答复 回应 应答 replies initial acknowledgement acknowledge accepted attended engaged
  accept 接单 受理 首次回复 回复时间 签收工单 接起 接听 处理开始 填答 提交答卷 提交
resolve: resolve resolved resolution solve solved solution close closed closing complete completed done finished geloest jiejue
  guanbi wancheng jiean 解决 关闭 完结 完成 结案 办结 处理完成 归档 结束处理 fixed repaired restored fix 完工 竣工 修复 恢复
  办理完成 处理完毕 处理结束 解决方案
  resuelto resolu cerrado
close: closed close closing guanbi jiean 关闭 结案 归档 archived finalised finalized 关单 销单 结束时间 已关闭
reopen: reopen reopened wiederer chongkai 重开 重新打开 再次打开 返单 reopens reopening 重复报修 二次 再次
reassign: reassign reassigned reassignment transfer transferred handoff zhuanpai 转派 改派 转办 流转 escalated escalation hops
  stations transfers reroute 升级 转单 移交
start: start started begin began from effective commence commenced activated activation active_from beginn kaishi shengxiao
  qishi kaitong 开始 起始 生效 开通 起 启用 commencing inception golive onset starting 起保 开课 起租 租赁开始 启动 使用开始
  有效期起 开卡 开通日期 生效日
  movein einzug
end: end ended ends finish to until expiry expire expires expiration termination term ende laufzeitende jieshu daoqi zhongzhi
  jiezhi 结束 到期 终止 截止 失效 止 届满 maturity valid validto validuntil expired through ending closes 满期 期满 截至
  有效期至 有效期止 到期日 终保 退租日 止期 失效日
due: due deadline sla target_date faellig duedate shixian qixian 截止 时限 期限 应完成 dueby respondby resolveby 要求完成 应解决
  限期 最迟
met: met made sla_met breached breach ontime dabiao 达标 超时 按时 违约 compliant compliance violated violation violates within
  achieved 是否超期 超期 是否达标 sla达成
renew: renew renewal renews auto autorenew renewable verlaengerung xufei xuyue xuding 续费 续约 续订 自动续 rollover continuous
  evergreen 自动续费 自动续期 续保 续期 是否续约
cancel: 停机 cancel cancelled canceled cancellation churn churned attrition attrited exited exit left leave lapsed unsubscribed
  terminated lost kuendigung gekuendigt liushi quxiao tuiding zhuxiao tuiwang 流失 取消 退订 注销 销户 离网 解约 流失标志 停用
  退租 withdrawal withdrawn withdrew dropout dropped resigned lapse deactivated deactivation unenrolled surrender surrendered
  void voided stopped leaving departed 退保 退卡 退学 退会 停卡 停保 断保 销卡 退课 退订时间 是否流失 拆机 停止 撤销
  kuendigungsdatum disconnected disconnection disconnect 流失时间
  annule annulee resiliation resilie baja anulado cancelado cancelada
  moveout auszug
reason: reason cause caused why motive motivation grund ursache yuanyin liyou 原因 理由 归因 起因 rationale root rootcause 根因
  流失原因 事由 故障原因 取消原因
plan: plan tier package edition subscriptionplan bundle tariff contract_type taocan banben dangwei 套餐 方案 版本 档位 资费 等级
  programme program course class rateplan offering coverage policytype cover 险种 卡种 卡类型 卡类 课程 班级 专业 产品版本
  服务包 会员类型 合同类型 订阅计划 房产类型 tarif
contract: contract subscription subscr agreement policy licence license abo vertrag lease membership hetong dingyue 合同 订阅
  协议 租约 保单 签约单 enrollment enrolment tenancy retainer warranty subscriptions memberships policies contracts vertrags
  保险单 会员卡 租赁 订购关系 服务协议 租赁合同 学籍 pledge
seats: seats seat licenses licences licensed xiwei 席位 坐席 账号数 用户数 授权数 headcount 授权 许可数 终端数 账号数量 购买账号
trial: trial freetrial probe shiyong 试用 体验 pilot demo poc freemium 体验课 试听 试学
period: billing frequency freq interval cycle cadence term recurrence zhouqi jifei 周期 计费 付费方式 缴费 账期 期 instalment
  installment billingcycle paymentterm 缴费方式 缴费频率 付款周期 交费方式 付款方式 计费周期 结算周期 支付周期 缴费周期 计费方式
  租期
recurring: mrr monthly arr annual yearly acv fee subscriptionfee rent premium yuefei nianfei 月费 年费 月租 租金 月付 年付 保费
  monthlycharge tuition dues contribution 会费 物业费 月供 期交保费 每期 年缴 月缴 套餐费 年保费 首年保费
  monatsbeitrag beitrag mitgliedsbeitrag jahresbeitrag
status: status state stage stat phase zustand zhuangtai zt 状态 阶段 进度 处理状态 stages lifecycle standing 现状 处理进度
  工单状态 状况
  statut
active: active enabled live inactive isactive huoyue 有效 激活 running 在用 生效中 启用状态
ticket: ticket tickets case cases incident issue request requests complaint helpdesk support servicecase anfrage vorgang
  stoerung gongdan tousu fuwudan 工单 服务单 投诉 报障单 服务请求 客诉 售后 conversation conversations enquiry inquiry inquiries
  enquiries repair repairs claim claims fault rma problem defect reklamation 报修单 维修 维修单 咨询 事件单 问题单 受理单 理赔
  赔案 反馈单 派工单
  incidencia incidencias reclamation reclamations
priority: priority prio severity sev criticality youxianji yanzhong 优先级 严重 级别 严重程度 importance 重要性 紧急度 重要程度
urgency: urgency urgent impact jinji 紧急 紧急程度 影响 紧急度 影响程度
survey: survey questionnaire nps csat feedback review reviews poll ces umfrage wenjuan diaocha pingjia 问卷 调查 调研 评价 点评
  回访 surveys assessment evaluation responses answers 答卷 答案 测评 评分表 量表 意见 打分表 回访单
score: score rating rate rated stars star grade satisfaction satisfied answer_value bewertung note_score pingfen manyidu dafen
  xingji 评分 得分 分数 打分 星级 满意度 满意 分值 评级 scores ratings mark marks satisfactory happiness 星 打分项 客户评分
  评价分 评价星级 评价得分 满意程度 满意情况
recommend: recommend recommendation promoter nps likelihood 推荐 推荐意愿 净推荐 recommending advocate 推荐程度 推荐可能性
  推荐分 愿意推荐
expectation: expectation expected_score erwartung qiwang 期望
perception: perception perceived wahrnehmung ganzhi 感知
dimension: dimension construct factor scale 维度 量表
scale: scale max points skala 满分 量程
campaign: campaign camp cmp campaignname kampagne initiative drip newsletter huodong yingxiao 活动 营销 推广 战役 appeal appeals
  flow journey broadcast emailing 活动名称 推送任务 群发 任务名称 触达任务
arm: arm group grp variant treatment treated test cell control cohort experiment bucket split gruppe fenzu shiyan duizhao 分组
  组别 实验组 对照组 实验 组 版本组 variation ab 实验分组 测试组
channel: channel chan medium media source_channel subtype via kanal qudao 渠道 方式 途径 平台 媒介 ota 联系方式
contact: contact contacted touch touchpoint message msg mailing mail call outreach sent send interaction activity task visit_log
  communication comm lianxi goutong chuda genjin 联系 沟通 触达 跟进 拜访 外呼 发送 推送 触点 联络 conversation calls emails
  meeting meetings dial dialed talk 外拨 通话 走访 会面 聊天 消息 会话 回访记录 呼叫 群发
direction: direction inbound outbound inout richtung fangxiang 方向 呼入 呼出 来去电 呼叫类型 消息方向 呼叫方向
purpose: purpose objective goal zweck mudi 目的 用途
script: script template creative huashu 话术 脚本 模板
click: click clicked clicks clk ctr dianji 点击 clickthrough 点击时间
view: view viewed seen opened_mail open_mail read zhankai 阅读 查看 已读 浏览 打开 opens impression impressions 打开时间 曝光
  送达阅读
convert: convert converted conversion conv converts order_placed zhuanhua 转化 成单 是否购买 是否转化 是否成交 成交标志 是否下单
redeem: redeem redeemed redemption used_coupon hexiao duihuan 核销 兑换 使用券 couponused 使用时间 已使用 核销时间 兑换时间
visit: visit visits visited laifang 访问 到店 来访 walkin footfall 进店 到访 来店
outcome: outcome result effect ergebnis jieguo 结果 效果
use: behavior behaviour log logs 日志 行为 usage use uses used session sessions event events eventcount action actions minutes
  hits pageviews pv duration nutzung shiyongliang 使用 活跃 用量 操作 时长 启动 会话 访问量 attendance attended lesson lessons
  watch watched listened playtime engagement checkins 学习 观看 听课 打卡 借阅 使用次数 上课 课时 访问 浏览量 播放 活动日志
login: login logins logon signin signins loggedin denglu 登录 登陆 签到 checkins swipe gate signon 打卡 刷卡 进场 入场 入馆 登入
error: error errors err crash crashes failure failures fehler baocuo cuowu 错误 报错 异常 崩溃 故障 faults defects exceptions
  bounces 失败 闪退
count: count cnt counts times ct cishu 次数 人次 计数
feature: feature module function funktion gongneng 功能 模块
consent: consent consents permission optin optedin subscribed agreement_given einwilligung tongyi shouquan 同意 授权 许可
  accepts gdpr 营销授权 订阅状态
withdraw: optedout withdrawn withdraw optout unsubscribe revoked revoke widerruf chehui 撤回 撤销 拒收 unsubscribed unsubscribes
  dnd removed 退订 拒绝接收
grant: granted grant given 授予 给予
name: name nm title fullname bezeichnung_name mingcheng xingming mc xm 名称 名字 名 全称 抬头 contactname customername shortname
  收货人 收件人 联系人 简称 全名 户名 称呼 客户名 姓名
  nom nombre razonsocial
  氏名
first: first given forename fname fn vorname 名字_名
  prenom
last: last surname family lname lastname nachname xing 姓 姓氏
  apellido apellidos
company: company org organisation organization firm business corporate enterprise firma gongsi qiye danwei 公司 企业 单位 机构
  商户 门店客户 employer institution dealer agency trading 公司名称 企业名称 单位名称 工作单位 商家 院校 组织
birth: birth birthday dob born bday geburtstag geburtsdatum shengri chusheng 生日 出生 出生日期
  naissance nacimiento
phone: phone tel telephone mobile cell cellphone msisdn telefon handy dianhua shouji dh sjh 电话 手机 手机号 联系电话 移动电话
  contactno whatsapp landline handphone phonenumber telno mobileno 电话号码 手机号码 联系手机 座机 联系方式 移动号码 用户号码
  号码
  telefono movil portable handynummer mobilfunk
  telf
email: email mail e_mail emailaddress youxiang youjian 邮箱 邮件 电子邮箱 电邮 emails mailaddress 电子邮件 邮箱地址
  courriel correo
wechat: wechat weixin wx openid unionid wecom 微信 微信号
address: address addr street strasse dizhi 地址 住址 街道
postcode: postcode zip zipcode postal plz youbian 邮编 邮政编码
  pstlz
city: city town ort stadt chengshi 城市 市 地市 suburb locality municipality place 所在城市 市区 地级市 县市
  ville ciudad citta
region: region rgn geography geo_area state province prov area territory county country land bundesland district location geo
  nation diqu shengfen quyu daqu 地区 省份 省 大区 国家 区域 所在地 州 自治区 prefecture zone canton departement 省市 片区
  所属区域 所属大区 省区 战区
  pais provincia comunidad
industry: industry sector vertical branche hangye 行业 所属行业 行业类别 行业类型
  brsch
role: role position jobtitle job zhiwei juese 角色 职位 职务 岗位
owner: owner salesperson salesrep rep manager agent assigned assignee handler seller operator responsible vertreter am
  bearbeiter fuzeren yewuyuan xiaoshouyuan 负责人 业务员 客户经理 销售员 处理人 坐席 客服 跟进人 经办人 归属 导购 adviser
  advisor consultant executive officer technician engineer stylist coach trainer instructor teacher tutor waiter server cashier
  clerk salesman saleswoman salespeople teammate mechanic doctor physician rm csm broker underwriter 顾问 会籍顾问 教练 老师
  技师 工程师 服务工程师 店员 收银员 营业员 代表 业务代表 工号 添加人 员工 操作员 制单人 创建人 业务人员 所属销售 销售代表
  服务顾问 跟单员 录入人 审核人 经手人 服务人员 派单人 接待人 主管 客户主管 代理人 维修人员
staff: employee employees staff personnel mitarbeiter
supplier: supplier suppliers lieferant lieferanten fournisseur fournisseurs gongyingshang 供应商 供货商
group: group grp team queue skill_group banzu 班组 技能组 处理组 队列 department division 部门 科室 小组 处理部门 所属部门
source: source origin referral referrer utm lead laiyuan 来源 推荐人 获客 traffic heard 客户来源 线索来源 信息来源 首次来源
  来源方式
system: system sys platform app site store shop branch outlet xitong 系统 门店 店铺 店 venue restaurant 分店 网点 营业部 校区
  场馆 店名 分公司 门店名称 归属店铺
  门市
parent: parent master global unique golden uniq person 主 唯一 统一 headquarters 集团 母公司
tenure: tenure age_months months_on_book vintage zaiwang 在网时长 在网 司龄 使用月数 入网月数 在网月数 会龄 开卡时长
age: age nianling alter 年龄 年龄段 周岁 年龄(岁) 客户年龄
gender: gender sex geschlecht xingbie 性别
home: ownership homeowner household_size housing house home zhufang 住房 房产
demographic: education marital married kids children occupation employment ethnicity xueli hunyin zhiye 学历 婚姻 职业 教育
  profession nationality 国籍 民族 婚否 文化程度
income: income salary shouru 年收入 月收入
balance: balance saldo yue 余额 存款 outstanding 可用余额 储值余额 账户余额 积分余额 欠款
flag: flag is has ind indicator_flag yn bool biaozhi shifou 是否 标志 标识位 有无 whether if 是不是 标识
of: signed display displayed
  of utc gmt current currently actual_ this the by in on for and a with my our u x is_the der die das des von am zu de 的 之
  与 及 和 本 所 每次 信息 数据 billing primary default main associated related base purchased how us own utc0 local do not
  modify record records 所属 所在 您 对 我们 请问 当前 本次 相关 我 在 是 该 各 已
file: file export dataset data tbl table fact dim raw dump v1 list report all full final new copy sheet tab daochu 导出 表
  数据表 列表 清单 记录 全部 汇总
year: year jahr nian 年 年度
hours: hours hour hrs hr stunden xiaoshi 小时 小时数
minutes: minutes minute mins min minuten fenzhong 分钟 分
seconds: seconds second secs sec miao 秒
days: days tage tianshu 天数 天 nights 晚数 入住天数 间夜数
stay: arrival departure depart checkout checkin arriving departing 入住 离店 退房 抵店 离开 抵达 到店
nick: nick nickname alias handle screenname username 昵称 网名 别名 备注名 账号名
points: points point 积分 会员积分 成长值
variant: variant size colour color flavour flavor 规格 型号 规格型号 款式 颜色 尺码 尺寸 口味 属性
warehouse: warehouse depot stockroom 仓库 库位 仓
device: device terminal browser platform_os 设备 终端 机型 浏览器 操作系统
weekday: weekday dayofweek 星期 周几
"""
