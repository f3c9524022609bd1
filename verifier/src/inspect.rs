//! What a line holds, without believing any of it: for looking at evidence, never for deciding.

use jiff::Timestamp;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::statement::Subject;

use crate::authenticate::CertificateIdentity;
use crate::authenticate::bundle::{BundleVersion, Material};
use crate::claims::RawLine;
use crate::parse::{Content, ParseError, Unverified};

/// The claims of one line. Nothing in it was verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// `0.1`, `0.2` or `0.3`.
    pub bundle_version: &'static str,
    /// Who is said to have signed.
    pub signer: ClaimedSigner,
    /// Log entries.
    pub log_entries: Vec<ClaimedLogEntry>,
    /// How many RFC 3161 timestamps there are.
    pub timestamps: usize,
    /// What is said to be signed.
    pub content: ClaimedContent,
}

/// Who is said to have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimedSigner {
    /// Whom the certificate names; `None` if it does not parse.
    Certificate(Option<Box<CertificateIdentity>>),
    /// What the bundle calls the key.
    Key {
        /// base64(SHA-256(SPKI)) in bundles of ours.
        hint: String,
    },
}

/// What is said of one log entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedLogEntry {
    /// Kind and version, `dsse 0.0.1`.
    pub kind: String,
    /// Its place in the log.
    pub index: u64,
    /// When it is said to have been logged.
    pub integrated_time: Option<Timestamp>,
    /// Whether it carries an inclusion proof.
    pub has_proof: bool,
}

/// What is said to be signed.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimedContent {
    /// A DSSE payload.
    Statement {
        /// The payload's bytes.
        payload: Vec<u8>,
        /// Their SHA-256, by which bindings refer to it.
        payload_sha256: Sha256Digest,
        /// `_type`, as far as the payload is strict JSON and has it.
        statement_type: Option<String>,
        /// `predicateType`, likewise.
        predicate_type: Option<String>,
        /// `subject`, likewise; those that are none are left out.
        subjects: Vec<Subject>,
        /// `predicate`, likewise.
        predicate: Option<Json>,
        /// Why the payload is no strict JSON, if it is none.
        problem: Option<String>,
    },
    /// A blob that is not in the bundle.
    Blob,
}

/// Describes one line.
///
/// # Errors
/// When it is no well-formed bundle.
pub fn describe(line: &RawLine<'_>) -> Result<Description, ParseError> {
    let Unverified { bundle, content, .. } = Unverified::parse(line)?;
    let signer = match bundle.material() {
        Material::Certificate => ClaimedSigner::Certificate(bundle.claimed_identity().map(Box::new)),
        Material::Key { hint } => ClaimedSigner::Key { hint: hint.into() },
    };
    let log_entries = bundle
        .log_entries()
        .iter()
        .map(|entry| ClaimedLogEntry {
            kind: format!("{} {}", entry.kind_version.kind(), entry.kind_version.version()),
            index: entry.log_index.get(),
            integrated_time: entry.integrated_time,
            has_proof: entry.inclusion_proof.is_some(),
        })
        .collect();
    let payload_bytes = bundle.payload().unwrap_or_default().to_vec();
    let content = match content {
        Content::Blob => ClaimedContent::Blob,
        Content::Statement { json, payload, .. } => {
            let (json, problem) = match json {
                Ok(json) => (json, None),
                Err(error) => (Json::Null, Some(error.to_string())),
            };
            let text = |member| json.get(member).and_then(Json::as_str).map(str::to_owned);
            let subjects = json.get("subject").and_then(Json::as_array).unwrap_or_default();
            ClaimedContent::Statement {
                payload: payload_bytes,
                payload_sha256: payload,
                statement_type: text("_type"),
                predicate_type: text("predicateType"),
                subjects: subjects.iter().filter_map(|subject| subject.to_typed().ok()).collect(),
                predicate: json.get("predicate").cloned(),
                problem,
            }
        }
    };
    Ok(Description {
        bundle_version: match bundle.version() {
            BundleVersion::V0_1 => "0.1",
            BundleVersion::V0_2 => "0.2",
            BundleVersion::V0_3 => "0.3",
        },
        signer,
        log_entries,
        timestamps: bundle.timestamp_count(),
        content,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Key, Release};

    fn described(bytes: &[u8]) -> Result<Description, ParseError> {
        describe(&RawLine { source: "e".into(), line: 1, bytes })
    }

    #[test]
    fn what_a_line_claims_is_shown_whoever_signed_it() {
        let key = Key::generate();
        let release = Release::honest();
        let payload = release.manifest_payload();
        // The signature is of something else: nothing here was verified.
        let line = key.envelope("application/vnd.in-toto+json", &payload, &[key.sign("", b"")]);
        let description = described(&line).unwrap();
        assert_eq!(description.bundle_version, "0.3");
        assert_eq!(description.signer, ClaimedSigner::Key { hint: key.hint() });
        assert!(description.log_entries.is_empty() && description.timestamps == 0);
        let ClaimedContent::Statement {
            payload: found, predicate_type, subjects, predicate, problem, ..
        } = description.content
        else {
            panic!("a statement");
        };
        assert_eq!(found, payload);
        assert_eq!(predicate_type.as_deref(), Some("https://mcpsign.dev/tool-manifest/v1"));
        assert_eq!(subjects, release.subjects);
        assert_eq!(predicate, Some(release.manifest_json()));
        assert_eq!(problem, None);
    }

    #[test]
    fn a_payload_that_is_no_json_is_still_handed_out() {
        let line = Key::generate().bundle(b"{\"a\":1,\"a\":2}");
        let ClaimedContent::Statement { payload, predicate_type, problem, .. } =
            described(&line).unwrap().content
        else {
            panic!("a statement");
        };
        assert_eq!(payload, b"{\"a\":1,\"a\":2}");
        assert_eq!(predicate_type, None);
        assert!(problem.is_some_and(|problem| problem.contains("duplicate key")));
        assert!(described(b"garbage").is_err());
    }
}
