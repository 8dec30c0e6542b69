"""Addresses at domains that are probably mistyped: `gmial.com` for `gmail.com`.

By a table alone, so nothing is told of what is stored, and no real domain is called a mistake.
"""

from __future__ import annotations

_MEANT = {
    "gmail.com": "gmial.com gmai.com gmal.com gmil.com gamil.com gnail.com gmaill.com gmail.co"
    " gmail.con gmail.cm gmail.om gmail.comm gmail.cmo gmail.vom gmailcom.com gmaul.com gmakl.com"
    " ggmail.com gmaik.com gimail.com gmail.cpm gmail.clm gmqil.com hmail.com.com",
    "googlemail.com": "goglemail.com googlemail.co googlemail.con googelmail.com",
    "hotmail.com": "hotmial.com hotmal.com hotmai.com hotmil.com hotmail.co hotmail.con hotmail.cm"
    " hotmaill.com hotmsil.com hitmail.com hotamil.com htomail.com",
    "outlook.com": "outlok.com outloo.com outlook.co outlook.con outlook.cm otlook.com outllok.com"
    " outlool.com oulook.com outook.com",
    "yahoo.com": "yaho.com yahooo.com yahoo.co yahoo.con yahoo.cm yhaoo.com yahho.com yaoo.com",
    "icloud.com": "icoud.com iclod.com icloud.co icloud.con icloud.cm iclould.com icluod.com",
    "gmx.de": "gmx.dee gmxx.de gxm.de",
    "web.de": "wen.de wbe.de web.dee webb.de",
    "t-online.de": "t-onlin.de t-onlie.de t-onliine.de tonline.de",
    "orange.fr": "ornage.fr orage.fr oragne.fr",
    "proton.me": "protn.me protom.me",
}
_DOMAINS = {typo: meant for meant, typos in _MEANT.items() for typo in typos.split()}
KNOWN_DOMAINS = frozenset(_MEANT)


def meant_domain(email: str) -> str | None:
    """The domain that was probably meant; None for nothing odd."""
    return _DOMAINS.get(email.rpartition("@")[2])
