"""Which texts are names, package ids, versions and texts."""

import re
import unicodedata

from . import ids
from .refusal import Refused

NAME_BYTES_MAX = 128
TEXT_BYTES_MAX = 65_536
DOCUMENT_BYTES_MAX = 491_520

# Invisible, or able to change the direction of what follows: no name may contain them.
HIDDEN = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
PACKAGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


def _short_enough(text: str, bytes_max: int) -> bool:
    # A lone surrogate has no UTF-8; JSON can smuggle one in.
    try:
        return len(text.encode("utf-8")) <= bytes_max
    except UnicodeEncodeError:
        return False


def name(text: str) -> str:
    """The text, if it is a name."""
    wrong = (
        not text
        or not _short_enough(text, NAME_BYTES_MAX)
        or ":" in text
        or text[0].isspace()
        or text[-1].isspace()
        or any(unicodedata.category(letter) == "Cc" for letter in text)
        or HIDDEN.search(text)
    )
    if wrong:
        raise Refused("no name")
    return text


def package_id(text: str) -> str:
    """The text, if it is a package id."""
    if not _short_enough(text, NAME_BYTES_MAX) or not PACKAGE_ID.fullmatch(text):
        raise Refused("no package id")
    return text


def version(text: str) -> str:
    """The text, if it is a version."""
    if not _short_enough(text, NAME_BYTES_MAX) or not VERSION.fullmatch(text):
        raise Refused("no version")
    return text


def text(value: str) -> str:
    """The text, if it is short enough."""
    if not _short_enough(value, TEXT_BYTES_MAX):
        raise Refused("no text")
    return value


def document(value: str) -> str:
    """The text, if it is short enough for a document or a certificate."""
    if not _short_enough(value, DOCUMENT_BYTES_MAX):
        raise Refused("no text")
    return value


def space(value: str) -> str:
    """The id of 32 bytes, in the one form in which it is written."""
    return ids.show(ids.read(value))


def covers(pattern: str, whole: str) -> bool:
    """Whether a pattern of names covers a name: `*` stands for any run of characters."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), whole, re.DOTALL) is not None
