//! Parts of bundles that were found to hold: a certificate signs more than one statement, and a log's checkpoint covers
//! more than one entry. Whatever a check depends on is in the key or looked at again; what did not hold is not kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use mcpsign_schemas::digest::Sha256Digest;

use super::VerifiedTime;
use super::bundle::SignedBundle;
use super::chain::Chain;
use super::root::SigstoreRoot;

/// Certificates, and checkpoints, that are kept at the most, some 10 KB and 100 bytes each. When there are as many all of
/// them are forgotten.
const MAX_PARTS: usize = 512;

/// What was found to hold.
#[derive(Debug, Default)]
pub(super) struct Memory {
    chains: BTreeMap<PartOf, VerifiedChain>,
    checkpoints: BTreeMap<PartOf, Arc<[usize]>>,
}

/// Bytes, and the root that they were held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PartOf {
    root: Sha256Digest,
    part: Sha256Digest,
}

/// A certificate that leads to an authority of a root, with its log's receipt.
#[derive(Debug, Clone)]
pub(super) struct VerifiedChain {
    chain: Arc<Chain>,
    /// Which authorities of the root counted at the time at which it held.
    authorities: Vec<bool>,
}

impl PartOf {
    /// The certificates of a bundle.
    pub(super) fn certificates(bundle: &SignedBundle, root: &SigstoreRoot) -> Self {
        let mut bytes = Vec::new();
        for certificate in bundle.certificates() {
            let der = certificate.as_bytes();
            bytes.extend(der.len().to_be_bytes());
            bytes.extend(der);
        }
        Self { root: root.digest(), part: Sha256Digest::of(&bytes) }
    }

    /// A checkpoint as it is signed, with its signatures.
    pub(super) fn checkpoint(envelope: &str, root: &SigstoreRoot) -> Self {
        Self { root: root.digest(), part: Sha256Digest::of(envelope.as_bytes()) }
    }
}

impl Memory {
    /// A chain that held before; whether it does at the times of another bundle, [`VerifiedChain::holds`] says.
    pub(super) fn chain(&self, of: PartOf) -> Option<VerifiedChain> {
        self.chains.get(&of).cloned()
    }

    /// Keeps a chain that held at `times`, if these leave no doubt what it held by.
    pub(super) fn keep_chain(
        &mut self,
        of: PartOf,
        chain: Arc<Chain>,
        root: &SigstoreRoot,
        times: &[VerifiedTime],
    ) {
        let Some(first) = times.first() else { return };
        let verified = VerifiedChain { chain, authorities: root.authorities_at(first.time).collect() };
        if verified.holds(root, times) {
            forget_if_full(&mut self.chains);
            self.chains.insert(of, verified);
        }
    }

    /// The logs of the root, by their places in it, whose signatures a checkpoint has. `find` is asked where that is not
    /// known.
    pub(super) fn signers(&mut self, of: PartOf, find: impl FnOnce() -> Vec<usize>) -> Arc<[usize]> {
        if let Some(signers) = self.checkpoints.get(&of) {
            return Arc::clone(signers);
        }
        let signers: Arc<[usize]> = find().into();
        if !signers.is_empty() {
            forget_if_full(&mut self.checkpoints);
            self.checkpoints.insert(of, Arc::clone(&signers));
        }
        signers
    }
}

impl VerifiedChain {
    pub(super) const fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// Whether it also holds at these times. What a time decides is which certificates are valid and which authorities
    /// of the root count: if all of the former are, and the latter are those of before, it is the same question.
    pub(super) fn holds(&self, root: &SigstoreRoot, times: &[VerifiedTime]) -> bool {
        self.chain.covers(times)
            && times
                .iter()
                .all(|verified| root.authorities_at(verified.time).eq(self.authorities.iter().copied()))
    }
}

fn forget_if_full<V>(parts: &mut BTreeMap<PartOf, V>) {
    if parts.len() >= MAX_PARTS {
        parts.clear();
    }
}
