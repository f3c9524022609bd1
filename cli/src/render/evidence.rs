//! One line of evidence, shown without believing it.

use mcpsign_schemas::statement::Subject;
use mcpsign_verifier::inspect::{ClaimedContent, ClaimedLogEntry, ClaimedSigner, Description};
use serde_json::{Value, json};

use crate::commands::inspect::Seen;
use crate::output::style::{BOLD, WARNING};
use crate::render::human::{field, findings};
use crate::render::untrusted::value;

/// Subjects of one statement shown; `--format json` has all of them.
const SUBJECTS: usize = 20;

/// For people.
pub(crate) fn human(seen: &Seen) -> String {
    let mut text =
        format!("{BOLD}{} line {}{BOLD:#}, {WARNING}not verified{WARNING:#}\n", value(&seen.file), seen.line);
    match &seen.content {
        Ok(description) => claims(&mut text, description),
        Err(finding) => text.push_str(&findings(std::slice::from_ref(finding))),
    }
    text
}

fn claims(text: &mut String, description: &Description) {
    field(text, "bundle", format_args!("version {}", description.bundle_version));
    match &description.signer {
        ClaimedSigner::Key { hint } => field(text, "signed by", format_args!("a key; hint {}", value(hint))),
        ClaimedSigner::Certificate(None) => field(text, "signed by", "a certificate that cannot be read"),
        ClaimedSigner::Certificate(Some(identity)) => {
            let unnamed = "(none)";
            field(text, "signed by", value(identity.subject_name().unwrap_or(unnamed)));
            field(text, "issuer", value(identity.issuer.as_deref().unwrap_or(unnamed)));
            for (name, claim) in identity.claims.iter().chain(&identity.deprecated_claims) {
                field(text, "", format_args!("{}: {}", value(name), value(claim)));
            }
        }
    }
    for entry in &description.log_entries {
        field(text, "log entry", log_entry(entry));
    }
    field(text, "timestamps", description.timestamps);
    match &description.content {
        ClaimedContent::Blob => field(text, "signs", "a blob that is not in the bundle"),
        ClaimedContent::Statement { payload, payload_sha256, predicate_type, subjects, problem, .. } => {
            field(text, "predicate", value(predicate_type.as_deref().unwrap_or("(none)")));
            for subject in subjects.iter().take(SUBJECTS) {
                field(text, "subject", named(subject));
            }
            if let Some(more) = subjects.len().checked_sub(SUBJECTS).filter(|more| *more > 0) {
                field(text, "", format_args!("and {more} more"));
            }
            field(text, "payload", format_args!("{} bytes, sha256:{payload_sha256}", payload.len()));
            if let Some(problem) = problem {
                field(text, "problem", format_args!("the payload is no strict JSON: {}", value(problem)));
            }
        }
    }
}

fn log_entry(entry: &ClaimedLogEntry) -> String {
    let time = entry.integrated_time.map(|time| format!(", {time}")).unwrap_or_default();
    let proof = if entry.has_proof { "with" } else { "without" };
    format!("{} at {}{time}, {proof} inclusion proof", value(&entry.kind), entry.index)
}

fn named(subject: &Subject) -> String {
    let media_type =
        subject.media_type.as_ref().map(|kind| format!(" ({})", value(kind))).unwrap_or_default();
    let digests: Vec<String> =
        subject.digest.0.iter().map(|(name, hex)| format!("{}:{}", value(name), value(hex))).collect();
    format!("{}{media_type} {}", value(&subject.name), digests.join(" "))
}

/// For programs: one object, its `verified` always false.
pub(crate) fn json(seen: &Seen) -> Value {
    let mut object = json!({ "file": seen.file, "line": seen.line, "verified": false });
    let content = match &seen.content {
        Err(finding) => json!({ "finding": finding }),
        Ok(description) => claims_json(description),
    };
    if let (Value::Object(object), Value::Object(content)) = (&mut object, content) {
        object.extend(content);
    }
    object
}

fn claims_json(description: &Description) -> Value {
    let signer = match &description.signer {
        ClaimedSigner::Key { hint } => json!({ "key": { "hint": hint } }),
        ClaimedSigner::Certificate(identity) => json!({ "certificate": identity.as_ref().map(|identity| {
            json!({
                "subject": identity.subject_name(),
                "issuer": identity.issuer,
                "claims": identity.claims,
                "deprecatedClaims": identity.deprecated_claims,
                "workload": identity.workload,
            })
        }) }),
    };
    let log_entries: Vec<Value> = description
        .log_entries
        .iter()
        .map(|entry| {
            json!({
                "kind": entry.kind,
                "index": entry.index,
                "integratedTime": entry.integrated_time.map(|time| time.to_string()),
                "inclusionProof": entry.has_proof,
            })
        })
        .collect();
    let mut object = json!({
        "bundleVersion": description.bundle_version,
        "signer": signer,
        "logEntries": log_entries,
        "timestamps": description.timestamps,
    });
    let content = match &description.content {
        ClaimedContent::Blob => json!({ "content": "blob" }),
        ClaimedContent::Statement {
            payload,
            payload_sha256,
            statement_type,
            predicate_type,
            subjects,
            predicate,
            problem,
        } => json!({
            "content": "statement",
            "payload": { "sha256": payload_sha256, "bytes": payload.len() },
            "statementType": statement_type,
            "predicateType": predicate_type,
            "subjects": subjects,
            "predicate": predicate,
            "problem": problem,
        }),
    };
    if let (Value::Object(object), Value::Object(content)) = (&mut object, content) {
        object.extend(content);
    }
    object
}
