//! Checkpoints: signed notes (C2SP `signed-note`, `tlog-checkpoint`, `tlog-cosignature`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::key::Key;
use crate::merkle::Hash;

/// The text that a log signs.
pub(crate) fn text(origin: &str, size: u64, root: &Hash) -> String {
    format!("{origin}\n{size}\n{}\n", STANDARD.encode(root))
}

/// A line by which `name` signs `text` with `key`, known by the first four bytes of `id`.
pub(crate) fn line(text: &str, name: &str, id: &Hash, key: &Key) -> String {
    signature_line(name, id, &key.sign(text.as_bytes()))
}

/// A witness's line: it saw this text at that time.
pub(crate) fn cosignature(text: &str, name: &str, key: &Key, time: Timestamp) -> String {
    let seconds = u64::try_from(time.as_second()).expect("after 1970");
    let signed = key.sign(format!("cosignature/v1\ntime {seconds}\n{text}").as_bytes());
    signature_line(name, &key_id(name, 4, key), &[&seconds.to_be_bytes()[..], &signed].concat())
}

/// What a note's key is known by: its whole id, of which lines carry four bytes. Of ECDSA keys it is the digest of the
/// SubjectPublicKeyInfo, as `rekor-tiles/pkg/note` has it.
pub(crate) fn log_id(name: &str, key: &Key) -> Hash {
    if key.is_ed25519() { key_id(name, 1, key) } else { key.spki_sha256() }
}

fn key_id(name: &str, algorithm: u8, key: &Key) -> Hash {
    let named = [name.as_bytes(), b"\n", &[algorithm], key.raw()].concat();
    Sha256::digest(named).into()
}

fn signature_line(name: &str, id: &Hash, signature: &[u8]) -> String {
    format!("\u{2014} {name} {}\n", STANDARD.encode([&id[..4], signature].concat()))
}
