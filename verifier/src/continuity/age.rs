//! `coolDown`: others have had some days to look at a release.

use jiff::{SignedDuration, Timestamp};
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;

use crate::attribute::Trusted;

/// The manifest was signed `days` ago, by every verified time: the latest counts, and without one nobody knows.
pub(super) fn cool_down(statement: &Trusted, days: u32, now: Timestamp) -> Vec<Finding> {
    let finding = |found: String| {
        vec![
            Finding::new(code::freshness::COOL_DOWN, code::freshness::COOL_DOWN.title)
                .expected(format!("signed at least {days} days ago"))
                .found(found)
                .evidence(statement.evidence().clone()),
        ]
    };
    match statement.signer().times().iter().map(|verified| verified.time).max() {
        None => finding("nothing proves when it was signed".into()),
        Some(time) if now.duration_since(time) < SignedDuration::from_hours(24 * i64::from(days)) => {
            finding(format!("signed {time}"))
        }
        Some(_) => Vec::new(),
    }
}
