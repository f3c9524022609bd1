//! `trusted_root.json`, `signing_config.json` and both in one: what clients are configured with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::Encode as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use x509_cert::certificate::Certificate;

use crate::Simulator;
use crate::ca::Issuer;
use crate::ct::CtLogName;
use crate::key::Key;
use crate::lie::RootLie;
use crate::merkle::Hash;
use crate::tsa::Tsa;
use crate::x509::Window;

/// SubjectPublicKeyInfo of an Ed448 key, which nobody here verifies with.
const UNKNOWN_KEY: &str =
    "MEMwBQYDK2VxAzoAX9dEm1m0Yf0s54fsYWrUajNvLtr1jPI7IFI1AyBzYf0LPPDPPbhvJAy+mDoHqBEJIHXTF7T5RPqA";

impl Simulator {
    /// The trust root that honest bundles verify with.
    pub fn trusted_root_json(&self) -> Value {
        self.trusted_root_with(&[])
    }

    /// The trust root with some lies.
    pub fn trusted_root_with(&self, lies: &[RootLie]) -> Value {
        let told = |lie: RootLie| lies.contains(&lie);
        let media_type = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";
        if told(RootLie::Empty) {
            return json!({ "mediaType": media_type });
        }
        let window = |window: Window, ended: bool, early: bool| {
            let day = SignedDuration::from_hours(24);
            match () {
                () if ended => Window { start: window.start, end: self.time() - day },
                () if early => Window { start: self.time() + day, end: window.end },
                () => window,
            }
        };

        let mut tlogs: Vec<Value> = self
            .logs
            .iter()
            // Rekor v1 is one log, whatever kind of entry is asked for.
            .filter(|(rekor, _)| !told(RootLie::NoLogs) && **rekor != crate::Rekor::V1Intoto)
            .map(|(_, log)| {
                let window = window(log.window, told(RootLie::LogsEnded), told(RootLie::LogsNotStarted));
                log_json(log.url, &log.key, &log.id, window)
            })
            .collect();
        if told(RootLie::LogTwice) {
            tlogs.extend(tlogs.first().cloned());
        }
        if told(RootLie::UnknownLogKey) {
            let key = json!({ "rawBytes": UNKNOWN_KEY, "keyDetails": "PKIX_ED448" });
            let mut log = tlogs[0].clone();
            log["publicKey"] = key;
            log["logId"] = json!({ "keyId": STANDARD.encode([7; 32]) });
            tlogs.push(log);
        }

        let mut ctlogs: Vec<Value> = [CtLogName::Current, CtLogName::Retired]
            .iter()
            .filter(|_| !told(RootLie::NoCtLogs))
            .map(|name| &self.ct_logs[name])
            .map(|log| log_json(log.url, &log.key, &log.key.spki_sha256(), log.window))
            .collect();
        if told(RootLie::CtLogTwice) {
            ctlogs.extend(ctlogs.first().cloned());
        }

        let listed = lies.iter().filter_map(|lie| match lie {
            RootLie::ListsIssuer(issuer) => Some(*issuer),
            _ => None,
        });
        let authorities: Vec<Value> = [Issuer::Intermediate, Issuer::Twin]
            .into_iter()
            .chain(listed)
            .map(|issuer| {
                let usual = self.window();
                let window = window(usual, told(RootLie::IssuersEnded), false);
                authority_json("https://fulcio.sigstore.example", &self.ca.authority(issuer).chain, window)
            })
            .collect();

        let listed = lies.iter().filter_map(|lie| match lie {
            RootLie::ListsTsa(tsa) => Some(*tsa),
            _ => None,
        });
        let mut tsas: Vec<Value> = [Tsa::First, Tsa::Second, Tsa::Retired]
            .into_iter()
            .filter(|_| !told(RootLie::NoTsas))
            .chain(listed)
            .map(|tsa| &self.tsas[&tsa])
            .map(|tsa| {
                let window = window(tsa.window, told(RootLie::TsasEnded), false);
                authority_json(&tsa.url, &tsa.chain, window)
            })
            .collect();
        if told(RootLie::TsaTwice) {
            tsas.extend(tsas.first().cloned());
        }
        if told(RootLie::EmptyTsaChain) {
            tsas[0]["certChain"]["certificates"] = json!([]);
        }

        json!({
            "mediaType": media_type,
            "tlogs": tlogs,
            "certificateAuthorities": authorities,
            "ctlogs": ctlogs,
            "timestampAuthorities": tsas,
        })
    }
}

fn window_json(window: Window) -> Value {
    json!({ "start": window.start.to_string(), "end": window.end.to_string() })
}

fn log_json(url: &str, key: &Key, id: &Hash, window: Window) -> Value {
    json!({
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": STANDARD.encode(key.spki()),
            "keyDetails": key.details(),
            "validFor": window_json(window),
        },
        "logId": { "keyId": STANDARD.encode(id) },
    })
}

fn authority_json(url: &str, chain: &[Certificate], window: Window) -> Value {
    let certificates: Vec<Value> = chain
        .iter()
        .map(
            |certificate| json!({ "rawBytes": STANDARD.encode(certificate.to_der().expect("its encoding")) }),
        )
        .collect();
    json!({
        "subject": { "organization": "sigstore.example", "commonName": "simulator" },
        "uri": url,
        "certChain": { "certificates": certificates },
        "validFor": window_json(window),
    })
}
