"""One direction of a link as a log has it: the chain over what came, and what proves it."""

from . import derivation
from .header import Header
from .record import Mirrored
from .refusal import Refused


class Strand:
    """The chain of one incarnation of one peer on one link."""

    def __init__(self, begin: bytes) -> None:
        # c(0), c(1) and so on: an envelope may begin anywhere in what is here already.
        self.chains = [begin]
        # Up to which LinkSeq the evidence of this block reaches.
        self.covered = 0
        # What evidence says the chain is at numbers that are not here yet.
        self.expected: dict[int, set[bytes]] = {}

    def newest(self) -> int:
        """The newest LinkSeq that is here."""
        return len(self.chains) - 1

    def contradicts(self, told: Header) -> bool:
        """Whether a header says another chain than the one that is here."""
        says = ((told.first - 1, told.chain_before), (told.last(), told.chain_after))
        return any(at <= self.newest() and self.chains[at] != chain for at, chain in says)

    def admit(self, told: Header) -> None:
        """Takes evidence; its entries have to follow in the same block."""
        if told.first > max(self.covered, self.newest()) + 1:
            raise Refused("the evidence leaves a gap in the numbers of its link")
        if self.contradicts(told):
            raise Refused("the evidence has another chain than what came before it")
        for at, chain in ((told.first - 1, told.chain_before), (told.last(), told.chain_after)):
            if at > self.newest():
                self.expected.setdefault(at, set()).add(chain)
        self.covered = max(self.covered, told.last())

    def append(self, mirrored: Mirrored) -> None:
        """Takes the next entry of the chain."""
        number = mirrored.link_seq
        if number != self.newest() + 1:
            raise Refused("the entry does not have the next number of its link")
        if number > self.covered:
            raise Refused("no evidence before it in its block proves the entry")
        self.chains.append(
            derivation.chain_next(
                self.chains[-1], number, mirrored.incarnation, mirrored.position, mirrored.commit()
            )
        )
        if self.expected.pop(number, {self.chains[-1]}) != {self.chains[-1]}:
            raise Refused("the chain over the entries does not lead where their evidence says")

    def cut(self, at: int, chain: bytes | None) -> None:
        """Forgets the entries beyond a number, so that they can come again; all if c is another."""
        if at > self.newest():
            return
        keep = at if chain in (None, self.chains[at]) else 0
        del self.chains[keep + 1 :]
        self.covered = keep

    def end_of_block(self) -> None:
        """Refuses evidence whose entries did not all follow."""
        if self.covered > self.newest():
            raise Refused("entries are missing behind their evidence")
