"""The seal of an envelope: HPKE gives a key for each kind, XChaCha20-Poly1305 does the rest."""

from cryptography.exceptions import UnsupportedAlgorithm
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt
from nacl.exceptions import CryptoError
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, PyHPKEError

from .header import KINDS, Header
from .refusal import Refused
from .wire import uint

SUITE = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)


def _info(header: Header) -> bytes:
    return b"interspace/v1/hpke" + header.origin + header.recipient + header.link + uint(1, 2)


def public_key(sealing_seed: bytes) -> bytes:
    """The sealing key that a seed gives, as a key statement has it."""
    return SUITE.kem.derive_key_pair(sealing_seed).public_key.to_public_bytes()


def open_body(header: Header, header_bytes: bytes, body: bytes, sealing_seed: bytes) -> bytes:
    """The body behind the seal."""
    try:
        pair = SUITE.kem.derive_key_pair(sealing_seed)
        context = SUITE.create_recipient_context(
            header.encapsulation, pair.private_key, info=_info(header)
        )
        key = context.export(KINDS[header.kind].encode(), 32)
        return crypto_aead_xchacha20poly1305_ietf_decrypt(body, header_bytes, header.nonce, key)
    except (PyHPKEError, CryptoError, ValueError, UnsupportedAlgorithm) as error:
        raise Refused("cannot-open") from error
