"""The Merkle tree of RFC 6962, section 2.1, as it grows."""

from hashlib import sha256


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """Roots of the complete subtrees on the right edge: enough to grow and to give the root."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Adds a leaf that is hashed already."""
        self._peaks.append(leaf)
        # Each 1 at the end of the old size is a subtree that is now joined with its neighbour.
        joins = self.size
        while joins & 1:
            right = self._peaks.pop()
            self._peaks.append(_node(self._peaks.pop(), right))
            joins >>= 1
        self.size += 1

    def root(self) -> bytes:
        """The root over everything so far."""
        if not self._peaks:
            return sha256(b"").digest()
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = _node(peak, root)
        return root
