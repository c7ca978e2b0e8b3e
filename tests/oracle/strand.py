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
    """The chain of one incarnation on one link, in one direction."""

    def __init__(self, begin: bytes, at: int = 0) -> None:
        # c at each number from the one at which it begins: an envelope may begin at any of them.
        self.chains = {at: begin}

    def newest(self) -> int:
        """The newest LinkSeq that is here."""
        # A number is only ever added behind the others.
        return next(reversed(self.chains))

    def contradicts(self, says: dict[int, bytes]) -> bool:
        """Whether c at some number is said to be another than it is here."""
        return any(self.chains.get(at, chain) != chain for at, chain in says.items())

    def check(self, told: Header) -> None:
        """Refuses evidence that does not go on from here."""
        before = {told.first - 1: told.chain_before}
        if told.first - 1 > self.newest() or self.contradicts(before):
            raise Refused("the envelope does not continue the chain of its link")
        if told.last() <= self.newest():
            raise Refused("the envelope proves nothing that follows")

    def append(self, link: Link) -> None:
        """Takes the next entry."""
        newest = self.newest()
        self.chains[newest + 1] = derivation.chain_next(self.chains[newest], newest + 1, *link)

    def prove(self, mirrored: Mirrored, told: Header) -> None:
        """Takes the next entry of the envelope that proves it."""
        number = mirrored.link_seq
        if number != self.newest() + 1 or number > told.last():
            raise Refused("the mirrored entry is not the next of its link")
        self.append((mirrored.incarnation, mirrored.position, mirrored.commit()))
        if number == told.last() and self.chains[number] != told.chain_after:
            raise Refused("the mirrored entries are not those that were signed")

    def cut(self, at: int, chain: bytes | None) -> None:
        """Forgets the entries beyond a number, so that they can come again; all if c is another."""
        if at <= self.newest():
            keep = at if chain in (None, self.chains[at]) else 0
            self.chains = {number: self.chains[number] for number in range(keep + 1)}
