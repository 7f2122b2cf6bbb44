"""Names and contact points of the teaching company's customers: plausible, and nobody's.

Telephone numbers start with 147-0, a range of data cards that takes no calls; e-mail addresses stand in domains reserved
for examples (RFC 2606); names are put together by lot from common surnames and given names.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from crmlib.teaching import plan
from crmlib.teaching.people import CITIES, CITY_REGION, INDUSTRIES, Ints, stream


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _sounds(text: str) -> dict[str, str]:
    """Characters with how they sound: "王:Wang 李:Li"."""
    return {word.split(":")[0]: word.split(":")[1] for word in text.split()}


SURNAMES: Final = _sounds(
    "王:Wang 李:Li 张:Zhang 刘:Liu 陈:Chen 杨:Yang 黄:Huang 赵:Zhao 吴:Wu 周:Zhou 徐:Xu 孙:Sun 马:Ma "
    "朱:Zhu 胡:Hu 郭:Guo 何:He 林:Lin 高:Gao 罗:Luo 郑:Zheng 梁:Liang 谢:Xie 宋:Song 唐:Tang 许:Xu "
    "韩:Han 邓:Deng 冯:Feng 曹:Cao 彭:Peng 曾:Zeng 肖:Xiao 田:Tian 董:Dong 潘:Pan 袁:Yuan 蔡:Cai "
    "蒋:Jiang 余:Yu 于:Yu 杜:Du 叶:Ye 程:Cheng 魏:Wei 苏:Su 吕:Lü 丁:Ding 欧阳:Ouyang"
)
GIVEN: Final = _sounds(
    "伟:wei 芳:fang 娜:na 敏:min 静:jing 丽:li 强:qiang 磊:lei 军:jun 洋:yang 勇:yong 艳:yan 杰:jie "
    "涛:tao 明:ming 超:chao 秀:xiu 霞:xia 平:ping 刚:gang 桂:gui 英:ying 华:hua 玉:yu 兰:lan 红:hong "
    "梅:mei 建:jian 国:guo 文:wen 辉:hui 俊:jun 晓:xiao 雪:xue 婷:ting 雨:yu 欣:xin 怡:yi 子:zi "
    "涵:han 浩:hao 宇:yu 轩:xuan 思:si 佳:jia 琪:qi 梓:zi 晨:chen 嘉:jia 慧:hui 博:bo 瑞:rui 琳:lin "
    "倩:qian 志:zhi 鹏:peng 春:chun 云:yun 天:tian 逸:yi"
)
FIRST: Final = _words(
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard "
    "Susan Joseph Jessica Thomas Sarah Charles Karen Daniel Nancy Matthew Lisa Anthony Emma Mark "
    "Olivia Paul Sophie Steven Grace Andrew Alice Peter Hannah"
)
LAST: Final = _words(
    "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Jackson Martin Lee "
    "Thompson White Harris Clark Lewis Walker Hall Young King Wright Hill Green Adams Baker Nelson "
    "Carter Mitchell Roberts Turner Phillips Parker Evans"
)
CITY_ZH: Final = _words("上海 杭州 苏州 南京 北京 天津 广州 深圳 成都 重庆 武汉 长沙 新加坡 伦敦")
BRANDS: Final = _sounds(
    "恒:Heng 达:da 鼎:Ding 盛:sheng 瑞:Rui 丰:feng 华:Hua 泰:tai 宏:Hong 远:yuan 嘉:Jia 诚:cheng "
    "锦:Jin 源:yuan 博:Bo 创:chuang 凯:Kai 旺:wang 汇:Hui 通:tong 金:Jin 石:shi 永:Yong 兴:xing 力:Li "
    "合:he 东:Dong 方:fang 海:Hai 川:chuan 新:Xin 科:ke 安:An 信:xin"
)
TRADES: Final = {
    "manufacturing": (("机械", "Machinery"), ("五金", "Hardware"), ("电子", "Electronics")),
    "retail": (("百货", "Department Stores"), ("商贸", "Trading")),
    "logistics": (("物流", "Logistics"), ("供应链", "Supply Chain")),
    "healthcare": (("医药", "Pharmaceuticals"), ("医疗器械", "Medical Devices")),
    "finance": (("投资", "Investment"), ("商务咨询", "Business Consulting")),
    "education": (("教育科技", "Education Technology"), ("文化传播", "Culture")),
}
MISSING: Final = {"phone": 0.08, "email": 0.34, "wechat": 0.42, "birthday": 0.30, "region": 0.05}


def details(people: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row per entity:
    its Chinese name (or None), its Latin name, birthday (days since 1940), phone, e-mail and WeChat id (or None).
    """
    rng, n = stream(seed, 10), len(people)
    chinese, latin, slug = _persons(rng, n)
    company = np.flatnonzero(people["type"] == "company")
    chinese[company], latin[company], slug[company] = _companies(people, company, rng)
    none = rng.random(n) < plan.UNREACHABLE
    absent = {
        name: (rng.random(n) < share) | (none & (name in ("phone", "email", "wechat")))
        for name, share in MISSING.items()
    }
    only = ~none & absent["phone"] & absent["email"] & absent["wechat"]
    absent["phone"] &= ~only
    number = rng.permutation(max(n, 90_000))[:n]
    domain = np.array(["example.com", "example.org", "example.net"], dtype=object)[rng.integers(0, 3, n)]
    tag = rng.permutation(n)
    phone = np.array([f"1470{i:07d}" for i in number], dtype=object)
    email = np.array([f"{s}{t}@{d}" for s, t, d in zip(slug, tag, domain, strict=True)], dtype=object)
    wechat = np.array(
        [f"yx_{s.replace('.', '')[:8]}{t:05d}" for s, t in zip(slug, rng.permutation(n), strict=True)], dtype=object
    )
    phone[absent["phone"]], email[absent["email"]], wechat[absent["wechat"]] = None, None, None
    born = np.round(rng.normal(15500, 4000, n)).clip(2500, 24400).astype(np.int64)
    born[company] = rng.integers(18000, 29500, len(company))
    born[absent["birthday"]] = -1
    return pd.DataFrame(
        {
            "chinese": chinese,
            "latin": latin,
            "phone": phone,
            "email": email,
            "wechat": wechat,
            "born": born,
            "no_region": absent["region"],
        }
    )


def birthday_of_year(known: pd.DataFrame) -> Ints:
    """Day of the year of each birthday, 0 to 364, -1 where it is missing."""
    born = known["born"].to_numpy()
    dates = pd.Timestamp(1940, 1, 1) + pd.to_timedelta(np.maximum(born, 0), unit="D")
    return np.where(born >= 0, np.minimum(dates.day_of_year.to_numpy() - 1, 364), -1)


def _persons(rng: Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    surnames, given = list(SURNAMES), list(GIVEN)
    weight = 1 / np.arange(3, len(surnames) + 3)
    s = rng.choice(len(surnames), n, p=weight / weight.sum())
    a, b = rng.integers(0, len(given), (2, n))
    one = rng.random(n) < 0.14
    foreign = rng.random(n) < 0.2
    first, last = rng.integers(0, len(FIRST), n), rng.integers(0, len(LAST), n)
    chinese, latin, slug = (np.empty(n, dtype=object) for _ in range(3))
    for i in range(n):
        if foreign[i]:
            latin[i] = f"{FIRST[first[i]]} {LAST[last[i]]}"
            slug[i] = f"{FIRST[first[i]][0]}{LAST[last[i]]}".lower()
            continue
        second = "" if one[i] else given[b[i]]
        chinese[i] = surnames[s[i]] + given[a[i]] + second
        sound = GIVEN[given[a[i]]] + (GIVEN[second] if second else "")
        latin[i] = f"{SURNAMES[surnames[s[i]]]} {sound.capitalize()}"
        slug[i] = (SURNAMES[surnames[s[i]]] + sound).lower().replace("ü", "v")
    return chinese, latin, slug


def _companies(people: pd.DataFrame, which: Ints, rng: Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    heads = [c for c, sound in BRANDS.items() if sound[0].isupper()]
    tails = [c for c, sound in BRANDS.items() if sound[0].islower()]
    chinese, latin, slug = (np.empty(len(which), dtype=object) for _ in range(3))
    city, industry = people["city"].cat.codes.to_numpy(), people["industry"].cat.codes.to_numpy()
    names = list(INDUSTRIES)
    a, b, t = (
        rng.integers(0, len(heads), len(which)),
        rng.integers(0, len(tails), len(which)),
        rng.integers(0, 6, len(which)),
    )
    for k, i in enumerate(which):
        trades = TRADES[names[industry[i]]]
        zh, en = trades[t[k] % len(trades)]
        brand = BRANDS[heads[a[k]]] + BRANDS[tails[b[k]]]
        chinese[k] = f"{CITY_ZH[city[i]]}{heads[a[k]]}{tails[b[k]]}{zh}有限公司"
        latin[k] = f"{CITIES[city[i]]} {brand} {en} Co., Ltd."
        slug[k] = f"info.{brand.lower()}"
    return chinese, latin, slug


def customers(
    people: pd.DataFrame, held: pd.DataFrame, known: pd.DataFrame, seed: int, end: float = plan.DAYS
) -> tuple[pd.DataFrame, Ints]:
    """One row per record with the canonical columns of customers (days as numbers), as each system came to know it by `end`."""
    rng, e = stream(seed, 11), held["entity_id"].to_numpy()
    n, second, system = len(e), ~held["primary"].to_numpy(), held["system"].to_numpy()
    rows = known.iloc[e].reset_index(drop=True)
    chinese = rows["chinese"].to_numpy(dtype=object)
    latin = rows["latin"].to_numpy(dtype=object)
    as_latin = pd.isna(chinese) | ((system == 1) & (rng.random(n) < 0.35))
    name = np.where(as_latin, latin, chinese).astype(object)
    typo = np.flatnonzero(second & (rng.random(n) < 0.08))
    for i in typo:
        name[i] = _misspelt(str(name[i]), rng)
    phone, email, wechat, born = (rows[c].to_numpy(dtype=object).copy() for c in ("phone", "email", "wechat", "born"))
    _vary(rng, phone, second, 0.08, [f"14701{i:06d}" for i in rng.permutation(900_000)[: int(second.sum())]], 0.05)
    _vary(rng, email, second, 0.18, None, 0.0)
    _vary(rng, wechat, second, 0.25, None, 0.0)
    born[second & (rng.random(n) < 0.2)] = -1
    bare = second & pd.isna(phone) & pd.isna(email) & pd.isna(wechat)
    keep = rows["phone"].to_numpy(dtype=object)
    phone[bare] = keep[bare]
    city = people["city"].cat.codes.to_numpy()[e]
    moved = second & (rng.random(n) < 0.04)
    city = np.where(moved, rng.integers(0, len(CITIES), n), city)
    hide = rows["no_region"].to_numpy()
    acquired = held["created"].to_numpy()
    lag = rng.uniform(0, 0.9, n)
    updated = np.minimum(acquired + 0.8 + lag + rng.exponential(160, n), end - 0.01)
    whole = people.iloc[e].reset_index(drop=True)
    out = pd.DataFrame(
        {
            "customer_id": held["record_id"],
            "name": name,
            "type": whole["type"],
            "region": np.where(hide, np.array(None), CITY_REGION[city]),
            "city": np.where(hide, np.array(None), np.array(CITIES, dtype=object)[city]),
            "industry": whole["industry"],
            "role": whole["role"],
            "acquired_on": acquired,
            "acquisition_channel": whole["acquisition_channel"],
            "birthday": born.astype(np.int64),
            "owner": whole["owner"],
            "source_system": held["source_system"],
            "phone": phone,
            "email": email,
            "wechat": wechat,
            "updated_at": updated,
            "recorded_at": np.minimum(acquired + 0.8 + lag, end - 0.02),
        }
    )
    return out, typo


def _vary(
    rng: Generator, values: np.ndarray, second: np.ndarray, lost: float, others: list[str] | None, changed: float
) -> None:
    """In second records a value may be lost, or be another one."""
    u = rng.random(len(values))
    values[second & (u < lost)] = None
    if others is not None:
        swap = np.flatnonzero(second & (u >= lost) & (u < lost + changed))
        values[swap] = np.array(others, dtype=object)[: len(swap)]


def _misspelt(name: str, rng: Generator) -> str:
    """One character of the name is another one, or two letters are swapped."""
    if name.isascii():
        i = int(rng.integers(1, len(name) - 1))
        return name[: i - 1] + name[i] + name[i - 1] + name[i + 1 :]
    given = list(GIVEN)
    i = int(rng.integers(len(name) // 2, len(name)))
    return name[:i] + given[int(rng.integers(0, len(given)))] + name[i + 1 :]
