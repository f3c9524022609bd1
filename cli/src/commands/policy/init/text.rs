//! The policy as it is written: YAML with comments, as strict as the release lets it be.

use std::fmt::Write as _;

use mcpsign_schemas::code::Level;
use mcpsign_schemas::lint;
use mcpsign_schemas::manifest::{Binding, Kind, ToolManifest};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::report::{ReportDocument, SignerReport};
use mcpsign_schemas::statement::predicate_type::{SLSA_PROVENANCE, TOOL_MANIFEST};
use mcpsign_schemas::workload::{Runner, Workload};
use mcpsign_verifier::Report;
use mcpsign_verifier::policy::Policy;

use crate::failure::Failure;
use crate::render::json;

/// A policy for whoever signed what `report` allows under the flags.
///
/// # Errors
/// When the report has no trusted manifest, which one that allows always has.
pub(super) fn policy(name: &str, flags: &Policy, report: &Report) -> Result<String, Failure> {
    let document = report.document();
    let trusted = report.trusted_manifest().ok_or_else(|| Failure::usage("there is no tool manifest"))?;
    let signer = document.signers.first().ok_or_else(|| Failure::usage("there is no signer"))?;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "# Made by `mcpsign policy init` from {}, sha256:{}.\n# Read it before you rely on it: it accepts whoever signed that release.\nschema: mcpsign.dev/policy/v1\nname: {}",
        quoted(&document.measured.name)?,
        document.measured.digest.get("sha256").unwrap_or("?"),
        quoted(name)?
    );
    key(&mut text, flags);
    signers(&mut text, signer, trusted.manifest().kind, &predicates(&document))?;
    rule(&mut text, trusted.manifest(), &document)?;
    Ok(text)
}

fn key(text: &mut String, flags: &Policy) {
    let Some(key) = flags.keys().first() else { return };
    let _ = writeln!(text, "keys:\n  - name: publisher\n    publicKey: |");
    for line in key.to_pem().lines() {
        let _ = writeln!(text, "      {line}");
    }
    let _ = writeln!(
        text,
        "    # Nothing proves when a key without log or timestamp has signed. `require` refuses such signatures;\n    # `notAfter` and `compromisedSince` end what it can say.\n    time: allow-unverified"
    );
}

fn signers(
    text: &mut String,
    signer: &SignerReport,
    kind: Kind,
    predicates: &[String],
) -> Result<(), Failure> {
    text.push_str("signers:\n  - name: publisher\n");
    match (&signer.issuer, &signer.subject) {
        (Some(issuer), Some(subject)) => {
            let _ = writeln!(
                text,
                "    identity:\n      issuer: {}\n      # Exactly this one: the workflow and the reference that it signed at.\n      subject: {}",
                quoted(issuer)?,
                quoted(subject)?
            );
        }
        _ => text.push_str("    key: publisher\n"),
    }
    let _ = writeln!(
        text,
        "    # As what it may sign tool manifests, and which statements count if it signs them.\n    kinds: [{}]\n    predicates:",
        match kind {
            Kind::Publisher => "publisher",
            Kind::Observer => "observer",
        }
    );
    for predicate in predicates {
        let _ = writeln!(text, "      - {}", quoted(predicate)?);
    }
    Ok(())
}

/// What the certificate said of the build: numbers that outlive names, the trigger, the machine.
fn built(workload: &Workload) -> Result<Vec<(&'static str, String)>, Failure> {
    let runner = workload.runner.map(|runner| match runner {
        Runner::Hosted => "hosted".to_owned(),
        Runner::SelfHosted => "self-hosted".to_owned(),
    });
    let facts = [
        ("repository-is-the-same", "repositoryId", workload.repository_id.clone()),
        ("owner-is-the-same", "ownerId", workload.owner_id.clone()),
        ("started-by-the-same-event", "trigger", workload.trigger.clone()),
        ("ran-on-the-same-kind-of-machine", "runner", runner),
        ("from-the-same-environment", "environment", workload.environment.clone()),
    ];
    let mut conditions = Vec::new();
    for (name, fact, value) in facts {
        if let Some(value) = value {
            conditions.push((name, format!("signer.workload.{fact} == {}", quoted(&value)?)));
        }
    }
    Ok(conditions)
}

fn predicates(document: &ReportDocument) -> Vec<String> {
    let used = document.signers.iter().map(|signer| &signer.predicate_type);
    let built = document.provenance.iter().map(|provenance| &provenance.predicate_type);
    let mut predicates: Vec<String> = vec![TOOL_MANIFEST.into()];
    for predicate in used.chain(built) {
        if !predicates.contains(predicate) {
            predicates.push(predicate.clone());
        }
    }
    predicates
}

fn rule(text: &mut String, manifest: &ToolManifest, document: &ReportDocument) -> Result<(), Failure> {
    let _ = writeln!(text, "rules:\n  - name: release");
    let packages: Vec<Purl> = document
        .server
        .iter()
        .flat_map(|server| &server.packages)
        .filter_map(|purl| Purl::parse(purl).ok())
        .collect();
    match packages.as_slice() {
        [package] => {
            let package = package.clone().without_version().to_string();
            let _ = writeln!(
                text,
                "    # Every version of this package, and nothing else.\n    match: {{ package: {} }}",
                quoted(&package)?
            );
        }
        _ => {
            let _ = writeln!(
                text,
                "    # Nothing but the signer vouches for a server's name.\n    match: {{ server: {} }}",
                quoted(&manifest.server.name)?
            );
        }
    }
    let _ = writeln!(
        text,
        "    signers: [publisher]\n    require:\n      predicates:\n        - {}",
        quoted(TOOL_MANIFEST)?
    );
    if predicates(document).iter().any(|predicate| predicate == SLSA_PROVENANCE) {
        let _ = writeln!(
            text,
            "        # The release had it; one without is another kind of release.\n        - {}",
            quoted(SLSA_PROVENANCE)?
        );
    }
    let sbom = if manifest.bindings.sboms.is_empty() { "not-required" } else { "bound" };
    let _ = writeln!(
        text,
        "      manifest:\n        # What the server shows, once it is looked at, must be signed; `equal` wants it started as it was captured.\n        comparison: subset\n        observation: if-given\n        binding: {}\n        capture: any-form\n        resources: ignore\n      sbom: {sbom}",
        binding(manifest)
    );
    demands(text, manifest);
    let workload = document.signers.first().and_then(|signer| signer.workload.as_ref());
    let conditions = workload.map_or_else(|| Ok(Vec::new()), built)?;
    if !conditions.is_empty() {
        text.push_str("      # Names can be given up and registered by others, and strangers can cause some events.\n      conditions:\n");
    }
    for (name, expression) in conditions {
        let _ = writeln!(text, "        - name: {name}\n          expression: {}", quoted(&expression)?);
    }
    Ok(())
}

/// What at least relates every profile to the artifact.
fn binding(manifest: &ToolManifest) -> &'static str {
    let all = |is: fn(Binding) -> bool| manifest.profiles.iter().all(|profile| is(profile.launch.binding));
    if all(|binding| binding == Binding::Unpacked) {
        "unpacked"
    } else if all(|binding| matches!(binding, Binding::Unpacked | Binding::Installed)) {
        "installed"
    } else {
        "command"
    }
}

fn demands(text: &mut String, manifest: &ToolManifest) {
    let most = manifest.profiles.iter().map(|profile| profile.tools.len()).max().unwrap_or(0);
    if most > 0 {
        let _ = writeln!(
            text,
            "      # As many tools as there are now; raise it when a release that you have read brings more.\n      tools: {{ atMost: {most} }}"
        );
    }
    let issues = lint::profiles(&manifest.profiles, &manifest.items);
    match issues.iter().filter(|(issue, _)| issue.level == Level::Error).count() {
        0 => text
            .push_str("      # What looks like an attack on the model.\n      lint: { severity: error }\n"),
        errors => {
            let _ = writeln!(
                text,
                "      # Lint has {errors} errors in this release: read `mcpsign manifest lint` before you accept it.\n      # lint: {{ severity: error }}"
            );
        }
    }
}

/// A text from outside as YAML reads it back whatever is in it: as JSON.
fn quoted(text: &str) -> Result<String, Failure> {
    Ok(json::line(&text)?.trim_end().to_owned())
}
