//! The policy as it is written: YAML with comments, as strict as the release lets it be.

use std::fmt::Write as _;

use mcpsign_schemas::code::Level;
use mcpsign_schemas::endpoint::{ENDPOINT_MEDIA_TYPE, Endpoint, PlainHttp};
use mcpsign_schemas::lint;
use mcpsign_schemas::manifest::{Binding, Kind, ToolManifest};
use mcpsign_schemas::policy::{PackagePattern, RefPattern, ServerPattern};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::report::{ProvenanceReport, ReportDocument, SignerReport};
use mcpsign_schemas::statement::predicate_type::{SLSA_PROVENANCE, SLSA_PROVENANCE_0_2, TOOL_MANIFEST};
use mcpsign_verifier::Report;
use mcpsign_verifier::policy::{Policy, repository_of_image};

use super::identity;
use crate::failure::Failure;
use crate::render::json;

/// Of which the first that the release has is asked of the next one.
pub(super) const PROVENANCES: [&str; 2] = [SLSA_PROVENANCE, SLSA_PROVENANCE_0_2];

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
    namespaces(&mut text, trusted.manifest(), &document)?;
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
    match identity::of(signer) {
        Some(entry) => identity::write(text, &entry)?,
        None => text.push_str("    key: publisher\n"),
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

/// Names that belong to whoever signed, each by itself: that it was given one name of an owner makes it no owner.
fn namespaces(text: &mut String, manifest: &ToolManifest, document: &ReportDocument) -> Result<(), Failure> {
    let mut names = Vec::new();
    names.extend(server(manifest).map(|name| ("server", name.to_owned())));
    let plain = |package: Purl| package.without_qualifiers().without_subpath();
    // Of an image the last part of its repository is called its name, which others' images have as well.
    names.extend(packages(document).filter_map(|package| match repository_of_image(&package) {
        Some(repository) => Some(("image", repository)),
        None => Some(("package", pattern(plain(package))?)),
    }));
    names.extend(host(document).map(|host| ("endpoint", host)));
    if !names.is_empty() {
        text.push_str("# Whoever else gives one of these names to something is refused, whatever rule is for it.\nnamespaces:\n");
    }
    for (kind, name) in names {
        let _ = writeln!(text, "  - {{ {kind}: {}, signers: [publisher] }}", quoted(&name)?);
    }
    Ok(())
}

/// Where a remote server is.
fn host(document: &ReportDocument) -> Option<String> {
    let measured = &document.measured;
    let is_remote = measured.media_type.as_deref() == Some(ENDPOINT_MEDIA_TYPE);
    let endpoint = is_remote.then(|| Endpoint::parse(&measured.name, PlainHttp::Loopback).ok())??;
    Some(endpoint.host().to_owned())
}

/// The server's name, if it is one that a policy can match. What is a pattern would match others, too.
fn server(manifest: &ToolManifest) -> Option<&str> {
    let name = manifest.server.name.as_str();
    matches!(ServerPattern::parse(name), Ok(ServerPattern::Exact(exact)) if exact == name).then_some(name)
}

/// The pattern that matches a package in every version, and nothing else.
fn pattern(package: Purl) -> Option<String> {
    let text = package.without_version().without_tag().to_string();
    matches!(PackagePattern::parse(&text), Ok(PackagePattern::Package(_))).then_some(text)
}

fn packages(document: &ReportDocument) -> impl Iterator<Item = Purl> {
    document.server.iter().flat_map(|server| &server.packages).filter_map(|purl| Purl::parse(purl).ok())
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
    let packages: Vec<Purl> = packages(document).collect();
    let package = match packages.as_slice() {
        [package] => pattern(package.clone()),
        _ => None,
    };
    let server = server(manifest);
    match (&package, server) {
        (Some(package), _) => {
            let _ = writeln!(
                text,
                "    # Every version of this package, and nothing else.\n    match: {{ package: {} }}",
                quoted(package)?
            );
        }
        (None, Some(server)) => {
            let _ = writeln!(
                text,
                "    # Nothing but the signer vouches for a server's name.\n    match: {{ server: {} }}",
                quoted(server)?
            );
        }
        (None, None) => {
            text.push_str("    # The server's name can stand in no pattern: a condition below asks for it.\n    match: any-server\n");
        }
    }
    let _ = writeln!(
        text,
        "    signers: [publisher]\n    require:\n      predicates:\n        - {}",
        quoted(TOOL_MANIFEST)?
    );
    let provenance = provenance(document);
    if let Some(provenance) = provenance {
        let _ = writeln!(
            text,
            "        # The release had it; one without is another kind of release.\n        - {}",
            quoted(provenance)?
        );
    }
    let sbom = if manifest.bindings.sboms.is_empty() { "not-required" } else { "bound" };
    let _ = writeln!(
        text,
        "      manifest:\n        # What the server shows, once it is looked at, must be signed; `equal` wants it started as it was captured.\n        comparison: subset\n        observation: if-given\n        binding: {}\n        capture: any-form\n        resources: ignore\n      sbom: {sbom}",
        binding(manifest)
    );
    demands(text, manifest);
    if package.is_none() && server.is_none() {
        let name = manifest.server.name.as_str();
        // No text of a condition has a `*`, which people would take for a pattern.
        let expression = match name.contains('*') {
            true => format!("server.name.full_match({})", quoted(&literally(name))?),
            false => format!("server.name == {}", quoted(name)?),
        };
        let _ = writeln!(
            text,
            "      # Nothing but the signer vouches for a server's name.\n      conditions:\n        - {{ name: server, expression: {} }}",
            quoted(&expression)?
        );
    }
    built(text, document, provenance)
}

/// The regular expression that means this text and nothing else.
fn literally(text: &str) -> String {
    let is_special = |c: char| c.is_ascii_punctuation() && !matches!(c, '<' | '>');
    text.chars().flat_map(|c| is_special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// The type of provenance that the release has.
fn provenance(document: &ReportDocument) -> Option<&'static str> {
    let predicates = predicates(document);
    PROVENANCES.into_iter().find(|of| predicates.iter().any(|predicate| predicate == of))
}

/// Where the provenance says that it was built from, whose word the rule then asks for.
fn built(text: &mut String, document: &ReportDocument, provenance: Option<&str>) -> Result<(), Failure> {
    let of_type = |report: &&ProvenanceReport| Some(report.predicate_type.as_str()) == provenance;
    let reports = document.provenance.iter().filter(of_type);
    let Some(source) = reports.filter_map(|report| report.provenance.source.as_ref()).next() else {
        return Ok(());
    };
    let _ = writeln!(
        text,
        "      # What its provenance says that it was built from.\n      provenance:\n        repository: {}",
        quoted(&source.repository)?
    );
    if let Some(reference) = &source.reference {
        let _ = writeln!(text, "        ref: {}", quoted(&RefPattern::alike(reference))?);
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
pub(super) fn quoted(text: &str) -> Result<String, Failure> {
    Ok(json::line(&text)?.trim_end().to_owned())
}
