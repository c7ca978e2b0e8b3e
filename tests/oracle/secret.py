"""Secrets: their commitments, what is handed beside a bundle, and what a space seals for itself."""

import hmac
import json
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt
from nacl.exceptions import CryptoError
from pyhpke import PyHPKEError

from . import derivation, events, ids
from .document import Document
from .refusal import Refused
from .seal import SUITE
from .wire import behind_length, uint

SECRET_BYTES_MAX = 32_768
SALT_BYTES = 32
CANNOT_OPEN = "cannot-open"


def _scope(scope: Any) -> str:
    """The one text of where a secret applies."""
    if not any(scope.values()):
        return ""
    sites = [{"space": each["space"], "environment": each["environment"]} for each in scope["sites"]]
    told = {"sites": sites, "tenants": scope["tenants"], "steps": scope["steps"]}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _about(release: Any, revision: int, name: str, scope: Any) -> bytes:
    """What a secret of a release is, as its commitment and its place at rest have it."""
    project = release["project"]
    told = (project["name"], release["version"], name, _scope(scope))
    texts = [each.encode() for each in told]
    owner, version, rest = ids.read(project["space"]), texts[:2], texts[2:]
    return (
        owner
        + b"".join(behind_length(each) for each in version)
        + uint(revision, 4)
        + b"".join(behind_length(each) for each in rest)
    )


def commitment(given: Any) -> bytes:
    """The commitment to a value under its salt."""
    about = _about(given["release"], given["revision"], given["name"], given["scope"])
    value = given["value"].encode()
    salt = bytes.fromhex(given["salt"])
    return derivation.h("secret-commitment", about + salt + behind_length(value))


def _salt_and_value(plain: bytes) -> tuple[bytes, str]:
    """What was sealed, if it can be a salt and the value of a secret."""
    salt, raw = plain[:SALT_BYTES], plain[SALT_BYTES:]
    try:
        value = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(CANNOT_OPEN) from error
    if not 0 < len(raw) <= SECRET_BYTES_MAX or "\0" in value:
        raise Refused(CANNOT_OPEN)
    return salt, value


def take(bundle: Document, handed: Any, recipient: Any) -> dict[str, str]:
    """The secret that lies beside a bundle for `recipient`, checked against its commitment."""
    if handed["recipient"] != recipient["space"]:
        raise Refused("not-for-me")
    if handed["key"] != recipient["key"]:
        raise Refused(CANNOT_OPEN)
    info = (
        b"interspace/v1/secret"
        + ids.read(bundle.id())
        + uint(handed["index"], 4)
        + ids.read(handed["recipient"])
        + uint(handed["key"], 4)
        + uint(1, 2)
    )
    try:
        pair = SUITE.kem.derive_key_pair(bytes.fromhex(recipient["sealing_seed"]))
        context = SUITE.create_recipient_context(
            bytes.fromhex(handed["encapsulation"]), pair.private_key, info=info
        )
        plain = context.open(bytes.fromhex(handed["sealed"]), b"")
    except (PyHPKEError, ValueError, UnsupportedAlgorithm) as error:
        raise Refused(CANNOT_OPEN) from error
    salt, value = _salt_and_value(plain)
    secrets = bundle.payload["snapshot"]["secrets"]
    if handed["index"] >= len(secrets):
        raise Refused(CANNOT_OPEN)
    said = secrets[handed["index"]]
    about = {
        "release": bundle.payload["release"],
        "revision": bundle.payload["revision"],
        "name": said["name"],
        "scope": said["scope"],
        "salt": salt.hex(),
        "value": value,
    }
    if not hmac.compare_digest(commitment(about).hex(), said["commitment"].lower()):
        raise Refused("not-committed")
    return {"name": said["name"], "salt": salt.hex(), "value": value}


def _place(place: Any) -> bytes:
    """Where in a log something is that is sealed at rest."""
    if "set" in place:
        names = [place["set"][field].encode() for field in ("project", "name")]
        where = {"environments": [], "tenants": [], "channels": [], "steps": place["set"]["steps"]}
        names.append(events.WHERE.write(where))
        return b"\x01" + b"".join(behind_length(each) for each in names)
    of = place["release"]
    return b"\x02" + _about(of["release"], of["revision"], of["name"], of["scope"])


def unseal(given: Any, context: Any) -> bytes:
    """What a space sealed to an at-rest key of its own."""
    if given["key"] != context["number"]:
        raise Refused(CANNOT_OPEN)
    aad = (
        b"interspace/v1/at-rest"
        + uint(given["key"], 4)
        + ids.read(context["space"])
        + _place(given["place"])
    )
    sealed, nonce, key = (
        bytes.fromhex(text) for text in (given["sealed"], given["nonce"], context["key"])
    )
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, aad, nonce, key)
    except (CryptoError, ValueError) as error:
        raise Refused(CANNOT_OPEN) from error
