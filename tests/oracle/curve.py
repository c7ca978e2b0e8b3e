"""Just enough of the curve of Ed25519 to tell which keys and points are weak."""

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


def decode(encoded: bytes) -> Point | None:
    """The point of 32 bytes, with y taken modulo P; None if there is none on the curve."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    sign = encoded[31] >> 7
    y %= P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * SQRT_MINUS_ONE % P
    if x * x % P != square:
        return None
    return (P - x if x & 1 != sign and x else x), y


def is_canonical(encoded: bytes) -> bool:
    """Whether these 32 bytes are the one encoding of their point."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    point = decode(encoded)
    if point is None or y >= P:
        return False
    return point[0] & 1 == encoded[31] >> 7


def double(point: Point) -> Point:
    """Twice the point, by the complete law of addition."""
    return add(point, point)


def add(one: Point, other: Point) -> Point:
    """The sum of two points."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def is_small(point: Point) -> bool:
    """Whether the order of the point divides eight."""
    return double(double(double(point))) == NEUTRAL
