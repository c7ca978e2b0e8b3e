"""Signatures are verified strictly, beyond what the library behind them does."""

import unittest

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from oracle import curve, signing

from .identity import drawn


class Points(unittest.TestCase):
    def test_a_public_key_is_a_canonical_point_of_great_order(self) -> None:
        for number in range(8):
            key = Ed25519PrivateKey.from_private_bytes(drawn(number)).public_key()
            encoded = key.public_bytes_raw()
            self.assertTrue(curve.is_canonical(encoded))
            self.assertFalse(signing.is_weak(encoded))

    def test_the_multiples_of_a_point_of_order_eight_are_weak(self) -> None:
        of_eight = curve.decode(
            bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
        )
        assert of_eight is not None
        point, seen = curve.NEUTRAL, set()
        for _ in range(8):
            point = curve.add(point, of_eight)
            seen.add(point)
            self.assertTrue(curve.is_small(point))
        self.assertEqual(len(seen), 8)

    def test_about_half_of_all_numbers_are_no_point(self) -> None:
        found = [curve.decode(drawn("y", number)) is not None for number in range(64)]
        self.assertTrue(16 < sum(found) < 48)

    def test_a_y_beyond_the_field_is_not_canonical(self) -> None:
        self.assertFalse(curve.is_canonical((curve.P + 1).to_bytes(32, "little")))
        self.assertFalse(curve.is_canonical((1 + (1 << 255)).to_bytes(32, "little")))


class Signatures(unittest.TestCase):
    def setUp(self) -> None:
        private = Ed25519PrivateKey.from_private_bytes(drawn("key"))
        self.key = private.public_key().public_bytes_raw()
        self.signature = private.sign(b"message")

    def test_a_signature_verifies(self) -> None:
        self.assertTrue(signing.verifies(self.key, b"message", self.signature))

    def test_s_beyond_the_order_does_not_verify(self) -> None:
        s = int.from_bytes(self.signature[32:], "little") + curve.ORDER
        long = self.signature[:32] + s.to_bytes(32, "little")
        self.assertFalse(signing.verifies(self.key, b"message", long))

    def test_any_flipped_bit_does_not_verify(self) -> None:
        for at in range(0, 512, 17):
            flipped = bytearray(self.signature)
            flipped[at // 8] ^= 1 << at % 8
            self.assertFalse(signing.verifies(self.key, b"message", bytes(flipped)))
