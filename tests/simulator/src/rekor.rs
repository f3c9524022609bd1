//! Transparency logs: Rekor v1, with signed entry timestamps, and Rekor v2, without times of its own.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::entry::Entry;
use crate::key::Key;
use crate::lie::Lie;
use crate::merkle::{Hash, Tree};
use crate::note;
use crate::x509::Window;

/// Which log, and where it takes several, which kind of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rekor {
    /// Rekor v1: `dsse` 0.0.1 for envelopes, `hashedrekord` 0.0.1 for messages.
    V1,
    /// Rekor v1: `intoto` 0.0.2 for envelopes, as older clients asked for.
    V1Intoto,
    /// Rekor v2 with an Ed25519 key: `hashedrekord` 0.0.2 for both.
    V2,
    /// Rekor v2 with a P-256 key.
    V2Ecdsa,
}

impl Rekor {
    /// Whether its entries carry no time.
    pub const fn is_v2(self) -> bool {
        matches!(self, Self::V2 | Self::V2Ecdsa)
    }
}

/// A log. Witnesses sign what a v2 log publishes.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) key: Key,
    pub(crate) url: &'static str,
    pub(crate) id: Hash,
    /// From when to when the root says that its key counts.
    pub(crate) window: Window,
    origin: String,
    name: &'static str,
    is_v2: bool,
    /// Entries before this tree's first: those of a v1 log are numbered through all its trees.
    before: u64,
    witnesses: Vec<Key>,
    tree: Mutex<Tree>,
}

/// How many entries a log had when the first of ours came: no power of two, so that audit paths have all shapes.
const EARLIER: u64 = 5_321;

impl Log {
    pub(crate) fn v1(window: Window) -> Self {
        let name = "rekor.sigstore.example";
        let key = Key::p256();
        let id = key.spki_sha256();
        Self {
            url: "https://rekor.sigstore.example",
            origin: format!("{name} - 2605736670972794746"),
            name,
            id,
            window,
            key,
            is_v2: false,
            before: 4_163_431,
            witnesses: Vec::new(),
            tree: Mutex::new(grown()),
        }
    }

    pub(crate) fn v2(name: &'static str, url: &'static str, key: Key, window: Window) -> Self {
        Self {
            url,
            origin: name.into(),
            name,
            id: note::log_id(name, &key),
            window,
            key,
            is_v2: true,
            before: 0,
            witnesses: vec![Key::ed25519(), Key::ed25519()],
            tree: Mutex::new(grown()),
        }
    }

    /// Logs an entry at `time`: a `TransparencyLogEntry` in JSON.
    pub(crate) fn log(&self, entry: &Entry, time: Timestamp, lies: &[Lie]) -> Value {
        let told = |lie: Lie| lies.contains(&lie);
        let body = entry.body.to_string().into_bytes();
        let (index, size, path, root) = self.append(&body, lies);
        let mut shown = body.clone();
        if told(Lie::EntryAltered) {
            // White space at the end: the same JSON, and another leaf.
            shown.push(b' ');
        }
        let mut logged = json!({
            "logIndex": (self.before + index).to_string(),
            "logId": { "keyId": STANDARD.encode(self.id) },
            "kindVersion": { "kind": entry.kind, "version": entry.version },
            "canonicalizedBody": STANDARD.encode(&shown),
        });
        if !told(Lie::ProofMissing) {
            let hashes: Vec<String> = path.iter().map(|hash| STANDARD.encode(hash)).collect();
            let mut shown_root = root;
            shown_root[0] ^= u8::from(told(Lie::CheckpointAltered));
            logged["inclusionProof"] = json!({
                "logIndex": index.to_string(),
                "treeSize": size.to_string(),
                "rootHash": STANDARD.encode(shown_root),
                "hashes": hashes,
                "checkpoint": { "envelope": self.checkpoint(size, &root, time, lies) },
            });
        }
        if !self.is_v2 {
            self.promise(&mut logged, &body, self.before + index, time, lies);
        }
        logged
    }

    /// Index, size of the tree, audit path and root.
    fn append(&self, body: &[u8], lies: &[Lie]) -> (u64, u64, Vec<Hash>, Hash) {
        let told = |lie: Lie| lies.contains(&lie);
        let mut tree = self.tree.lock().expect("nobody panics holding it");
        let index = tree.append(body);
        let size = tree.size();
        let mut path = tree.proof(if told(Lie::ProofOfOtherLeaf) { index / 2 } else { index }, size);
        if told(Lie::ProofAltered) {
            path[0][0] ^= 1;
        }
        if told(Lie::ProofShortened) {
            path.pop();
        }
        (index, size, path, tree.root(size))
    }

    fn checkpoint(&self, size: u64, root: &Hash, time: Timestamp, lies: &[Lie]) -> String {
        let told = |lie: Lie| lies.contains(&lie);
        let text = if told(Lie::CheckpointOfOtherSize) {
            let earlier = self.tree.lock().expect("nobody panics holding it").root(size - 1);
            note::text(&self.origin, size - 1, &earlier)
        } else {
            note::text(&self.origin, size, root)
        };
        let stranger;
        let key = if told(Lie::CheckpointByOtherKey) {
            stranger = if self.key.is_ed25519() { Key::ed25519() } else { Key::p256() };
            &stranger
        } else {
            &self.key
        };
        let mut lines = note::line(&text, self.name, &self.id, key);
        if told(Lie::CheckpointWithoutLog) {
            let witness = Key::ed25519();
            lines = note::cosignature(&text, "witness.example", &witness, time);
        }
        for (at, witness) in self.witnesses.iter().enumerate() {
            lines += &note::cosignature(&text, &format!("witness-{at}.example"), witness, time);
        }
        let shown = if told(Lie::CheckpointAltered) {
            let mut altered = *root;
            altered[0] ^= 1;
            note::text(&self.origin, size, &altered)
        } else {
            text
        };
        format!("{shown}\n{lines}")
    }

    /// The signed entry timestamp, which covers the time of integration.
    fn promise(&self, logged: &mut Value, body: &[u8], index: u64, time: Timestamp, lies: &[Lie]) {
        let told = |lie: Lie| lies.contains(&lie);
        let mut integrated = time;
        for lie in lies {
            match lie {
                Lie::LoggedAt(seconds) => integrated = after(time, *seconds),
                Lie::PromiseWithheld(seconds) => {
                    logged["integratedTime"] = after(time, *seconds).as_second().to_string().into();
                    return;
                }
                _ => {}
            }
        }
        logged["integratedTime"] = integrated.as_second().to_string().into();
        let promised = json!({
            "body": STANDARD.encode(body),
            "integratedTime": integrated.as_second(),
            "logID": hex::encode(self.id),
            "logIndex": index - u64::from(told(Lie::PromiseOfOtherIndex)),
        });
        let promised = serde_json_canonicalizer::to_vec(&promised).expect("plain JSON");
        let stranger;
        let key = if told(Lie::PromiseByOtherKey) {
            stranger = Key::p256();
            &stranger
        } else {
            &self.key
        };
        let mut signature = key.sign(&promised);
        if told(Lie::PromiseAltered)
            && let Some(last) = signature.last_mut()
        {
            *last ^= 1;
        }
        logged["inclusionPromise"] = json!({ "signedEntryTimestamp": STANDARD.encode(signature) });
    }
}

/// `time` and some seconds more.
pub(crate) fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time + jiff::SignedDuration::from_secs(seconds)
}

fn grown() -> Tree {
    let mut tree = Tree::default();
    for earlier in 0..EARLIER {
        tree.append(&earlier.to_be_bytes());
    }
    tree
}
