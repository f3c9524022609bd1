//! `mcpsign attest https://…`: a remote server as the thing that is signed.

use std::path::Path;

use mcpsign_collect::capture;
use mcpsign_evidence::measure;
use mcpsign_evidence::reference::Reference;
use mcpsign_schemas::capture::CaptureFile;
use mcpsign_schemas::endpoint::Endpoint;
use mcpsign_schemas::manifest::{Binding, Kind, Transport};
use mcpsign_schemas::untrusted::escape;

use super::evidence::{Attested, Writer};
use super::{AttestArgs, finish, observe};
use crate::commands::server::{self, Address, Ca, NO_SERVER, capture_failure, producer};
use crate::commands::times::Times;
use crate::config::Config;
use crate::describe::{self, DescribeError, Shown};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The remote server that is to be attested, if it is one.
///
/// # Errors
/// When an address is none of a server, or stands among other things.
pub(super) fn reference(args: &AttestArgs) -> Result<Option<Reference>, Failure> {
    let is_address = |path: &std::ffi::OsString| {
        let text = path.to_string_lossy().to_ascii_lowercase();
        text.starts_with("https://") || text.starts_with("http://")
    };
    if !args.paths.iter().any(is_address) {
        return Ok(None);
    }
    let [address] = args.paths.as_slice() else {
        return Err(Failure::usage("a remote server is attested by itself")
            .hint("attest it in a run of its own: nothing proves that it runs the files beside it"));
    };
    let reference = Reference::parse_with(address, args.server.remote.plain_http()).map_err(|error| {
        Failure::from_error(&error)
            .hint("write it as `https://HOST/PATH`; `--insecure-loopback` allows http with this machine")
    })?;
    Ok(Some(reference))
}

/// Captures the server, unless a capture of it is given, and signs what it shows.
///
/// # Errors
/// Usage errors, a capture that is refused, impossible or of something else, and those of signing.
pub(super) fn run(
    args: &AttestArgs,
    config: &Config,
    reference: Reference,
    times: &Times,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let Some(endpoint) = reference.endpoint().cloned() else {
        return Err(Failure::usage("that is no address of a remote server").hint("write `https://HOST/PATH`"));
    };
    usable(args)?;
    let mut writer = if args.dry_run { None } else { Some(Writer::of(args, config, vec![vec![reference]])?) };

    let mut file = match &args.capture {
        Some(path) => made_before(path, &endpoint)?,
        None => {
            out.talk(format_args!("asking {} what it shows", escape(endpoint.as_str())));
            let address = Address { endpoint: endpoint.clone(), query: None };
            let captured = observe::plan_of(args).capture_remote(address)?;
            let captured = captured.map_err(|error| capture_failure(error, out))?;
            capture::into_file(vec![captured], producer(), jiff::Timestamp::now())
        }
    };
    if let Some(writer) = &mut writer {
        writer.identify(Kind::Observer, out)?;
    }
    for profile in &mut file.profiles {
        profile.subject = Some(endpoint.digest());
        profile.launch.binding = Binding::Endpoint;
    }
    server::summary(&file.profiles, out);
    let shown = Shown { profiles: file.profiles, items: file.items };
    let observed = observe::observations(&shown);
    let statement = describe::describe_remote(describe::Remote {
        endpoint: &endpoint,
        kind: args.kind.map_or(Kind::Publisher, Kind::from),
        shown,
        created_on: times.created_on,
        valid_until: times.valid_until,
        producer: producer(),
    })
    .map_err(|error| match &error {
        DescribeError::TooLarge { .. } => Failure::new(Exit::Denied, error.to_string())
            .hint("the limits keep verification bounded; make the server show less"),
        DescribeError::GivenSbom | DescribeError::Json(_) => Failure::from_error(&error),
    })?;
    let documents = std::iter::once((statement.what.as_str(), &statement.json));
    server::refuse_secrets(&args.server, &[], documents, out)?;
    let artifacts = vec![measure::remote(&endpoint)];
    finish(writer, vec![Attested { statements: vec![statement], bound: None, artifacts, observed }], out)
}

/// Flags that mean something else than asking the server.
fn usable(args: &AttestArgs) -> Result<(), Failure> {
    if args.no_manifest {
        return Err(Failure::usage("of a remote server there is nothing but the manifest to sign")
            .hint("leave `--no-manifest` out"));
    }
    if !args.sboms.is_empty() {
        return Err(Failure::usage("what a remote server is made of cannot be seen from outside")
            .hint("leave `--sbom`, `--sbom-format` and `--sbom-creator` out"));
    }
    if args.image.is_some() {
        return Err(Failure::usage("a remote server is called by its address, and no image is attested")
            .hint("leave `--image` out"));
    }
    if args.provenance.is_some() {
        return Err(Failure::usage("nothing proves how what a remote server runs was built")
            .hint("leave `--provenance` out"));
    }
    if !args.command.is_empty() || args.server.remote.address()?.is_some() {
        return Err(Failure::usage("a remote server is asked itself, and nothing else in its place")
            .hint("leave the command and `--url` out"));
    }
    let for_a_server = !(args.server.is_empty(Ca::OfServer) && args.allow_finding.is_empty());
    if args.capture.is_some() && for_a_server && !args.server.is_only_spelling(Ca::OfServer) {
        return Err(
            Failure::usage(NO_SERVER).hint("give them to `mcpsign manifest capture`, or leave them out")
        );
    }
    Ok(())
}

/// A capture of this very server.
fn made_before(path: &Path, endpoint: &Endpoint) -> Result<CaptureFile, Failure> {
    let file = observe::load(path)?;
    let asked = |profile: &mcpsign_schemas::manifest::Profile| {
        let launch = &profile.launch;
        launch.transport == Transport::StreamableHttp && launch.url.as_deref() == Some(endpoint.as_str())
    };
    if file.profiles.iter().all(asked) {
        return Ok(file);
    }
    let name = escape(&path.to_string_lossy());
    Err(Failure::usage(format!("`{name}` is no capture of {}", escape(endpoint.as_str())))
        .hint("`mcpsign manifest capture --url URL --out FILE` makes one"))
}
