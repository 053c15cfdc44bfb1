"""Ask the stand-ins of the hub on this machine what they caught, and for what they shall do next."""

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from hub.errors import HubError, InputError, Unavailable
from hub.local.outside_ports import NAME
from hub.local.stack import find

_SECONDS = 10.0


def ask(data: Path, path: str, said: object = None, *, names: str = "") -> Any:  # noqa: ANN401 - JSON
    """The answer to a question, or to what is said; raises HubError where no hub is up on this machine.

    What is refused is told under the word that `names` it for whoever typed it, else under the path.
    """
    stack = find(data)
    address = next((process.address for process in stack.processes if process.name == NAME), None) if stack else None
    if address is None:
        raise HubError(
            f"no hub is up on {data}, so nothing was caught: hub up starts one, with a mail server and an SMS provider of its own"
        )
    body = None if said is None else json.dumps(said).encode()
    request = Request(f"http://{address}{path}", data=body, headers={"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 - as above
            return json.load(response)
    except HTTPError as error:
        words = error.read().decode(errors="replace")
        raise InputError(names or path, words.removeprefix("expected ")) from None
    except URLError as error:
        raise Unavailable(f"the stand-ins at {address} do not answer ({error.reason})") from None
