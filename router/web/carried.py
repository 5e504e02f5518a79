"""What of the address of a code's page goes on to its links and forms: the store, and that it is a test."""

from collections.abc import Mapping
from urllib.parse import urlencode

from router.web.test_marker import LONGEST, PARAMETER

STORE = "store"
_LONGEST = {STORE: 16, PARAMETER: LONGEST}  # characters; what is longer means nothing anyway


def carried(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters that the next step needs as well."""
    return {name: query[name] for name, most in _LONGEST.items() if 0 < len(query.get(name, "")) <= most}


def query_string(parameters: Mapping[str, str]) -> str:
    """They as the end of an address, with its question mark; empty without any."""
    return f"?{urlencode(parameters)}" if parameters else ""
