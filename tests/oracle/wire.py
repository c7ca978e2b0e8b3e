"""Big-endian fields, one after the other, as envelopes, entries, records and blocks have them."""

from .refusal import Refused


class Reader:
    """Takes fields from the front of some bytes; what is missing is refused as `reason`."""

    def __init__(self, data: bytes, reason: str) -> None:
        self.data = data
        self.at = 0
        self.reason = reason

    def left(self) -> int:
        """How many bytes were not taken yet."""
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        """The next `count` bytes; a claim beyond the end costs nothing."""
        if count > self.left():
            raise Refused(self.reason)
        self.at += count
        return self.data[self.at - count : self.at]

    def uint(self, size: int) -> int:
        """The next integer of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def behind_length(self, bytes_max: int) -> bytes:
        """Bytes that have their length as a u32 before them."""
        length = self.uint(4)
        if length > bytes_max:
            raise Refused(self.reason)
        return self.take(length)

    def end(self) -> None:
        """Refuses what was not consumed."""
        if self.left():
            raise Refused(self.reason)


def uint(value: int, size: int) -> bytes:
    """An integer of `size` bytes."""
    return value.to_bytes(size, "big")


def behind_length(data: bytes) -> bytes:
    """Bytes with their length as a u32 before them."""
    return uint(len(data), 4) + data
