"""What ``explain()`` prints: the plan, why it was chosen, and what it will cost."""

from __future__ import annotations

import json
from typing import Any, Final

from b24orm.executor.userfields import looked_up
from b24orm.orm.fetch import Actual
from b24orm.plan.plan import Plan
from b24orm.plan.why_classic import why_classic
from b24orm.transport.encoding import encode
from b24orm.transport.encoding_v3 import encode_v3

__all__ = ["explained"]

_SHOWN: Final = 60
"""Values of a list that are shown; of a longer one the first."""


def explained(plan: Plan, actual: Actual | None = None) -> str:
    """The plan in words and figures, beside what it took if it was run."""
    spec = plan.query.schema.list
    v3 = plan.query.schema.api == "v3"
    method = plan.sample.method if plan.sample is not None else spec.name if spec is not None else "-"
    by = f"{method}{' of REST 3.0' if v3 else ''}"
    lines = [f"{plan.strategy}: {plan.query.schema.name} by {by}"]
    other = why_classic(plan.query)
    reasons = (*plan.why, other) if other else plan.why
    lines += [
        f"  why       {why}" if number == 0 else f"            {why}" for number, why in enumerate(reasons)
    ]
    if plan.sample is not None:
        sent = encode_v3(plan.sample.params) if v3 else encode(plan.sample.params)
        lines.append(f"  call      {json.dumps(_brief(sent), ensure_ascii=False)}")
    lines += [
        f"  commands  {plan.commands}",
        f"  requests  {plan.requests} ({_carried(plan)})",
        f"  counts    {plan.counts}",
    ]
    if fields := looked_up(plan.query):
        lines.append(f"  fields    {fields}")
    if plan.skip or plan.take is not None:
        lines.append(
            f"  slice     skips {plan.skip:,}, takes {'all' if plan.take is None else format(plan.take, ',')}"
        )
    return "\n".join([*lines, *(_actually(plan, actual) if actual is not None else ())])


def _brief(sent: Any) -> Any:
    """What is sent, with no more than the beginning of a long list."""
    inside: dict[str, Any] = sent if isinstance(sent, dict) else {}
    values: list[Any] = sent if isinstance(sent, list) else []
    if len(values) > _SHOWN:
        return [*values[:3], f"... {len(values):,} values"]
    return {key: _brief(value) for key, value in inside.items()} if inside else sent


def _carried(plan: Plan) -> str:
    """What one request carries."""
    if plan.batch == 1:
        return "one command a request"
    return f"at most {plan.batch} commands a batch, one batch a request"


def _actually(plan: Plan, actual: Actual) -> list[str]:
    expected = plan.expected(actual.rows)
    requests, commands = (f" ({number:,} expected)" for number in expected) if expected else ("", "")
    waits = ", ".join(f"{seconds:.2f} s {why}" for why, seconds in sorted(actual.waits.items())) or "none"
    return [
        "actually",
        f"  rows      {actual.rows:,} in {actual.seconds:.2f} s",
        f"  commands  {actual.commands:,}{commands}",
        f"  requests  {actual.requests:,}{requests}",
        f"  operating {actual.operating:.2f} s of server time; later answers tell of quick calls",
        f"  waits     {waits}",
    ]
