//! `keys[]`, read.

use mcpsign_schemas::policy::{PolicyDocument, Problem, TimeRequirement};

use super::Fault;
use crate::trust::{KeyWindow, TimePolicy, TrustedKey, TrustedKeyError};

/// The keys of a document, in its order.
///
/// # Errors
/// For the first that is none.
pub(super) fn keys(document: &PolicyDocument) -> Result<Vec<TrustedKey>, Fault> {
    document
        .keys
        .iter()
        .flatten()
        .enumerate()
        .map(|(at, entry)| {
            let time = match entry.time {
                TimeRequirement::Require => TimePolicy::Require,
                TimeRequirement::AllowUnverified => TimePolicy::AllowUnverified,
            };
            let window = KeyWindow {
                not_before: entry.not_before,
                not_after: entry.not_after,
                compromised_since: entry.compromised_since,
            };
            TrustedKey::from_pem(&entry.name, entry.public_key.as_bytes(), time)
                .map(|key| key.with_window(window))
                .map_err(|error| (format!("keys[{at}].publicKey"), Problem::Key(why(error))))
        })
        .collect()
}

/// What the problem does not say itself.
fn why(error: TrustedKeyError) -> String {
    match error {
        TrustedKeyError::Unusable(why) => why,
        other => other.to_string(),
    }
}

/// Refuses the same key under two names: it would be one signer under two names.
pub(super) fn are_distinct(keys: &[TrustedKey]) -> Result<(), Fault> {
    for (at, key) in keys.iter().enumerate() {
        if let Some(same) = keys.iter().take(at).find(|other| other.spki() == key.spki()) {
            return Err((format!("keys[{at}].publicKey"), Problem::SameSigner(same.name().into())));
        }
    }
    Ok(())
}
