"""The documents in an entry: each under the certificate of the space that it says it is of."""

from collections import Counter
from collections.abc import Iterator

from . import certificate, document, judgement, payload
from .certificate import Certificate
from .document import Document
from .events import Told
from .refusal import Refused


class Papers:
    """Verifies documents with the certificates that a log has told so far."""

    def __init__(self) -> None:
        self.known: dict[str, Certificate] = {}
        self.verified: Counter[str] = Counter()

    def read(self, told: Told) -> list[Document]:
        """The documents of an event, without those within others."""
        parts = told.parts(payload.Document)
        return [document.read(text, form.kind) for form, text in parts]

    def verify(self, told: Told) -> Iterator[str]:
        """Verifies all documents of an event; gives what could not be for want of a certificate."""
        for signed in self.read(told):
            yield from self._verify(signed)

    def _verify(self, signed: Document) -> Iterator[str]:
        known = self.known.get(signed.space())
        if known is None:
            yield f"{signed.kind} of {signed.space()}: its certificate is not in the log so far"
        else:
            certificate.verify(signed, known)
            self.verified[signed.kind] += 1
        if signed.kind == "bundle":
            _check_digest(signed)
            for value in signed.payload["receipts"]:
                yield from self._verify(document.open_envelope(value, "receipt"))


def _check_digest(bundle: Document) -> None:
    told = bundle.payload
    if not judgement.bundle_fits(told):
        raise Refused("the bundle's digest is not that of its snapshot")
