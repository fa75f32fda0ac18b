"""Adds the fixtures that are missing to `fixtures/v1` and `fixtures/v2`, and their digests to the manifests:

    python3 proto/make-fixtures

Fixtures that are there are never changed: bytes once published stay. A case whose file says something else is named, and
the command fails. Version 1 is published and closed. To add a fixture of version 2, add a case to `version2.py` or
`conversations2.py` and run it.
"""

import hashlib
import json
import pathlib
import sys

import conversations
import conversations2
import invalid
import valid
import version2
from wire import encode

ROOT = pathlib.Path(__file__).resolve().parent.parent / "fixtures"


def written(value):
    """Integers over 2^53 become decimal text: many readers of JSON would round them."""
    if isinstance(value, dict):
        return {key: written(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [written(entry) for entry in value]
    if isinstance(value, int) and not isinstance(value, bool) and value > 2**53:
        return str(value)
    return value


def lines(data):
    return [data[start:start + 32].hex() for start in range(0, len(data), 32)]


def layout(value, indent=0):
    """JSON that a person reads: what fits a line stands on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= 116 or not isinstance(value, (dict, list)) or not value:
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        entries = [f"{json.dumps(key)}: {layout(entry, indent + 2)}" for key, entry in value.items()]
    else:
        entries = [layout(entry, indent + 2) for entry in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(inner + entry for entry in entries) + "\n" + " " * indent + closing


def version_1():
    for name, why, message in valid.cases():
        yield f"valid/{name}", {"why": why, "hex": lines(encode(message)), "message": written(message)}
    for name, why, data, error, field in invalid.cases():
        yield f"invalid/{name}", {"why": why, "hex": lines(data), "error": error} | ({"field": field} if field else {})
    for name, case in conversations.cases():
        yield f"conversations/{name}", case | {"steps": [spoken(step) for step in case["steps"]]}


def version_2():
    for name, why, message in version2.valid_cases():
        yield f"valid/{name}", {"why": why, "hex": lines(encode(message)), "message": written(message)}
    for name, why, data, error, field, version in version2.invalid_cases():
        yield f"invalid/{name}", {"why": why} | ({"version": version} if version != 2 else {}) | {
            "hex": lines(data), "error": error} | ({"field": field} if field else {})
    for name, case in conversations2.conversation_cases():
        yield f"conversations/{name}", case | {"steps": [spoken(step) for step in case["steps"]]}


def spoken(step):
    """A step of a conversation with its bytes, if something is said in it."""
    if "message" not in step:
        return step
    message = step.pop("message")
    return step | {"hex": lines(encode(message)), "message": written(message)}


def publish(root, fixtures):
    added, changed, names = 0, [], set()
    for name, content in fixtures:
        assert name not in names, f"two cases are called {name}"
        names.add(name)
        path, text = root / f"{name}.json", layout(content) + "\n"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            added += 1
        elif path.read_text(encoding="utf-8") != text:
            changed.append(name)
    manifest = root / "MANIFEST.sha256"
    listed = {}
    if manifest.exists():
        for line in manifest.read_text().splitlines():
            digest, name = line.split("  ")
            listed[name] = digest
    for path in root.rglob("*.json"):
        listed.setdefault(path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
    manifest.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(listed.items())))
    print(f"{root.name}: {added} added, {len(names)} in all")
    for name in changed:
        print(f"{root.name}/{name}: the published file differs from its case; it was left as it is", file=sys.stderr)
    return not changed


def main():
    fine = [publish(ROOT / "v1", version_1()), publish(ROOT / "v2", version_2())]
    sys.exit(0 if all(fine) else 1)


main()
