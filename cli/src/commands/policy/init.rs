//! `mcpsign policy init`: a strict policy from a release that verifies.

mod identity;
mod text;

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use mcpsign_evidence::claims::Evidence;
use mcpsign_evidence::reference::Reference;
use mcpsign_evidence::trust;
use mcpsign_schemas::evidence_file::EXTENSION;
use mcpsign_schemas::statement::predicate_type::TOOL_MANIFEST;
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::inspect::{self, ClaimedContent, ClaimedSigner};
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use mcpsign_verifier::{Claims, Measured, Report, Verdict, verify};

use super::artifact;
use crate::commands::trust::TrustArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::publish::set::{self, NewFile};
use crate::render::human;
use crate::render::untrusted::value;
use crate::write::Existing;

/// Arguments of `policy init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The release whose signer is to be accepted: a file or directory, with its evidence beside it, or that
    /// evidence
    #[arg(value_name = "ARTIFACT")]
    artifact: PathBuf,
    /// An evidence file in place of `<artifact>.mcpsign.jsonl`; repeatable, e.g. `--evidence release.jsonl`
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,
    /// The key that signed, where no certificate says who did, e.g. `--public-key publisher.key.pub`
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// The Sigstore trust root to hold certificates to, e.g. `--trusted-root trusted_root.json`; by default the public-good
    /// instance's
    #[arg(long, value_name = "FILE", conflicts_with_all = ["trust_config", "trust"])]
    trusted_root: Option<PathBuf>,
    /// A client trust configuration, of which the trust root is used, e.g. `--trust-config acme.json`
    #[arg(long, value_name = "FILE", conflicts_with = "trust")]
    trust_config: Option<PathBuf>,
    /// A trust root by its name, as `mcpsign trust show` lists them; repeatable, e.g. `--trust acme`
    #[arg(long, value_name = "NAME")]
    trust: Vec<String>,
    /// Where to write the policy, e.g. `--out mcp-policy.yaml`; standard output without it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The policy's name in reports, e.g. `--name acme`
    #[arg(long, value_name = "NAME", default_value = "mcp-servers", hide_default_value = true)]
    name: String,
}

/// Verifies the release with whoever its evidence says has signed it, writes a policy for that signer, and holds the release
/// against it before anything is written.
///
/// # Errors
/// When the release does not verify, nobody is said to have signed it, or the policy cannot be written.
pub(super) fn run(args: &InitArgs, out: &mut Output) -> Result<Exit, Failure> {
    let no_name = || {
        Failure::usage(format!("`--name {}` is no name of a policy", escape(&args.name)))
            .hint("give it a short one that reports can show, such as `--name acme`")
    };
    if args.name.trim().is_empty() || args.name.chars().any(char::is_control) {
        return Err(no_name());
    }
    let (path, evidence) = meant(args)?;
    let reference = Reference::parse(path.as_os_str()).map_err(|error| Failure::from_error(&error))?;
    let measured = Measured::of(artifact(&reference)?);
    let evidence = match evidence.as_slice() {
        [] => Evidence::beside(&reference),
        paths => Evidence::named(paths).map_err(|error| Failure::from_error(&error))?,
    };
    let claims = evidence.claims();
    let signer = signer(args, &claims, out)?;
    let (mut flags, mut report) = by_flags(FlagsPolicy::of(signer.clone()), args, &claims, &measured)?;
    if !matches!(report.verdict(), Verdict::Allow(_)) {
        out.aside(human::report(&report.document()));
        let failure = Failure::new(Exit::Denied, "the release does not verify, so no policy is made of it");
        return Err(failure
            .hint("a policy from evidence is only as good as the evidence: get a release that verifies"));
    }
    // By flags alone nobody is believed about how it was built; whoever signed the release is, if it holds with that.
    for provenance in text::PROVENANCES {
        let require = vec![provenance.to_owned()];
        let asked = FlagsPolicy { require, ..FlagsPolicy::of(signer.clone()) };
        let built = by_flags(asked, args, &claims, &measured)?;
        if matches!(built.1.verdict(), Verdict::Allow(_)) {
            (flags, report) = built;
            break;
        }
    }
    let text = text::policy(&args.name, &flags, &report)?;
    let policy = Policy::load(text.as_bytes(), "policy.yaml").map_err(|error| match error.path.as_str() {
        "name" => no_name(),
        path if path.starts_with("rules[0].require.conditions") => {
            Failure::usage("the server's name can stand in no policy")
                .because(error)
                .hint("write the policy by hand, with a rule for one of its packages")
        }
        _ => Failure::new(Exit::Bug, "the policy that was made is not valid").because(error),
    })?;
    if !matches!(verified(args, &claims, &measured, &policy)?.verdict(), Verdict::Allow(_)) {
        return Err(Failure::new(Exit::Bug, "the policy that was made does not allow the release"));
    }
    match &args.out {
        None => out.result(&text),
        Some(path) => {
            let file = NewFile { path, bytes: text.as_bytes(), mode: 0o644, existing: Existing::Keep };
            set::write(&[file])
                .map_err(|failure| failure.hint("name a file that is not there yet: `--out FILE`"))?;
            out.talk(format_args!("wrote {}; read it before you rely on it", value(&path.to_string_lossy())));
        }
    }
    Ok(Exit::Allowed)
}

/// The artifact and its evidence, where that is named. An evidence file stands for the artifact that it lies beside.
fn meant(args: &InitArgs) -> Result<(&Path, Vec<PathBuf>), Failure> {
    let (named, evidence) = (args.artifact.as_path(), args.evidence.clone());
    let stem = named.to_str().and_then(|path| path.strip_suffix(EXTENSION));
    match stem.filter(|stem| !stem.is_empty() && !stem.ends_with('/')).map(Path::new) {
        None => Ok((named, evidence)),
        Some(artifact) if artifact.exists() && evidence.is_empty() => Ok((artifact, vec![named.to_owned()])),
        Some(artifact) if artifact.exists() => Ok((artifact, evidence)),
        Some(_) => Err(Failure::usage(format!(
            "`{}` is evidence, and what it is about is not beside it",
            value(&named.to_string_lossy())
        ))
        .hint("name the artifact, too: `mcpsign policy init ARTIFACT --evidence FILE`")),
    }
}

fn by_flags(
    flags: FlagsPolicy,
    args: &InitArgs,
    claims: &Claims<'_>,
    measured: &Measured,
) -> Result<(Policy, Report), Failure> {
    let policy = Policy::flags(flags)
        .map_err(|error| Failure::usage("the signer makes no valid policy").because(error))?;
    let report = verified(args, claims, measured, &policy)?;
    Ok((policy, report))
}

fn verified(
    args: &InitArgs,
    claims: &Claims<'_>,
    measured: &Measured,
    policy: &Policy,
) -> Result<Report, Failure> {
    let roots = TrustArgs {
        trusted_root: args.trusted_root.clone(),
        trust_config: args.trust_config.clone(),
        trust: args.trust.clone(),
        ..TrustArgs::default()
    };
    Ok(verify(claims, measured, &roots.anchors(policy)?, policy, Timestamp::now()))
}

/// The key that was named or, of the one tool manifest in the evidence, whom its certificate names: a claim, until it verifies.
/// Where others have observed the release, it is the publisher's.
fn signer(args: &InitArgs, claims: &Claims<'_>, out: &mut Output) -> Result<FlagSigner, Failure> {
    if let Some(path) = &args.public_key {
        let key = trust::public_key(path).map_err(|error| {
            Failure::from_error(&error)
                .hint("name the publisher's public key, a PEM file; `mcpsign keys public KEY` prints it")
        })?;
        return Ok(FlagSigner::Key(key));
    }
    let described = claims.lines.iter().filter_map(|line| inspect::describe(line).ok());
    let (mut signers, mut observers) = (Vec::new(), Vec::new());
    for line in described {
        let ClaimedContent::Statement { predicate_type: Some(of), predicate, .. } = &line.content else {
            continue;
        };
        if of == TOOL_MANIFEST {
            let kind = predicate.as_ref().and_then(|predicate| predicate.get("kind")?.as_str());
            let those = if kind == Some("observer") { &mut observers } else { &mut signers };
            if !those.contains(&line.signer) {
                those.push(line.signer);
            }
        }
    }
    if signers.is_empty() {
        signers = std::mem::take(&mut observers);
    }
    if !observers.is_empty() {
        out.talk(format_args!(
            "the policy is for the publisher; who observed the release ({}) is not in it",
            observers.len()
        ));
    }
    match signers.as_slice() {
        [] => Err(Failure::new(Exit::Denied, "the evidence holds no tool manifest")
            .hint("name the file that `mcpsign attest` wrote: `--evidence FILE`")),
        [ClaimedSigner::Certificate(Some(identity))] => FlagSigner::of(identity).ok_or_else(|| {
            Failure::usage("the certificate names no subject or no issuer")
                .hint("write the policy by hand; schemas/spec/policy.md shows how")
        }),
        [ClaimedSigner::Certificate(None)] => Err(Failure::usage("the certificate cannot be read")
            .hint("fetch the evidence again from its publisher")),
        [ClaimedSigner::Key { .. }] => Err(Failure::usage("the release is signed by a key")
            .hint("name the key, got by a channel that you trust: `--public-key FILE`")),
        [_, ..] => Err(Failure::usage("several signers have signed a tool manifest")
            .hint("`mcpsign inspect FILE --split DIR` writes each into a file of its own; name one with `--evidence`")),
    }
}
