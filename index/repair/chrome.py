"""What belongs to the web page and not to the document: spam, breadcrumbs, buttons, download notices."""

from __future__ import annotations

import re

_SPAM_WORDS = re.compile(r"国产|欧美|久久|精品|亚洲|无码|一区二区|在线观看|免费视频|成人|激情|av(?![a-z])", re.I)
_HAN_PAIR = re.compile(r"(?=([\u3400-\u9fff]{2}))")

_SEPARATOR = re.compile(r"[>＞»›]{1,2}")
_BREADCRUMB = re.compile(r"(?:您|你)?(?:现在|当前|目前)?(?:所在)?(?:的)?(?:位置|首页|主页)")

_BUTTON = r"(?:字体|字号|打印|关闭|收藏|分享|保存|返回|复制链接|纠错|朗读|大|中|小|默认|特大|较大|超大|页面|窗口|本页|此页|文章|顶部|到|我要)"
_BUTTONS = re.compile(
    rf"(?=.*(?:字体|字号\s*[：:\s【\[]*[大中小]|打印|关闭|收藏|分享))[【\[\s|｜/　]*(?:{_BUTTON}[：:\s】\]【\[|｜/　]*)+"
)
_SHARE = re.compile(
    r"(?:分享到|分享至|分享)[：:\s]*(?:(?:微信|微博|新浪微博|QQ空间|QQ好友|QQ|朋友圈|人人网|更多)[、，,\s|]*)*"
)
_SCAN = re.compile(
    r"(?:微信|用?手机)?(?:扫一扫|扫码|扫描二维码)(?:[^。，；]{0,16}(?:手机|页面|当前页|查看|打开|关注|分享|浏览)[^。，；]{0,10})?[。！]?"
)
_TODAY = re.compile(r"今天是[：:]?[\s\d年月日星期一二三四五六天农历:：/-]{0,40}")
_COUNTER = re.compile(r"(?:浏览|点击|阅读|访问)(?:次数|量|数)?[：:]\s*\d*\s*次?|(?:上|下)一篇[：:].*")
_SITE = re.compile(
    r".{0,12}ICP备\d+号.{0,20}|.{0,6}公网安备\s*\d+号|版权所有[：:].{0,40}|网站地图|网站声明|设为首页|加入收藏"
)
_SHELF = re.compile(
    r"(?:合集下载|相关文档|最新文档|热门文档|相关推荐|相关文章|猜你喜欢|推荐阅读|下载文档|下载本文|文档下载|立即下载"
    r"|全文阅读|点击查看全文|展开全文|《.{4,80}》相关文档)[：:]?"
)
_NOTICE = re.compile(r"\s*\d+\.\s*\d+、.*(?:文档|下载|预览|侵犯|权益|客服|平台).*")
_LINES = (_BUTTONS, _SHARE, _SCAN, _TODAY, _COUNTER, _SITE, _SHELF, _NOTICE)


def spam_lines(text: str) -> str:
    """Empty the leading lines that a hacked mirror put above the title.

    Such a line strings together search bait; three different bait words and not one pair of characters in common with
    the rest of the page's head tell it from a title. Lines further down are left alone.

    >>> spam_lines("国产精品片在线，亚洲欧美一区二区\\n某县教育局关于精品课程的通知")
    '\\n某县教育局关于精品课程的通知'
    """
    lines = text.split("\n")
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        if len({m.lower() for m in _SPAM_WORDS.findall(line)}) < 3:
            break
        head = [other for other in lines[i + 1 :] if other.strip()][:3]
        baited = _SPAM_WORDS.sub("", line)
        if _shared_pairs(baited, "".join(head)) > 1:
            break
        lines[i] = ""
    return "\n".join(lines)


def breadcrumbs(text: str) -> str:
    """Empty the line that says where on the web site the page stands.

    >>> breadcrumbs("首页>政务公开>政策文件\\n您现在的位置 政府信息 >> 政府办 >> 查看信息\\n>55\\n首页设计>美观")
    '\\n\\n>55\\n首页设计>美观'
    """
    return "\n".join("" if _is_breadcrumb(line) else line for line in text.split("\n"))


def page_furniture(text: str) -> str:
    """Empty lines that are buttons, share links, counters, QR-code hints and download notices of the web page.

    Only lines that consist of nothing else go. Header fields (`【字号】晋教〔2021〕3号`, `文章属性•【…】`, `[ 索引号 ]`) and lines
    that only mention such words stay.

    >>> page_furniture("【字体：】【关闭窗口】【打印\\n∙【字 号】\\n扫一扫在手机打开当前页\\n学校应当打印通知书\\n今天是：")
    '\\n∙【字 号】\\n\\n学校应当打印通知书\\n'
    """
    return "\n".join("" if _is_furniture(line) else line for line in text.split("\n"))


def _shared_pairs(one: str, other: str) -> int:
    return len({m[1] for m in _HAN_PAIR.finditer(one)} & {m[1] for m in _HAN_PAIR.finditer(other)})


def _is_breadcrumb(line: str) -> bool:
    line = line.strip()
    parts = [part.strip() for part in _SEPARATOR.split(line)]
    start = _BREADCRUMB.match(line)
    if start is None or len(line) > 100 or not all(0 < len(part) <= 20 for part in parts):
        return False
    return len(parts) > 2 or (len(parts) == 2 and start[0] == parts[0])


def _is_furniture(line: str) -> bool:
    line = line.strip()
    return bool(line) and len(line) <= 200 and any(pattern.fullmatch(line) for pattern in _LINES)
