"""The quick reading of an address field and the standard library's read the same people."""

from email.utils import getaddresses

from hypothesis import example, given
from hypothesis import strategies as st

from brain.domain.privacy.addressees import parse_addressees

PIECES = (
    "Ann", " ", "Lind", "<", ">", "ann@example.com", "bob.b@mail.example.org", ",", ", ", '"', "(home)", ".", ":", ";",
    "Å", "a+b@c", "@", "\\", "[1.2.3.4]", "=?utf-8?q?A?=", "\t", "<a@b.c>",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
@example("Ann Lind <ann@example.com>, bob.b@mail.example.org")
@example("<20261120.1@mail.example.org>")
@example("ann@example.com,Ann Lind<ann@example.com>")
def test_an_address_field_is_read_as_by_the_standard_library(text: str) -> None:
    """Whatever is in it."""
    assert parse_addressees(text) == [(name, address) for name, address in getaddresses([text]) if address]
