"""Decides generated requests by ministack's evaluator too, and names those which it decides otherwise.

Reads a case a line: a document, a request, and what Terrace decides of it."""

import json
import sys

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

counted = {"allowed": 0, "refused": 0}
different = []
for line in sys.stdin:
    case = json.loads(line)
    # Its evaluator leaves policy variables as they stand.
    if "${" in case["document"]:
        continue
    asked = EvalContext(
        principal_arn="arn:aws:iam::000000000000:user/ada",
        principal_type="User",
        principal_account="000000000000",
        action=case["action"],
        resource_arn=case["resource"],
        region="local",
        # Of a key with one value it wants the value alone.
        service_context={
            key: values if key == "many" else values[0] for key, values in case["context"].items()
        },
    )
    decided = evaluate(asked, [parse_policy_document(case["document"])]).decision == "Allow"
    counted["allowed" if decided else "refused"] += 1
    if decided != case["allowed"]:
        different.append(line)

print(f"policies: {counted['allowed']} requests allowed and {counted['refused']} refused by both evaluators")
if different:
    sys.exit(f"{len(different)} are decided differently, the first: {min(different, key=len)}")
if min(counted.values()) < 500:
    sys.exit(f"too few cases to say anything: {counted}")
