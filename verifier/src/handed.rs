//! Signed files that were handed in besides the claims: each climbs the same ladder, under the same roots and policy.

use std::sync::Arc;

use jiff::Timestamp;
use mcpsign_schemas::code;
use mcpsign_schemas::policy::Require;

use crate::attribute::Untimed;
use crate::authenticate::Seen;
use crate::claims::{Claims, RawLine};
use crate::ladder::{self, Line};
use crate::measured::{Gap, Got, Measured, SignedFile};
use crate::policy::Policy;
use crate::trust::Trust;

/// Lines of all files of a kind at the most: a history of some hundred releases. What each costs is bounded where it climbs.
const MAX_LINES: usize = 1024;

/// What was handed in, as far as the policy asks for it.
pub(crate) struct Handed<'m> {
    pub(crate) revocations: Got<Vec<File<'m>>>,
    pub(crate) history: Got<Vec<File<'m>>>,
    /// The history as far as whoever may sign the policy signed it; nothing, where it is not signed.
    pub(crate) policies: Got<Vec<File<'m>>>,
    pub(crate) snapshot: Got<Vec<File<'m>>>,
}

/// One file, and how far its lines got.
pub(crate) struct File<'m> {
    /// As handed in: what a line claims tells whom it concerns, and nothing else.
    pub(crate) given: &'m SignedFile,
    /// Its lines as they climbed, or why none did.
    pub(crate) lines: Result<Vec<Line>, Gap>,
}

impl<'m> Handed<'m> {
    /// Takes every line up the ladder; of what no rule asks for, none.
    pub(crate) fn climb(
        measured: &'m Measured,
        trust: &Trust,
        policy: &Policy,
        now: Timestamp,
        seen: &mut Seen,
    ) -> Self {
        let mut climb =
            |got: &'m Got<Arc<[SignedFile]>>, what: &str, asked: bool, policy: &Policy, untimed| match got {
                Got::Missing(gap) => Got::Missing(gap.clone()),
                Got::Some(_) if !asked => Got::Some(Vec::new()),
                Got::Some(files) => {
                    let lines: usize = files.iter().map(|file| file.lines.len()).sum();
                    if lines > MAX_LINES {
                        let message = format!("{lines} lines of {what}, more than the {MAX_LINES} looked at");
                        return Got::Missing(Gap { code: code::evidence::OVER_BUDGET, message });
                    }
                    let files = files.iter();
                    Got::Some(
                        files
                            .map(|file| File::climb(file, measured, trust, policy, now, untimed, seen))
                            .collect(),
                    )
                }
            };
        let revocations = policy.asks(|require| require.revocations.is_some());
        let history = revocations || policy.asks(|require| require.continuity.is_some());
        let of_signed = |require: &Require| {
            require.advisories.as_ref().is_some_and(|advisories| advisories.signers.is_some())
        };
        let snapshot = policy.asks(of_signed);
        Self {
            revocations: climb(&measured.revocations, "revocations", revocations, policy, Untimed::Now),
            history: climb(&measured.history, "history", history, policy.of_history(), Untimed::Accepted),
            policies: match policy.signing() {
                Some(signing) => climb(&measured.history, "history", true, &signing.by, Untimed::Accepted),
                None => Got::Some(Vec::new()),
            },
            snapshot: climb(
                &measured.advisories_signed,
                "a snapshot's signature",
                snapshot,
                policy,
                Untimed::Now,
            ),
        }
    }
}

impl<'m> File<'m> {
    fn climb(
        given: &'m SignedFile,
        measured: &Measured,
        trust: &Trust,
        policy: &Policy,
        now: Timestamp,
        untimed: Untimed,
        seen: &mut Seen,
    ) -> Self {
        let line =
            |(line, bytes): &'m (u32, Vec<u8>)| RawLine { source: given.source.clone(), line: *line, bytes };
        let claims = Claims { lines: given.lines.iter().map(line).collect(), over_budget: None };
        Self { given, lines: ladder::climb(&claims, &measured.subject, trust, policy, now, untimed, seen) }
    }
}
