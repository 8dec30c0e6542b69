"""What the templates are filled in with: names from many languages, places, trades."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    "Anna James Grzegorz Nguyễn Олена 美咲 Jean-Luc Ng Zoë O'Neil Wei Fatima Björk Siân José"
    " María Krzysztof Szymon Lars Ingrid Yusuf Aoife Xiomara Priya Dmitri Hrvoje Vjekoslav"
    " Mohammed Tom Sarah David Laura Marco Giulia Pieter Femke Kenji 伟 محمد Αλέξανδρος Çağla"
    " Jiří Zdeněk"
)
LAST_NAMES = _words(
    "Brzęczyszczykiewicz Smith Schwarzkopf Schmidt O'Connor Nguyen Müller Wójcik García"
    " Fernández Rossi Bianchi Silva Van-der-Berg Vrščaj Strnad Krk Iqbal Xu Ng Zhang Tanaka 田中"
    " Иванова Петренко Kowalczyk Szczepański Johnson Williams Brown Dubois Lefèvre Jansen"
    " Yıldız Haddad Khan McDonald Fitzgerald DeVries MacKenzie Wright Lynch Schulz Hjálmarsson"
    " Knightley Pfeffer Czajkowski"
)
PROVIDERS = _words(
    "gmail.com outlook.com yahoo.com web.de gmx.net orange.fr icloud.com acme-logistics.com"
    " northwind.co.uk brightlabs.io stadtwerke-halle.de example.com proton.me hotmail.com"
)
PRODUCTS = (
    "the Pro plan",
    "your CRM",
    "the water filter",
    "a demo",
    "your API",
    "the annual licence",
    "the e-bike",
    "roof tiles",
    "your bookkeeping service",
    "the training in May",
)
PLACES = _words("Lyon Halle Leeds Porto Kraków Utrecht Osaka Boston Nairobi Graz")
TRADES = (
    "a bakery",
    "a law firm",
    "a logistics company",
    "a school",
    "a dental practice",
    "a start-up",
    "a carpenter's workshop",
    "a charity",
    "a city council",
    "an online shop",
)
