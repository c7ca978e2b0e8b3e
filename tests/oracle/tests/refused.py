"""Why an archive is refused."""

import io

from oracle import archive
from oracle.refusal import Refused


def wrong(data: bytes) -> str:
    """Why an archive is refused."""
    try:
        archive.verify(io.BytesIO(data))
    except Refused as error:
        return error.reason
    return "nothing"
