"""One direction of a link as a log has it: the chain over what came, and what proves it."""

from . import derivation
from .header import Header
from .record import Mirrored
from .refusal import Refused

# Incarnation, Position and commitment of an entry: all that a chain needs to know of it.
Link = tuple[bytes, int, bytes]


def chain_over(told: Header, links: list[Link]) -> dict[int, bytes]:
    """c at every number that an envelope speaks of; the entries have to be those it counts."""
    chains = {told.first - 1: told.chain_before}
    for number, link in enumerate(links, told.first):
        chains[number] = derivation.chain_next(chains[number - 1], number, *link)
    if len(links) != told.count or chains[told.last()] != told.chain_after:
        raise Refused("broken-chain")
    return chains


class Strand:
    """The chain of one incarnation of one peer on one link."""

    def __init__(self, begin: bytes) -> None:
        # c(0), c(1) and so on: an envelope may begin anywhere in what is here already.
        self.chains = [begin]

    def newest(self) -> int:
        """The newest LinkSeq that is here."""
        return len(self.chains) - 1

    def contradicts(self, says: dict[int, bytes]) -> bool:
        """Whether c at some number is said to be another than it is here."""
        return any(at <= self.newest() and self.chains[at] != chain for at, chain in says.items())

    def check(self, told: Header) -> None:
        """Refuses evidence that does not go on from here."""
        if told.first - 1 > self.newest() or self.chains[told.first - 1] != told.chain_before:
            raise Refused("the envelope does not continue the chain of its link")
        if told.last() <= self.newest():
            raise Refused("the envelope proves nothing that follows")

    def append(self, mirrored: Mirrored, told: Header) -> None:
        """Takes the next entry of the envelope that proves it."""
        number = mirrored.link_seq
        if number != self.newest() + 1 or number > told.last():
            raise Refused("the mirrored entry is not the next of its link")
        link = mirrored.incarnation, mirrored.position, mirrored.commit()
        self.chains.append(derivation.chain_next(self.chains[-1], number, *link))
        if number == told.last() and self.chains[-1] != told.chain_after:
            raise Refused("the mirrored entries are not those that were signed")

    def cut(self, at: int, chain: bytes | None) -> None:
        """Forgets the entries beyond a number, so that they can come again; all if c is another."""
        if at <= self.newest():
            keep = at if chain in (None, self.chains[at]) else 0
            del self.chains[keep + 1 :]
