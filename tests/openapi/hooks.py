"""Hooks of schemathesis: constraints that JSON Schema cannot express, and a count of the cases."""

import atexit
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies as st

# `email-validator` refuses labels such as `ab--c`, which IDNA keeps for itself (RFC 5891, section 4.2.3.1).
RESERVED_LABEL = re.compile(r"[@.]..--")

schemathesis.openapi.format("idn-email", st.emails().filter(lambda address: not RESERVED_LABEL.search(address)))

tried = Counter[tuple[str, str, int]]()


@schemathesis.hook
def after_call(
    context: schemathesis.HookContext, case: schemathesis.Case[Any], response: schemathesis.Response
) -> None:
    """Counts an answer by operation, mode of the data (positive or negative) and status."""
    mode = case.meta.generation.mode.value if case.meta else "positive"
    tried[case.operation.definition.raw["operationId"], mode, response.status_code] += 1


@atexit.register
def tell() -> None:
    """Writes the counts to the file that the caller expects."""
    Path(os.environ["SCHEMATHESIS_TRIED"]).write_text(json.dumps([[*key, count] for key, count in tried.items()]))
