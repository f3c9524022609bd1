//! How a service can fail, and which of its next requests does.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::Lie;

/// A service that is asked while signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// The certificate authority.
    Fulcio,
    /// The log of version 1.
    RekorV1,
    /// The log of version 2.
    RekorV2,
    /// A timestamp authority, the one of signing configurations.
    Tsa,
    /// Another.
    SecondTsa,
    /// The issuer of tokens.
    Oidc,
}

impl Service {
    pub(super) const ALL: [Self; 6] =
        [Self::Fulcio, Self::RekorV1, Self::RekorV2, Self::Tsa, Self::SecondTsa, Self::Oidc];
}

/// How a request ends that does not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// With this status. What was asked for is not done.
    Status(u16),
    /// With 429 and `Retry-After` of so many seconds. What was asked for is not done.
    RetryAfter(u64),
    /// What was asked for is done; half of the answer arrives.
    Truncated,
    /// Well, after this time.
    Slow(Duration),
    /// With success and a web page.
    Garbage,
    /// With success and nothing.
    Empty,
    /// With an answer in which this is a lie.
    Lie(Lie),
    /// With a certificate for another key.
    CertificateOfOtherKey,
    /// With a certificate for another subject.
    CertificateOfOtherSubject,
    /// With a certificate that names another issuer of the token.
    CertificateOfOtherIssuer,
    /// With an entry of other bytes, genuinely logged.
    EntryOfOtherPayload,
    /// With a timestamp of another digest.
    TimestampOfOtherDigest,
    /// Of a log of version 1: with 409, and this as the place where the entry is.
    LoggedBefore(&'static str),
    /// Where tokens are given: with this error of OAuth's. Elsewhere it is honest.
    NoToken(&'static str),
    /// Where tokens are given: with one that answers another login.
    TokenOfOtherLogin,
    /// Where codes to be typed are given: with one that counts for so many seconds.
    CodeFor(u64),
}

/// What one service does next.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) next: VecDeque<Fault>,
    pub(super) always: Option<Fault>,
    pub(super) asked: usize,
    /// Requests that have no answer yet.
    open: usize,
    /// The most that there ever were.
    pub(super) at_once: usize,
}

#[derive(Debug, Default)]
pub(super) struct Plans(BTreeMap<Service, Plan>);

impl Plans {
    pub(super) fn of(&mut self, service: Service) -> &mut Plan {
        self.0.entry(service).or_default()
    }

    /// How the request at hand ends; `None` is well.
    pub(super) fn take(&mut self, service: Service) -> Option<Fault> {
        let plan = self.of(service);
        plan.asked += 1;
        plan.open += 1;
        plan.at_once = plan.at_once.max(plan.open);
        plan.next.pop_front().or_else(|| plan.always.clone())
    }

    /// The request has its answer.
    pub(super) fn answered(&mut self, service: Service) {
        self.of(service).open -= 1;
    }
}

impl Fault {
    /// The lies of an answer that is a lie.
    pub(super) fn lies(fault: Option<&Self>) -> Vec<Lie> {
        match fault {
            Some(Self::Lie(lie)) => vec![*lie],
            Some(Self::TimestampOfOtherDigest) => vec![Lie::TimestampOfOtherSignature],
            _ => Vec::new(),
        }
    }
}
