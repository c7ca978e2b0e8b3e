"""The forms of which payloads are made: each reads its bytes, writes them again and finds parts.

A decoded value is what the vectors show: ids as base32, hashes as hex, names and numbers as they
are, a list for fields in order, a dictionary for fields by name.
"""

from collections.abc import Callable, Iterator
from typing import Any

from . import grammar, ids
from .refusal import Refused
from .wire import Reader

Value = Any


class Form:
    """One form of value; `parts` gives each value of the form `wanted` that lies within one."""

    def read(self, reader: Reader) -> Value:
        """Takes a value of this form."""
        raise NotImplementedError

    def write(self, value: Value) -> bytes:
        """The one way to write a value of this form."""
        raise NotImplementedError

    def parts(self, value: Value, wanted: type["Form"]) -> Iterator[tuple["Form", Value]]:
        """Every part of the form `wanted`, with its form."""
        if isinstance(self, wanted):
            yield self, value


class Uint(Form):
    """A variable integer of at most `bits`."""

    MARKS = {251: 2, 252: 4, 253: 8}

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def read(self, reader: Reader) -> int:
        first = reader.uint(1)
        if first < 251:
            return first
        if first not in self.MARKS:
            raise Refused(reader.reason)
        value = reader.uint(self.MARKS[first])
        # The shortest form is the only one.
        if value >> self.bits or self.write(value)[0] != first:
            raise Refused(reader.reason)
        return value

    def write(self, value: int) -> bytes:
        if value < 251:
            return bytes([value])
        mark, size = next((m, s) for m, s in self.MARKS.items() if not value >> (8 * s))
        return bytes([mark]) + value.to_bytes(size, "big")


U16, U32, U64 = Uint(16), Uint(32), Uint(64)


class Bool(Form):
    """One byte, 0 or 1."""

    def read(self, reader: Reader) -> bool:
        byte = reader.uint(1)
        if byte > 1:
            raise Refused(reader.reason)
        return byte == 1

    def write(self, value: bool) -> bytes:
        return bytes([value])


class Fixed(Form):
    """A fixed number of bytes, as they are; shown as an id or as hex."""

    def __init__(self, size: int, is_id: bool) -> None:
        self.size, self.is_id = size, is_id

    def read(self, reader: Reader) -> str:
        raw = reader.take(self.size)
        return ids.show(raw) if self.is_id else raw.hex()

    def write(self, value: str) -> bytes:
        return ids.read(value, self.size) if self.is_id else bytes.fromhex(value)


ID, INCARNATION, HASH = Fixed(32, True), Fixed(16, True), Fixed(32, False)


class Text(Form):
    """UTF-8 behind its length, in some grammar."""

    def __init__(self, accepts: Callable[[str], str]) -> None:
        self.accepts = accepts

    def read(self, reader: Reader) -> str:
        raw = reader.take(U64.read(reader))
        try:
            return self.accepts(raw.decode("utf-8"))
        except (UnicodeDecodeError, Refused) as error:
            raise Refused(reader.reason) from error

    def write(self, value: str) -> bytes:
        raw = value.encode("utf-8")
        return U64.write(len(raw)) + raw


class Document(Text):
    """A signed document of some kind, as its JSON."""

    def __init__(self, kind: str) -> None:
        super().__init__(grammar.document)
        self.kind = kind


class KeyStatement(Text):
    """A key statement, as its JSON; it counts only as a continuation of those before it."""

    def __init__(self) -> None:
        super().__init__(grammar.document)


class Certificate(Text):
    """A certificate, as its JSON."""

    def __init__(self) -> None:
        super().__init__(grammar.document)


TEXT, NAME = Text(grammar.text), Text(grammar.name)
VERSION, PACKAGE_ID = Text(grammar.version), Text(grammar.package_id)


class Bytes(Form):
    """Bytes behind their length."""

    def read(self, reader: Reader) -> str:
        return reader.take(U64.read(reader)).hex()

    def write(self, value: str) -> bytes:
        raw = bytes.fromhex(value)
        return U64.write(len(raw)) + raw


class Octets(Form):
    """Bytes behind their number, shown as numbers."""

    def read(self, reader: Reader) -> list[int]:
        return list(reader.take(U64.read(reader)))

    def write(self, value: list[int]) -> bytes:
        return U64.write(len(value)) + bytes(value)


class ListOf(Form):
    """Elements behind their number."""

    def __init__(self, element: Form) -> None:
        self.element = element

    def read(self, reader: Reader) -> list[Value]:
        count = U64.read(reader)
        # No element is empty, so a claim beyond the bytes that are left is known before the loop.
        if count > reader.left():
            raise Refused(reader.reason)
        return [self.element.read(reader) for _ in range(count)]

    def write(self, value: list[Value]) -> bytes:
        return U64.write(len(value)) + b"".join(self.element.write(each) for each in value)

    def parts(self, value: Value, wanted: type[Form]) -> Iterator[tuple[Form, Value]]:
        yield from super().parts(value, wanted)
        for each in value:
            yield from self.element.parts(each, wanted)


class Option(Form):
    """0, or 1 and a value."""

    def __init__(self, form: Form) -> None:
        self.form = form

    def read(self, reader: Reader) -> Value:
        return self.form.read(reader) if Bool().read(reader) else None

    def write(self, value: Value) -> bytes:
        return b"\x00" if value is None else b"\x01" + self.form.write(value)

    def parts(self, value: Value, wanted: type[Form]) -> Iterator[tuple[Form, Value]]:
        if value is not None:
            yield from self.form.parts(value, wanted)


class Fields(Form):
    """Fields one after the other, shown as a list in order."""

    def __init__(self, *forms: Form) -> None:
        self.forms = forms

    def read(self, reader: Reader) -> list[Value]:
        return [form.read(reader) for form in self.forms]

    def write(self, value: list[Value]) -> bytes:
        return b"".join(f.write(v) for f, v in zip(self.forms, value, strict=True))

    def parts(self, value: Value, wanted: type[Form]) -> Iterator[tuple[Form, Value]]:
        yield from super().parts(value, wanted)
        for form, each in zip(self.forms, value, strict=True):
            yield from form.parts(each, wanted)


class Named(Form):
    """Fields one after the other, shown by their names."""

    def __init__(self, **forms: Form) -> None:
        self.fields = Fields(*forms.values())
        self.names = list(forms)

    def read(self, reader: Reader) -> dict[str, Value]:
        return dict(zip(self.names, self.fields.read(reader), strict=True))

    def write(self, value: dict[str, Value]) -> bytes:
        return self.fields.write([value[name] for name in self.names])

    def parts(self, value: Value, wanted: type[Form]) -> Iterator[tuple[Form, Value]]:
        yield from super().parts(value, wanted)
        yield from self.fields.parts([value[name] for name in self.names], wanted)


class OneOf(Form):
    """One of several: its number, then its fields; one without fields is shown by its name."""

    def __init__(self, **choices: Form | None) -> None:
        self.choices = list(choices.items())

    def read(self, reader: Reader) -> Value:
        number = U32.read(reader)
        if number >= len(self.choices):
            raise Refused(reader.reason)
        name, form = self.choices[number]
        return name if form is None else {name: form.read(reader)}

    def write(self, value: Value) -> bytes:
        name, inner = (value, None) if isinstance(value, str) else next(iter(value.items()))
        number = [each for each, _ in self.choices].index(name)
        form = self.choices[number][1]
        return U32.write(number) + (b"" if form is None else form.write(inner))

    def parts(self, value: Value, wanted: type[Form]) -> Iterator[tuple[Form, Value]]:
        for name, form in self.choices:
            if form is not None and isinstance(value, dict) and name in value:
                yield from form.parts(value[name], wanted)


class Pattern(Form):
    """Names of one space or any: shown as `space: name`, or as the name alone."""

    FORM = Fields(Option(NAME), NAME)

    def read(self, reader: Reader) -> str:
        space, name = self.FORM.read(reader)
        return name if space is None else f"{space}: {name}"

    def write(self, value: str) -> bytes:
        space, colon, name = value.rpartition(": ")
        return self.FORM.write([space if colon else None, name])


def read(form: Form, data: bytes, reason: str) -> Value:
    """The value that is exactly these bytes; there is one form of each."""
    reader = Reader(data, reason)
    value = form.read(reader)
    reader.end()
    if form.write(value) != data:
        raise Refused(reason)
    return value
