//! `mcpsign attest`: collect → describe → sign → check → write.
//!
//! Untrusted code (the server) runs before any key, passphrase or secret file is opened, and the artifacts are read
//! once more after it has ended: what is signed is what it left behind.

mod endpoint;
pub(crate) mod evidence;
mod identity;
pub(crate) mod image;
pub(crate) mod keyless;
mod observe;
mod observer;
mod paths;
pub(crate) mod program;
mod provenance;
mod release;
mod start;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::image::ImageReference;
use mcpsign_schemas::manifest::{Kind, StatementBinding};
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::bound::Bound;

use crate::commands::keys::PassphraseArgs;
use crate::commands::registry::RegistryArgs;
use crate::commands::sbom::args::AttestSbomArgs;
use crate::commands::server::{self, ServerArgs, producer};
use crate::commands::times::Times;
use crate::config;
use crate::describe::image::ImageNames;
use crate::describe::provenance::Build;
use crate::describe::{self, DescribeError, Described, Sboms};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

use evidence::{Attested, Writer};
use keyless::KeylessArgs;
use observe::Source;
use observer::{ObserverArgs, Target};
use release::Collected;

/// Bytes of a server.json at the most; the registry's own limit is 4 KiB for `_meta`, and entries have about 2 KiB.
const MAX_SERVER_JSON: usize = 1 << 20;

/// Arguments of `attest`.
#[derive(Debug, Args)]
pub(crate) struct AttestArgs {
    /// A remote server, a package by name (`npm:NAME@VERSION`, `pypi:NAME==VERSION`, `cargo:NAME@VERSION`), or the files
    /// and directories of one release; without any, those of the project in the current folder
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,
    /// The private key to sign with, as `mcpsign keys generate` makes it, e.g. `--key release.key`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    keyless: KeylessArgs,
    /// Write everything into this one file in place of one beside each artifact, e.g. `--evidence-out release.jsonl`
    #[arg(long, value_name = "FILE")]
    evidence_out: Option<PathBuf>,
    /// Sign what `mcpsign manifest capture --out FILE` saw, and start nothing, e.g. `--capture server.capture.json`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["no_manifest", "command"])]
    capture: Option<PathBuf>,
    /// Bind the provenance that the platform made: a Sigstore bundle, alone or among the attestations of an evidence file or of
    /// npm's, PyPI's or GitHub's list; it goes along unchanged; e.g. `--provenance attestation.json`
    #[arg(long, value_name = "FILE")]
    provenance: Option<PathBuf>,
    /// As which image an OCI image layout is pulled; without it server.json or index.json says so, or nobody; e.g. `--image
    /// registry.example/acme/notes:1.4.0`
    #[arg(long, value_name = "HOST/PATH[:TAG]", value_parser = image::reference)]
    image: Option<ImageReference>,
    /// Sign SBOMs alone, no tool manifest, e.g. `mcpsign attest --no-manifest --key release.key x.tgz`; `verify` demands
    /// one
    #[arg(long, conflicts_with_all = ["command", "kind", "valid_for"])]
    no_manifest: bool,
    /// As whom the manifest speaks: who made the release, or somebody who ran it and saw this, e.g. `--kind observer`;
    /// observer for a package by name, publisher for all else
    #[arg(long, value_name = "KIND")]
    kind: Option<KindArg>,
    /// Let the manifest end to count after so many days, e.g. `--valid-for 365`
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    valid_for: Option<u32>,
    /// Keep the lines of an existing evidence file that still hold, and those of other signers, e.g. `--append`
    #[arg(long, conflicts_with = "force")]
    append: bool,
    /// Replace an existing evidence file, e.g. `--force`
    #[arg(long)]
    force: bool,
    /// Print the statements in place of signing them, one a line; needs no key; e.g. `--dry-run`
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    sboms: AttestSbomArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    observer: ObserverArgs,
    #[command(flatten)]
    server: ServerArgs,
    /// Record this finding in the manifest instead of refusing it, e.g. `--allow-finding capture/unknown-reply`
    #[arg(long, value_name = "CODE")]
    allow_finding: Vec<String>,
    /// The server and its arguments; `{artifact}` stands for the artifact's path. Of a package by name its server's arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// As whom a manifest speaks, as spelled on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum KindArg {
    /// Who made the release
    Publisher,
    /// Somebody else, who ran it and saw this
    Observer,
}

impl From<KindArg> for Kind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Publisher => Self::Publisher,
            KindArg::Observer => Self::Observer,
        }
    }
}

/// Attests one release, or each of several.
///
/// # Errors
/// Usage errors (exit 2), a capture that is refused (1) or impossible (3), a secret in a statement (2), a file that
/// cannot be written (2). Nothing is left behind then.
pub(crate) fn run(args: &AttestArgs, out: &mut Output) -> Result<Exit, Failure> {
    let config = config::load(Path::new("."))?;
    evidence::fits(args, &config)?;
    let times = Times::new(args.valid_for.or(config.valid_for))?;
    if let Some(reference) = endpoint::reference(args)? {
        return endpoint::run(args, &config, reference, &times, out);
    }
    let package = Target::choose(args, &config)?;
    let kind = args.kind.map_or(package.as_ref().map_or(Kind::Publisher, Target::kind), Kind::from);
    if package.is_some() && !args.dry_run {
        evidence::ready(args, &config)?;
    }
    let mut package = package.map(|package| observer::prepare(args, package, out)).transpose()?;
    let plans = match &mut package {
        Some(package) => vec![package.plan()],
        None => release::plans(&args.paths, kind, &config, out)?,
    };
    image::fits(args, &plans)?;
    let bound = args.provenance.as_deref().map(provenance::read).transpose()?;
    let sboms = args.sboms.sboms()?;
    let mut sources = Vec::new();
    for plan in &plans {
        sources.push(Source::choose(args, &config, plan, out)?);
    }
    let mut writer = if args.dry_run { None } else { Some(Writer::prepare(args, &config, &plans)?) };

    let mut seen = Vec::new();
    for (plan, source) in plans.iter().zip(&sources) {
        let before = plan.collect()?;
        before.say_what_is_no_image(out);
        before.say_which_locks_are_anothers(out);
        let server_json = plan.server_json().map(server_json).transpose()?;
        let images = image::names(args, plan, &before, server_json.as_ref(), out)?;
        let capture = source.obtain(args, plan, &before, out)?;
        seen.push((before, Said { server_json, images }, capture));
    }
    // After the last server has ended: one of them could have changed what belongs to another.
    match &mut writer {
        Some(writer) => writer.identify(kind, out)?,
        None if args.keyless.keyless && bound.is_none() => out.talk(
            "note: signed with a CI platform's token there is provenance, too, and the manifest binds it",
        ),
        None => {}
    }
    let build = writer.as_ref().and_then(Writer::build);
    let ran = sources.iter().any(Source::starts_a_server);
    let mut releases = Vec::new();
    let secrets: Vec<String> = sources.iter().flat_map(Source::secrets).collect();
    for (plan, (before, said, capture)) in plans.iter().zip(seen) {
        let mut collected = if ran { plan.collect_again(&before, out)? } else { before };
        if let Some(project) = &plan.project {
            for (_, inventory) in &mut collected.forms {
                args.sboms.cargo().narrow(inventory, &project.locked_in, out)?;
            }
        }
        collected.forms.iter_mut().for_each(|(_, inventory)| args.sboms.python().narrow(inventory));
        let shown = capture.map(|capture| capture.of(&collected, kind, out)).transpose()?;
        let observed = shown.as_ref().map(observe::observations).unwrap_or_default();
        let bound = bound.as_ref().filter(|bound| provenance::is_about(bound, &collected));
        let origin = Origin { said: &said, build, bound, sboms: &sboms };
        let statements = statements(plan, &collected, kind, shown, &times, origin, out)?;
        let documents = statements.iter().map(|statement| (statement.what.as_str(), &statement.json));
        server::refuse_secrets(&args.server, &secrets, documents, out)?;
        let artifacts = collected.measured(&plan.references);
        releases.push(Attested { statements, bound: bound.cloned(), artifacts, observed });
    }
    if bound.is_some() && releases.iter().all(|release| release.bound.is_none()) {
        return Err(Failure::usage("the provenance is about none of the artifacts")
            .hint("name the provenance of these very files"));
    }

    let signs = writer.is_some();
    let exit = finish(writer, releases, out)?;
    if let Some(package) = package.filter(|_| signs) {
        package.keep();
    }
    Ok(exit)
}

/// Signs and writes, or prints.
fn finish(writer: Option<Writer<'_>>, releases: Vec<Attested>, out: &mut Output) -> Result<Exit, Failure> {
    match writer {
        None => {
            for statement in releases.iter().flat_map(|release| &release.statements) {
                // The very bytes that would be signed: their digests are those in the bindings.
                let bytes = statement.json.to_canonical();
                out.result(format_args!("{}\n", String::from_utf8_lossy(&bytes)));
            }
        }
        Some(writer) => writer.write(releases, out)?,
    }
    Ok(Exit::Allowed)
}

/// What is said of a release, and not in it.
#[derive(Debug)]
struct Said {
    /// The entry for the MCP registry.
    server_json: Option<Json>,
    images: ImageNames,
}

/// What is said of a release and of how it was built, and how its SBOMs are to be written.
#[derive(Debug, Clone, Copy)]
struct Origin<'a> {
    said: &'a Said,
    /// By the token that it is signed with.
    build: Option<&'a Build>,
    /// By somebody else.
    bound: Option<&'a Bound>,
    sboms: &'a Sboms,
}

fn statements(
    plan: &release::Plan,
    collected: &Collected,
    kind: Kind,
    shown: Option<describe::Shown>,
    times: &Times,
    origin: Origin<'_>,
    out: &mut Output,
) -> Result<Vec<Described>, Failure> {
    let said = origin.said;
    let artifacts = || collected.forms.iter().map(|(artifact, _)| artifact);
    let mcp_name = plan.project.as_ref().and_then(|project| project.mcp_name.as_deref());
    let (server, contradictions) = describe::name::server(artifacts(), mcp_name, said.server_json.as_ref());
    for contradiction in contradictions {
        out.talk(format_args!("warning: {}", escape(&contradiction)));
    }
    let release = describe::Release {
        artifacts: &collected.forms,
        images: &said.images,
        kind,
        shown,
        server,
        server_json: said.server_json.as_ref(),
        created_on: times.created_on,
        valid_until: times.valid_until,
        sboms: origin.sboms.clone(),
        producer: producer(),
        build: origin.build,
        bound: origin.bound.map(|bound| StatementBinding {
            predicate_type: bound.predicate_type().to_owned(),
            payload: bound.payload_digest().into(),
        }),
    };
    describe::describe(release).map_err(|error| match &error {
        DescribeError::TooLarge { .. } => Failure::new(Exit::Denied, error.to_string())
            .hint("the limits keep verification bounded; attest fewer artifacts in one run, or make the server show less"),
        DescribeError::GivenSbom => Failure::from_error(&error)
            .hint("attest that artifact in a run of its own, or name an SBOM whose root has its SHA-256"),
        DescribeError::Json(_) => Failure::from_error(&error),
    })
}

fn server_json(path: &Path) -> Result<Json, Failure> {
    let hint = "the file is bound into the manifest as it is; mend it, or move it away";
    let bytes = mcpsign_evidence::read::file(path, MAX_SERVER_JSON)
        .map_err(|error| Failure::from_error(&error).hint(hint))?;
    let unusable = || {
        Failure::usage(format!("`{}` is no strict JSON object", escape(&path.to_string_lossy()))).hint(hint)
    };
    match Json::parse(&bytes, Limits::bytes(MAX_SERVER_JSON)) {
        Ok(json @ Json::Object(_)) => Ok(json),
        Ok(_) => Err(unusable()),
        Err(error) => Err(unusable().because(error)),
    }
}
