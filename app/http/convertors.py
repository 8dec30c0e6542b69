"""Parts of paths that are ids: a prefix, an underscore and the rest.

So `/contacts/upsert` is no contact, and a method that it does not take is answered with 405.
"""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor


class IdConvertor(Convertor[str]):
    """`{id:id}`: what looks like an id; whether it is one is for the endpoint to say."""

    regex = "[^/_]+_[^/]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def register() -> None:
    """Make `{...:id}` known to Starlette."""
    register_url_convertor("id", IdConvertor())
