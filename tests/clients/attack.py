"""Posts bodies that cost a lot to read, in a loop on one connection, until it is ended.

Called with the port and the address that it says to come from. Half of the bodies are refused, half
accepted; they look alike and are all different, so that no cache knows their labels. Prints each
answer's status.
"""

from __future__ import annotations

import http.client
import itertools
import os
import sys
from contextlib import suppress

BODY_BYTES_MAX = 64 * 1024


def refused_body(start: int) -> bytes:
    """Many names of mixed letters, among which an address is looked for in vain."""
    body, numbers = '{"data":{"first_name":"Ann"', itertools.count(start)
    while len(body) < BODY_BYTES_MAX - 100:
        body += f',"@\\u0017\\u00c6name \\u1100\\u1161{next(numbers)}\\u00b2Aname k":0'
    return (body + "}}").encode()


def accepted_body(start: int) -> bytes:
    """The worst of what is accepted: texts that need cleaning, as many as are read (400 values)."""
    texts = ",".join(f'"@¢\\u200b{number}"' for number in range(start, start + 390))
    return f'{{"email":"lead{start}@example.com","texts":[{texts}]}}'.encode()


def attack(port: int, address: str) -> None:
    """Post for ever; what is refused unread is followed by the next, on a new connection."""
    headers = {"Content-Type": "text/plain;charset=UTF-8", "X-Forwarded-For": address}
    # Made before, so that making them does not slow down the loop.
    starts = range(os.getpid(), os.getpid() + 500_000, 10_000)
    bodies = [make(start) for start in starts for make in (refused_body, accepted_body)]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for body in itertools.cycle(bodies):
        with suppress(BrokenPipeError, ConnectionResetError):  # answered before it is all sent
            connection.request("POST", "/capture", body, headers)
        try:
            answer = connection.getresponse()
            answer.read()
            print(answer.status, flush=True)
        except OSError:
            connection.close()


if __name__ == "__main__":
    attack(int(sys.argv[1]), sys.argv[2])
