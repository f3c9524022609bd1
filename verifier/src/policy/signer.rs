//! `signers[]`, as they are applied.

use mcpsign_schemas::manifest::Kind;
use mcpsign_schemas::policy::{PolicyDocument, Problem, SignerEntry, is_same_predicate};

use super::Fault;
use super::identity::Identity;

/// One signer entry.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) name: String,
    pub(crate) who: Who,
    kinds: Vec<Kind>,
    predicates: Vec<String>,
}

/// Who a signer is.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    /// Places in [`Policy::keys`](super::Policy::keys).
    Keys(Vec<usize>),
    /// Whoever holds a certificate that says so.
    Identity(Box<Identity>),
}

/// Place of a signer entry in its policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SignerId(pub(super) usize);

impl SignerId {
    /// The entry of this name.
    pub(super) fn of(document: &PolicyDocument, name: &str) -> Result<Self, Problem> {
        let at = document.signers.iter().position(|signer| signer.name == name);
        at.map(Self).ok_or_else(|| Problem::Unknown { what: "signer", name: name.to_owned() })
    }
}

impl Signer {
    /// The entry `at` this place of a document that was checked.
    pub(super) fn compile(document: &PolicyDocument, at: usize, entry: &SignerEntry) -> Result<Self, Fault> {
        let keys = document.keys.as_deref().unwrap_or_default();
        let who = match (entry.key_names(), &entry.identity) {
            (names @ [_, ..], None) => {
                let place = |name: &String| {
                    keys.iter().position(|key| key.name == *name).ok_or_else(|| {
                        (format!("signers[{at}]"), Problem::Unknown { what: "key", name: name.clone() })
                    })
                };
                Who::Keys(names.iter().map(place).collect::<Result<_, Fault>>()?)
            }
            ([], Some(identity)) => {
                let path = format!("signers[{at}].identity");
                Who::Identity(Box::new(Identity::compile(identity, &path)?))
            }
            _ => return Err((format!("signers[{at}]"), Problem::NotOneSigner)),
        };
        Ok(Self {
            name: entry.name.clone(),
            who,
            kinds: entry.kinds.clone().unwrap_or_default(),
            predicates: entry.predicates.clone(),
        })
    }

    pub(crate) fn may_sign(&self, predicate_type: &str) -> bool {
        self.predicates.iter().any(|named| is_same_predicate(named, predicate_type))
    }

    pub(crate) fn may_speak_as(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}
