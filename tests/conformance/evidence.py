"""By which bytes each family is proven: cases by where they come from, counted for docs/devices.md.

`python -m tests.conformance.evidence` counts anew, where the captures lie beside the checkout; the page is made from
the file, so that it is the same where they do not.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from firmware_bridges.families import advertised_scale
from tests.conformance.adverts import FILE, FORMATS
from tests.conformance.checks import CHECKS
from tests.paths import CAPTURES, CHECKOUT

COUNTED = CHECKOUT / "tests" / "conformance" / "evidence.json"

KINDS = {
    "device-capture": "captured",
    "spec-example": "vendor examples",
    "unit-test-vector": "of another project's tests",
    "synthetic-from-vendor-spec": "own",
}
"""What the captures call the origin of a case, and what the page calls it."""


def count(captures: Path) -> dict[str, dict[str, int]]:
    """Return for every family how many cases of each kind there are."""
    counted: dict[str, Counter[str]] = {}
    for folder in sorted(path for path in captures.iterdir() if path.is_dir()):
        check = CHECKS.get(folder.name)
        family = advertised_scale.FAMILY if folder.name in FORMATS else check.family if check else None
        if family is not None:
            counted.setdefault(family.name, Counter()).update(_kinds(folder))
    return {name: {kind: kinds[kind] for kind in KINDS.values() if kinds[kind]} for name, kinds in counted.items()}


def _kinds(folder: Path) -> Counter[str]:
    if folder.name in FORMATS:  # what the libraries' own tests feed them
        return Counter({KINDS["unit-test-vector"]: len((folder / FILE).read_text("utf-8").splitlines())})
    cases = (json.loads(path.read_text("utf-8")) for path in folder.glob("*.json"))
    return Counter(KINDS[case.get("kind", "device-capture")] for case in cases)  # a recording is one


if __name__ == "__main__":
    COUNTED.write_text(json.dumps(count(CAPTURES), indent=2, sort_keys=True) + "\n", "utf-8")
