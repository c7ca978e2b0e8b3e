"""The one exception of the oracle: something is not as the protocol says, and why."""


class Refused(Exception):
    """What was read is not accepted; `reason` is the word that the protocol has for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
