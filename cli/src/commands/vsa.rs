//! `mcpsign vsa`: verifies, and signs what was found out as a SLSA verification summary.

use std::collections::BTreeMap;

use clap::Args;
use mcpsign_evidence::policy::Source;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::digest::{DigestSet, Sha256Digest};
use mcpsign_schemas::report::{ReportDocument, VerdictWord};
use mcpsign_schemas::revocation::is_authority as is_uri;
use mcpsign_schemas::statement::{PAYLOAD_TYPE, Statement, predicate_type};
use mcpsign_schemas::summary::{
    Attestation, FAILED, POLICY_PASSED, PolicyReference, SLSA_VERSION, VerificationResult,
    VerificationSummary, Verifier,
};
use mcpsign_schemas::untrusted::escape;

use crate::commands::approve::subject;
use crate::commands::sign::{DecideArgs, Lines};
use crate::commands::verify::ExamineArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::human;

/// Arguments of `vsa`.
#[derive(Debug, Args)]
pub(crate) struct VsaArgs {
    #[command(flatten)]
    examine: ExamineArgs,
    #[command(flatten)]
    decide: DecideArgs,
    /// Who verifies, by the URI that consumers' policies name, e.g. `--verifier-id https://acme.example/verifier`
    #[arg(long, value_name = "URI")]
    verifier_id: String,
    /// What was verified, in place of the reference as given: what consumers will ask for, e.g.
    /// `--resource-uri pkg:npm/%40acme/files-mcp@1.4.0`
    #[arg(long, value_name = "URI")]
    resource_uri: Option<String>,
    /// By which policy, in place of the address it came from or, of a file, of the name of its digest, e.g.
    /// `--policy-uri https://acme.example/policies/mcp`
    #[arg(long, value_name = "URI")]
    policy_uri: Option<String>,
    /// Sign that it failed, where it is denied; otherwise nothing is signed then; e.g. `--failed`
    #[arg(long)]
    failed: bool,
}

/// Verifies each reference and signs a summary of each; of what is undecided there is none.
///
/// # Errors
/// Usage errors, a reference that is denied or undecided, and those of signing. Nothing is written then.
pub(crate) fn run(args: &VsaArgs, out: &mut Output) -> Result<Exit, Failure> {
    let uris = [
        ("--verifier-id", Some(&args.verifier_id)),
        ("--resource-uri", args.resource_uri.as_ref()),
        ("--policy-uri", args.policy_uri.as_ref()),
    ];
    for (flag, uri) in uris {
        if let Some(uri) = uri.filter(|uri| !is_uri(uri)) {
            return Err(Failure::usage(format!("`{flag} {}` is no URI", escape(uri))).hint(
                "an address that is yours will do: `https://acme.example/verifier`; nothing is fetched from it",
            ));
        }
    }
    if args.resource_uri.is_some() && args.examine.references().len() > 1 {
        return Err(Failure::usage("`--resource-uri` is one name for several references")
            .hint("verify each in a call of its own"));
    }
    let lines = Lines::prepare(&args.decide, &args.examine)?;
    let verifier = args.examine.prepare(out)?;
    let mut statements = Vec::new();
    for reference in args.examine.references() {
        let document = verifier.examine(reference, out)?.report.document();
        let refused = match document.verdict {
            VerdictWord::Allow => None,
            VerdictWord::Deny => (!args.failed).then_some((Exit::Denied, "`--failed` signs that it failed")),
            VerdictWord::Undecided => Some((Exit::Undecided, "of what is undecided there is no summary")),
        };
        if let Some((exit, hint)) = refused {
            out.aside(human::report(&document));
            let what = format!("`{}` does not pass; nothing was signed", escape(&document.reference));
            return Err(Failure::new(exit, what).hint(hint));
        }
        let summary = summary(args, &document)?;
        let (result, resource) = match summary.verification_result {
            VerificationResult::Passed => ("PASSED", &summary.resource_uri),
            VerificationResult::Failed => ("FAILED", &summary.resource_uri),
        };
        out.talk(format_args!("{result}  {}", escape(resource)));
        if !is_uri(resource) {
            out.talk(
                "note: that is no URI, and others' verifiers want one: `--resource-uri` names what it is",
            );
        }
        let predicate = Json::from_serialize(&summary).map_err(|error| Failure::from_error(&error))?;
        let subjects = vec![subject(&document)];
        statements.push(Statement::new(subjects, predicate_type::VERIFICATION_SUMMARY, predicate));
    }
    lines.write(&statements, out)
}

/// Of each of SLSA's tracks the level that was established, if one was, and that it is so by the policy.
fn established(document: &ReportDocument) -> Vec<String> {
    let levels = document.levels.iter().map(|level| level.level.clone());
    levels.chain([POLICY_PASSED.to_owned()]).collect()
}

/// Where the policy came from, if that was an address; otherwise the name of its bytes, which says nothing of this machine.
fn policy_uri(args: &VsaArgs, document: &ReportDocument) -> Result<Option<String>, Failure> {
    if args.policy_uri.is_some() {
        return Ok(args.policy_uri.clone());
    }
    let place = args.examine.trust().policy.as_deref();
    let source = place.map(|place| Source::parse(place, &[])).transpose();
    if let Some(address) = source.map_err(|error| Failure::from_error(&error))?.filter(Source::is_remote) {
        return Ok(Some(address.to_string()));
    }
    let digest: Option<Sha256Digest> =
        document.policy.digest.get("sha256").and_then(|digest| digest.parse().ok());
    Ok(digest.map(|digest| digest.uri()))
}

fn summary(args: &VsaArgs, document: &ReportDocument) -> Result<VerificationSummary, Failure> {
    let passed = document.verdict == VerdictWord::Allow;
    let mut inputs: Vec<Attestation> = Vec::new();
    for payload in document.signers.iter().filter_map(|signer| signer.evidence.payload) {
        let input =
            Attestation { digest: DigestSet::sha256(payload), media_type: Some(PAYLOAD_TYPE.to_owned()) };
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    Ok(VerificationSummary {
        verifier: Verifier {
            id: args.verifier_id.clone(),
            version: BTreeMap::from([(document.engine.name.clone(), document.engine.version.clone())]),
        },
        time_verified: document
            .evaluated_at
            .parse()
            .map_err(|error: jiff::Error| Failure::from_error(&error))?,
        resource_uri: args.resource_uri.clone().unwrap_or_else(|| document.reference.clone()),
        policy: PolicyReference { uri: policy_uri(args, document)?, digest: document.policy.digest.clone() },
        input_attestations: inputs,
        verification_result: if passed { VerificationResult::Passed } else { VerificationResult::Failed },
        verified_levels: if passed { established(document) } else { vec![FAILED.to_owned()] },
        slsa_version: Some(SLSA_VERSION.to_owned()),
    })
}
