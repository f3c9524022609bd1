"""RustSec's database, as a folder for cargo-audit, of its export to OSV: `rustsec.py ALL.ZIP|FOLDER TO`.

cargo-audit reads which versions are not affected, where OSV says which are: of each range the rest is written down, as Cargo's
version requirements. Nothing else is changed, and nothing of mcpsign is used.
"""

import json
import pathlib
import subprocess
import sys
import zipfile


def records(source):
    if source.is_dir():
        for path in sorted(source.glob("*.json")):
            yield json.loads(path.read_bytes())
        return
    with zipfile.ZipFile(source) as archive:
        for name in sorted(archive.namelist()):
            yield json.loads(archive.read(name))


def complement(ranges):
    """Requirements that no affected version meets, and every other does."""
    events = []
    for range_ in ranges:
        if range_["type"] != "SEMVER":
            sys.exit(f"a range of type {range_['type']}")
        for event in range_["events"]:
            ((kind, text),) = event.items()
            events.append((kind, text))
    requirements, since = [], None
    for kind, text in events:
        if kind == "introduced":
            # `0.0.0-0` is before every version.
            if text not in ("0", "0.0.0-0"):
                requirements.append(f"< {text}" if since is None else f">= {since}, < {text}")
            since = None
        elif kind == "fixed":
            since = text
        else:
            sys.exit(f"an event of kind {kind}")
    if since is not None:
        requirements.append(f">= {since}")
    return requirements


def text(value):
    return json.dumps(value)


def advisory(record, affected):
    said = affected.get("database_specific") or {}
    lines = ["```toml", "[advisory]", f"id = {text(record['id'])}", f"package = {text(affected['package']['name'])}"]
    lines.append(f"date = {text(record['published'][:10])}")
    if record.get("withdrawn"):
        lines.append(f"withdrawn = {text(record['withdrawn'][:10])}")
    if said.get("informational"):
        lines.append(f"informational = {text(said['informational'])}")
    lines += ["[versions]", f"patched = {text(complement(affected['ranges']))}", "```", "", "# " + record["summary"], "", "Text."]
    return "\n".join(lines) + "\n"


def main():
    source, folder = map(pathlib.Path, sys.argv[1:])
    for record in records(source):
        # What is no advisory of RustSec's own is none to cargo-audit.
        if not record["id"].startswith("RUSTSEC-"):
            continue
        if len(record["affected"]) != 1:
            sys.exit(f"{record['id']} is of several packages")
        affected = record["affected"][0]
        path = folder / "crates" / affected["package"]["name"] / (record["id"] + ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(advisory(record, affected), encoding="utf-8")
    # cargo-audit opens a repository, and asks when it was last changed.
    git = ["git", "-C", str(folder), "-c", "user.name=test", "-c", "user.email=test@acme.example", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "advisories"]):
        subprocess.run(git + arguments, check=True)


main()
