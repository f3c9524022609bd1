#!/usr/bin/env python3
"""Writes an SBOM without the hosts, people and paths of where it was made: `neutral.py FROM TO FOLDER`.

Everything else stays as its generator wrote it, in one line."""

import json
import re
import sys

# Names of formats, not places.
FORMATS = ("spdx.org", "cyclonedx.org", "opensource.org")


def host(found):
    if found["host"].endswith(FORMATS):
        return found[0]
    return found["scheme"] + "://" + (found["user"] or "") + "registry.example"


def neutral(value, folder):
    if isinstance(value, dict):
        return {key: neutral(inner, folder) for key, inner in value.items()}
    if isinstance(value, list):
        return [neutral(inner, folder) for inner in value]
    if not isinstance(value, str):
        return value
    value = value.replace(folder.rstrip("/"), "")
    value = re.sub(r"(?P<scheme>[a-z+]+)://(?P<user>[a-z]+@)?(?P<host>[A-Za-z0-9.-]+)", host, value)
    return re.sub(r"[\w.+-]+@(?!registry\.example)[\w-]+(\.[\w-]+)*\.(com|org|net|fi|io)\b", "someone@registry.example", value)


def people(value):
    """Names of people say nothing of components."""
    if isinstance(value, dict):
        return {key: people(inner) for key, inner in value.items() if key not in ("author", "authors", "publisher")}
    return [people(inner) for inner in value] if isinstance(value, list) else value


source, target, folder = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    document = json.load(file)
with open(target, "w", encoding="utf-8") as file:
    json.dump(neutral(people(document), folder), file, separators=(",", ":"), ensure_ascii=False)
    file.write("\n")
