"""What may be a webhook's URL, and which addresses deliveries may go to."""

from ipaddress import ip_address, ip_network

import pytest

from app.domain.webhook.reachability import refusal
from app.domain.webhook.target import InvalidTarget, check_url


def checked(url: str, *, allow_http: bool = False, allow_private: bool = False) -> str:
    return check_url(url, allow_http=allow_http, allow_private=allow_private)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://example.com", "https://example.com/"),
        ("https://example.com/", "https://example.com/"),
        ("HTTPS://Hooks.Example.COM:443/In?a=B", "https://hooks.example.com/In?a=B"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("https://example.com./x", "https://example.com/x"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://example。com/x", "https://example.com/x"),
        ("https://example.com/zürich?ä=ö", "https://example.com/z%C3%BCrich?%C3%A4=%C3%B6"),
        ("https://example.com/a%20b?c[]=d%2Fe", "https://example.com/a%20b?c[]=d%2Fe"),
        ("https://my_hook.example.com/", "https://my_hook.example.com/"),
        ("https://example.com?x=1", "https://example.com/?x=1"),
        ("https://8.8.8.8/x", "https://8.8.8.8/x"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
        ("https://[2606:4700:0:0::1111]/x", "https://[2606:4700::1111]/x"),
        ("https://localhost.example.com/", "https://localhost.example.com/"),
        ("https://example.com/@user:pass", "https://example.com/@user:pass"),
    ],
)
def test_a_public_url_is_given_in_its_one_canonical_spelling(url: str, canonical: str) -> None:
    assert checked(url) == canonical
    assert checked(canonical) == canonical


REFUSED_URLS = [
    # not a URL, or not one for us
    "",
    "example.com",
    "//example.com/",
    "https:/example.com",
    "https://",
    "https:///path",
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "https://example.com/" + "x" * 2048,
    "https://example.com/" + "ä" * 1000,
    # characters that two parsers read in two ways
    "https://example.com\\@127.0.0.1/",
    "https://example.com\\.evil.example/",
    " https://example.com/",
    "https://example.com/ x",
    "https://example.com/\r\nX: y",
    "https://exam\tple.com/",
    "https://example.com/\x00",
    "https://example.com/\ud800",
    "https://exa\ud800mple.com/",
    # user info, fragment, port
    "https://user:secret@example.com/",
    "https://example.com@127.0.0.1/",
    "https://@example.com/",
    "https://example.com/#fragment",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:999999/",
    "https://example.com:/",
    "https://example.com:80:80/",
    "https://example.com:-1/",
    "https://example.com:８０/",
    # names
    "https://.example.com/",
    "https://example..com/",
    "https://example.com../",
    "https://-example.com/",
    "https://exam!ple.com/",
    "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 130 + "com/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://foo.localhost/",
    "https://ｌｏｃａｌｈｏｓｔ/",
    "https://intranet/",
    "https://db.internal/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://router.home.arpa/",
    "https://%6c%6f%63%61%6c%68%6f%73%74/",
    "https://example.com%2f@127.0.0.1/",
    # IPv4 in every spelling that a resolver understands
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.01/",
    "https://127.0.0.0x1/",
    "https://8.8.8/",
    "https://134744072/",
    "https://8.8.8.8.8/",
    "https://256.1.1.1/",
    "https://0/",
    "https://0x/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://1.2.3.4.0x5/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    # IPv6
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1%eth0]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00::1]/",
    "https://[::1/",
    "https://::1/",
    "https://[127.0.0.1]/",
    "https://[v1.fe80::a]/",
    "https://[]/",
]


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_a_url_that_is_not_plainly_public_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(InvalidTarget, match=r"\w+ \w+"):
        checked(url)


def test_http_is_for_those_who_allow_it() -> None:
    assert checked("http://example.com:80/x", allow_http=True) == "http://example.com/x"
    with pytest.raises(InvalidTarget, match="https"):
        checked("http://example.com/")


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/x",
        "https://receiver/x",
        "https://db.internal/x",
        "https://127.0.0.1:8443/x",
        "https://10.1.2.3/x",
        "https://192.168.1.1/x",
        "https://[::1]/x",
        "https://[fd12:3456::1]/x",
    ],
)
def test_private_targets_are_for_those_who_allow_them(url: str) -> None:
    assert checked(url, allow_private=True) == url
    with pytest.raises(InvalidTarget):
        checked(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/",
        "https://[fd00:ec2::254]/",
        "https://0.0.0.0/",
        "https://[::]/",
        "https://224.0.0.1/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://user@localhost/",
    ],
)
def test_allowing_private_targets_does_not_allow_odd_ones(url: str) -> None:
    with pytest.raises(InvalidTarget):
        checked(url, allow_private=True)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1"]
)
def test_public_addresses_are_open(address: str) -> None:
    assert refusal(ip_address(address), allow_private=False) is None


PRIVATE = ["127.0.0.1", "127.255.0.1", "10.0.0.1", "172.31.0.1", "192.168.0.1", "::1", "fd00::1"]

CLOSED = [
    ("169.254.169.254", "metadata"),
    ("100.100.100.200", "metadata"),
    ("168.63.129.16", "metadata"),
    ("fd00:ec2::254", "metadata"),
    ("fd20:ce::254", "metadata"),
    ("169.254.1.1", "link-local"),
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("100.64.0.1", "shared"),
    ("192.0.0.8", "protocol"),
    ("192.0.0.171", "protocol"),
    ("192.0.2.1", "documentation"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("192.88.99.1", "6to4"),
    ("198.18.0.1", "benchmark"),
    ("198.19.255.255", "benchmark"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::127.0.0.1", "reserved"),
    ("::ffff:127.0.0.1", "IPv6 form"),
    ("::ffff:8.8.8.8", "IPv6 form"),
    ("::ffff:0:127.0.0.1", "IPv6 form"),
    ("64:ff9b::7f00:1", "NAT64"),
    ("64:ff9b:1::7f00:1", "NAT64"),
    ("100::1", "discard"),
    ("2001::1", "Teredo"),
    ("2001:2::1", "protocol"),
    ("2001:10::1", "protocol"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("2002:7f00:1::", "6to4"),
    ("4000::1", "reserved"),
    ("5f00::1", "reserved"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "zone"),
    ("2606:4700::1%1", "zone"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
    ("ff0e::1", "multicast"),
    ("2a00:1450:1:2::5efe:8.8.8.8", "ISATAP"),
    ("2a00:1450:1:2:200:5efe:10.0.0.1", "ISATAP"),
]

#: 169.254.169.254 and 100.64.0.1 within NAT64 prefixes of an operator's own (RFC 6052, 2.4).
TRANSLATED = [
    "2a00:1450:a9fe:a9fe::",
    "2a00:1450:1a9:fea9:fe::",
    "2a00:1450:100:a9fe:a9:fe00::",
    "2a00:1450:100:1a9:fe:a9fe::",
    "2a00:1450:100:101:a9:fea9:fe00:0",
    "2a00:1450:100:101::a9fe:a9fe",
    "2a00:1450:100:101::100.64.0.1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_open_only_when_allowed(address: str) -> None:
    assert refusal(ip_address(address), allow_private=False) is not None
    assert refusal(ip_address(address), allow_private=True) is None


@pytest.mark.parametrize(("address", "kind"), CLOSED)
@pytest.mark.parametrize("allow_private", [False, True])
def test_special_addresses_are_never_open(address: str, kind: str, allow_private: bool) -> None:
    reason = refusal(ip_address(address), allow_private=allow_private)
    assert reason is not None
    assert kind in reason


@pytest.mark.parametrize("address", TRANSLATED)
def test_an_ipv4_address_inside_is_found_in_a_nat64_address(address: str) -> None:
    reason = refusal(ip_address(address), allow_private=True)
    assert reason is not None
    assert "inside" in reason


@pytest.mark.parametrize(
    "address",
    [
        "2a00:1450:100:101::8.8.8.8",
        "2a00:1450:808:808::",
        "2a00:1450:100:101::1",
        "2a00:1450:100:101::1:1",
        "2a00:1450:100:101:a9:fea9:fe00:1",
        "2a00:1450:100:101:1:0:a9fe:a9fe",
        "2606:4700:3030::ac43:8001",
    ],
)
def test_ordinary_addresses_are_not_taken_for_translated_ones(address: str) -> None:
    assert refusal(ip_address(address), allow_private=False) is None


def test_networks_that_the_operator_blocks_are_closed() -> None:
    blocked = [ip_network("8.8.8.0/24"), ip_network("2606:4700::/32"), ip_network("10.0.0.0/8")]
    for address in ("8.8.8.8", "2606:4700::1111", "10.0.0.1", "2a00:1450:1:2::8.8.8.8"):
        assert refusal(ip_address(address), allow_private=True, blocked=blocked) is not None
    assert refusal(ip_address("8.8.4.4"), allow_private=False, blocked=blocked) is None
