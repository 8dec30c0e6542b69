"""Phrases of unsolicited offers."""

from __future__ import annotations

from collections import defaultdict

#: In lower case; each begins with a whole word, and may end within one.
_OFFERS = (
    *("backlink", "guest post", "guest article", "sponsored post", "link insertion", "domain auth"),
    *(
        "rank on google",
        "first page of google",
        "page one of google",
        "#1 on google",
        "google rank",
    ),
    *("top of google", "seo service", "seo expert", "seo package", "search engine optimi"),
    *("increase your traffic", "website traffic", "organic traffic", "more traffic to your"),
    *(
        "redesign your website",
        "errors on your website",
        "your website design",
        "web design company",
    ),
    *(
        "visited your website",
        "came across your website",
        "was on your website",
        "on your site and",
    ),
    *("casino", "free spins", "betting", "slots ", "jackpot", "1xbet", "poker", "lottery"),
    *("viagra", "cialis", "pharmacy", "without prescription", "weight loss", "keto ", "cbd "),
    *(
        "bitcoin",
        "crypto",
        "forex",
        "trading signals",
        "passive income",
        "earn money",
        "make money",
    ),
    *(
        "earn $",
        "per day",
        "per week from home",
        "work from home",
        "investment opportunity",
        "invest ",
    ),
    *("business loan", "personal loan", "quick loan", "loan offer", "funding for your business"),
    *("debt relief", "credit score", "dating", "sexy", "hot girls", "porn", "escort", "adult "),
    *("email list", "leads database", "bulk email", "mass mail", "contact form submission"),
    *("submit your message to", "explainer video", "video for your business", "100% guarantee"),
    *(
        "limited time",
        "act now",
        "click here",
        "buy now",
        "best price",
        "discount code",
        "special offer",
    ),
    *("unsubscribe", "opt out", "opt-out", "no obligation", "risk free", "risk-free", "dear sir"),
    *("inheritance", "next of kin", "million dollars", "million usd", "beneficiary", "whatsapp me"),
    *("replica watch", "cheap ", "wholesale price", "instagram followers", "followers and likes"),
    *("казино", "ставки", "заработок", "кредит ", "интим", "раскрутка", "продвижение сайт"),
    *("продвижение вашего", "рассылк", "бесплатные вращения", "бонус за регистрац"),
)
#: By the first word, so that a text is compared with few of them.
_BY_FIRST_WORD: defaultdict[str, list[str]] = defaultdict(list)
for _phrase in _OFFERS:
    _BY_FIRST_WORD[_phrase.split()[0]].append(_phrase)
_FIRST_WORDS = frozenset(_BY_FIRST_WORD)
#: Signs that may stand at a word. Of bytes, replacing them takes a tenth of the time.
_SIGNS = bytes.maketrans(b",.!?:;()\"'*", b" " * 11)


def count_offers(lower: str) -> int:
    """How many different phrases a text in lower case has."""
    words = lower.encode("utf-8", "replace").translate(_SIGNS).decode().split()
    if _FIRST_WORDS.isdisjoint(words):
        return 0
    found = _FIRST_WORDS.intersection(words)
    spaced = f" {' '.join(words)} "
    return sum(f" {phrase}" in spaced for first in found for phrase in _BY_FIRST_WORD[first])
