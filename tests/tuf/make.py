#!/usr/bin/env python3
"""Makes the TUF repositories of this folder with python-tuf. `pip install tuf==7.0.1 securesystemslib[crypto]==1.6.0`

Keys are made anew and forgotten, so every run gives other bytes. Times are fixed: tests choose their own now.
"""

import base64
import copy
import hashlib
import json
import shutil
from datetime import datetime, timezone
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

HERE = Path(__file__).parent
FAR = datetime(2099, 1, 1, tzinfo=timezone.utc)
PAST = datetime(2026, 1, 1, tzinfo=timezone.utc)
PRETTY = JSONSerializer(compact=False)


def trusted_root(*hosts):
    """A Sigstore trust root of some logs."""
    logs = []
    for host in hosts:
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        logs.append({
            "baseUrl": f"https://{host}",
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": base64.b64encode(spki).decode(),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": {"start": "2026-01-01T00:00:00Z"},
            },
            "logId": {"keyId": base64.b64encode(hashlib.sha256(spki).digest()).decode()},
        })
    document = {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "tlogs": logs}
    return (json.dumps(document, indent=2) + "\n").encode()


class Repository:
    """A whole repository, with its keys."""

    def __init__(self):
        self.root_keys = [CryptoSigner.generate_ecdsa(), CryptoSigner.generate_ed25519(), CryptoSigner.generate_ecdsa()]
        self.online = CryptoSigner.generate_ed25519()
        self.root = Root(expires=FAR, consistent_snapshot=True)
        for key in self.root_keys:
            self.root.add_key(key.public_key, "root")
        self.root.roles["root"].threshold = 2
        for role in ["timestamp", "snapshot", "targets"]:
            self.root.add_key(self.online.public_key, role)
        self.targets = Targets(expires=FAR)
        self.snapshot = Snapshot(expires=FAR)
        self.timestamp = Timestamp(expires=FAR)
        self.roots = {}
        self.sign_root(self.root_keys[:2])

    def sign_root(self, signers):
        metadata = Metadata(copy.deepcopy(self.root))
        for signer in signers:
            metadata.sign(signer, append=True)
        self.roots[self.root.version] = metadata.to_bytes(PRETTY)

    def rotate_root_key(self):
        """Another key takes the place of the first: signed by the threshold of the old ones and of the new ones."""
        old, new = self.root_keys[0], CryptoSigner.generate_ecdsa()
        self.root.revoke_key(old.public_key.keyid, "root")
        self.root.add_key(new.public_key, "root")
        self.root.version += 1
        self.root_keys = [self.root_keys[1], self.root_keys[2], new]
        self.sign_root([old, *self.root_keys])

    def publish(self, files, folder):
        """Everything anew, with these targets."""
        self.targets.targets = {name: TargetFile.from_data(name, data, ["sha256"]) for name, data in files.items()}
        self.targets.version += 1
        self.snapshot.version += 1
        self.timestamp.version += 1
        self.write(files, folder)

    def write(self, files, folder):
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "targets").mkdir(parents=True)
        for version, data in self.roots.items():
            (folder / f"{version}.root.json").write_bytes(data)
        targets = self.signed(self.targets)
        self.snapshot.meta["targets.json"] = MetaFile.from_data(self.targets.version, targets, ["sha256"])
        snapshot = self.signed(self.snapshot)
        self.timestamp.snapshot_meta = MetaFile.from_data(self.snapshot.version, snapshot, ["sha256"])
        (folder / f"{self.targets.version}.targets.json").write_bytes(targets)
        (folder / f"{self.snapshot.version}.snapshot.json").write_bytes(snapshot)
        (folder / "timestamp.json").write_bytes(self.signed(self.timestamp))
        for name, data in files.items():
            digest = self.targets.targets[name].hashes["sha256"]
            (folder / "targets" / f"{digest}.{name}").write_bytes(data)

    def signed(self, role, signer=None):
        metadata = Metadata(copy.deepcopy(role))
        metadata.sign(signer or self.online)
        return metadata.to_bytes(PRETTY)


def main():
    first = {"trusted_root.json": trusted_root("log1.acme.example"),
             "signing_config.v0.2.json": b'{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json"}\n'}
    second = {**first, "trusted_root.json": trusted_root("log1.acme.example", "log2.acme.example")}

    repository = Repository()
    repository.rotate_root_key()
    repository.publish(first, HERE / "first")
    repository.rotate_root_key()
    repository.publish(second, HERE / "second")

    # What a repository says next that is no good: each has only what differs from `second`.
    def lie(name, **files):
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for file, data in files.items():
            (folder / file.replace("__", ".")).write_bytes(data)

    stale = copy.deepcopy(repository.timestamp)
    stale.version += 1
    stale.expires = PAST
    lie("frozen", timestamp__json=repository.signed(stale))
    forged = copy.deepcopy(repository.timestamp)
    forged.version += 1
    lie("forged", timestamp__json=repository.signed(forged, CryptoSigner.generate_ed25519()))

    good = copy.deepcopy(repository.root)
    repository.root.version += 1
    repository.sign_root(repository.root_keys[:1])
    lie("threshold", **{"4__root__json": repository.roots[4]})
    # Enough of them, and none is the old root's.
    others = [CryptoSigner.generate_ecdsa(), CryptoSigner.generate_ecdsa()]
    repository.root.roles["root"].keyids = []
    for key in others:
        repository.root.add_key(key.public_key, "root")
    repository.sign_root(others)
    lie("usurped", **{"4__root__json": repository.roots[4]})
    repository.root = copy.deepcopy(good)
    repository.root.version += 1
    repository.root.expires = PAST
    repository.sign_root(repository.root_keys)
    lie("expired-root", **{"4__root__json": repository.roots[4]})
    del repository.roots[4]

    # Whole repositories of their own.
    empty = Repository()
    empty.publish({"other.json": b"{}\n"}, HERE / "no-target")
    broken = Repository()
    broken.publish({"trusted_root.json": b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}\n'}, HERE / "unusable")
    aged = Repository()
    aged.root.expires = PAST
    aged.roots.clear()
    aged.sign_root(aged.root_keys[:2])
    aged.publish(first, HERE / "aged")


main()
