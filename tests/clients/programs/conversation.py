"""How a client's process is talked to: a line of JSON in (`do`, `given`), a line of JSON out (`answer` or `error`).

Laws: standard output carries answers alone, whatever the client prints goes to standard error; an error of the client
is an answer too, told by the name of its class; the process ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any


def hold(deeds: Mapping[str, Callable[..., Any]]) -> None:
    """Do what is asked for until nobody asks any more."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # progress bars hold the first stdout they saw
        for line in sys.stdin:
            asked = json.loads(line)
            answers.write(json.dumps(_answer(deeds[asked["do"]], asked["given"])) + "\n")
            answers.flush()


def _answer(deed: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": deed(**given)}
    except Exception as error:  # noqa: BLE001 - any error of a foreign client is what the test wants to see
        return {"error": [kind.__name__ for kind in type(error).__mro__], "message": str(error)}
