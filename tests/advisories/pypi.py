"""OSV's evaluation by PyPA's `packaging`: records and queries in on stdin, ids out.

Independent of mcpsign: written after the specification's pseudo-code, sorting and folding.
"""

import json
import sys

from packaging.version import InvalidVersion, Version


def parse(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None


def in_range(version, events):
    limits = [event["limit"] for event in events if "limit" in event]
    if limits and not any(limit == "*" or version < Version(limit) for limit in limits):
        return False

    def key(event):
        ((kind, text),) = event.items()
        rank = {"introduced": 0, "fixed": 1, "last_affected": 2}[kind]
        return (0, Version("0"), rank) if text == "0" else (1, Version(text), rank)

    vulnerable = False
    for event in sorted((event for event in events if "limit" not in event), key=key):
        ((kind, text),) = event.items()
        if kind == "introduced" and (text == "0" or version >= Version(text)):
            vulnerable = True
        elif kind == "fixed" and version >= Version(text):
            vulnerable = False
        elif kind == "last_affected" and version > Version(text):
            vulnerable = False
    return vulnerable


def affects(record, name, version):
    for affected in record["affected"]:
        if affected["package"]["ecosystem"] != "PyPI" or affected["package"]["name"] != name:
            continue
        if any(parse(listed) == version for listed in affected.get("versions") or []):
            return True
        for range_ in affected.get("ranges") or []:
            # Nobody can tell where an event is no version.
            texts = [text for event in range_["events"] for text in event.values()]
            ordered = all(text in ("0", "*") or parse(text) for text in texts)
            if range_["type"] != "GIT" and ordered and in_range(version, range_["events"]):
                return True
    return False


def main():
    asked = json.load(sys.stdin)
    answers = []
    for name, text in asked["queries"]:
        version = parse(text)
        records = asked["records"].get(name, [])
        answers.append(
            None if version is None else sorted(r["id"] for r in records if affects(r, name, version))
        )
    json.dump(answers, sys.stdout)


main()
