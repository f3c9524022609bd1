//! A private Sigstore in one process, for tests: certificate authority, certificate logs, transparency logs (Rekor v1
//! and v2), timestamp authorities and an issuer of tokens. It is honest unless told to lie, and every lie is a knob of
//! its own ([`Lie`], [`RootLie`]): verifiers must refuse each for its own reason.
//!
//! It shares no code with what verifies: certificates, tokens and entries are made of `x509-cert`, `cms`, `der` and
//! `aws-lc-rs` alone.

#![allow(
    clippy::expect_used,
    reason = "a simulator fails by panicking: nothing here reads what others wrote"
)]

mod ca;
mod ct;
mod entry;
mod identity;
mod key;
mod lie;
mod merkle;
mod mint;
mod note;
mod oidc;
mod parts;
mod rekor;
pub mod serve;
mod trusted_root;
mod tsa;
mod x509;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use ca::{Issuer, Leaf};
pub use ct::CtLogName;
pub use entry::Content;
pub use identity::{Identity, Subject};
pub use key::Key;
pub use lie::{Lie, RootLie};
pub use mint::Options;
pub use parts::{anchor_parts, signed_parts};
pub use rekor::Rekor;
pub use tsa::Tsa;

use ca::CertificateAuthority;
use ct::CtLog;
use oidc::TokenIssuer;
use rekor::Log;
use tsa::TimestampAuthority;
use x509::Window;

/// Every service of one instance, with fresh keys.
#[derive(Debug)]
pub struct Simulator {
    time: Timestamp,
    ca: CertificateAuthority,
    ct_logs: BTreeMap<CtLogName, CtLog>,
    logs: BTreeMap<Rekor, Arc<Log>>,
    tsas: BTreeMap<Tsa, TimestampAuthority>,
    issuer: TokenIssuer,
    /// Whoever signs: one key for all, since it is the certificate that names somebody.
    signer: Key,
    /// Somebody else.
    stranger: Key,
}

impl Default for Simulator {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulator {
    /// An instance whose bundles are signed ten minutes ago: verifiers ask the machine's clock, too.
    pub fn new() -> Self {
        let now = Timestamp::from_second(Timestamp::now().as_second()).expect("a whole second");
        Self::at(now - SignedDuration::from_mins(10))
    }

    /// An instance whose bundles are signed at `time`.
    pub fn at(time: Timestamp) -> Self {
        let usual = window_around(time);
        let over = Window { start: usual.start, end: time - SignedDuration::from_hours(24 * 30) };
        let ct_log = |url, window| CtLog { key: Key::p256(), url, window };
        let v1 = Arc::new(Log::v1(usual));
        let v2 = Log::v2("rekor2.sigstore.example", "https://rekor2.sigstore.example", Key::ed25519(), usual);
        let v2_ecdsa = Log::v2(
            "rekor2-p256.sigstore.example",
            "https://rekor2-p256.sigstore.example",
            Key::p256(),
            usual,
        );
        Self {
            time,
            ca: CertificateAuthority::new(time),
            ct_logs: BTreeMap::from([
                (CtLogName::Current, ct_log("https://ctfe.sigstore.example/2026", usual)),
                (CtLogName::Retired, ct_log("https://ctfe.sigstore.example/2025", over)),
                (CtLogName::Stranger, ct_log("https://ctfe.other.example", usual)),
            ]),
            logs: BTreeMap::from([
                (Rekor::V1, Arc::clone(&v1)),
                (Rekor::V1Intoto, v1),
                (Rekor::V2, Arc::new(v2)),
                (Rekor::V2Ecdsa, Arc::new(v2_ecdsa)),
            ]),
            tsas: tsa::authorities(time),
            issuer: TokenIssuer::new(),
            signer: Key::p256(),
            stranger: Key::p256(),
        }
    }

    /// When bundles are signed: certificates begin then, logs integrate a second later, and from the second after that
    /// authorities stamp, each a second after the one before.
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// The same instance, in which everybody signs with keys made like this.
    #[must_use]
    pub fn with_signers(self, key: fn() -> Key) -> Self {
        Self { signer: key(), stranger: key(), ..self }
    }

    /// The key of whoever signs.
    pub const fn signer(&self) -> &Key {
        &self.signer
    }

    pub(crate) fn window(&self) -> Window {
        window_around(self.time)
    }
}

/// A year before and after.
fn window_around(time: Timestamp) -> Window {
    let year = SignedDuration::from_hours(24 * 365);
    Window { start: time - year, end: time + year }
}
