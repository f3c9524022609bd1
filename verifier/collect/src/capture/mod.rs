//! The lossless MCP capture client: starts a server, or asks one over HTTP, for everything that it lists, twice, and
//! keeps what came, byte for byte, until it is canonicalised.
//!
//! No tool is called. What is signed later comes from the recorded bytes, never from typed structs, which drop
//! what they do not know.

mod connection;
mod era;
mod findings;
mod limits;
mod lines;
mod message;
mod pass;
mod pipes;
mod profile;
mod recorded;
mod remote;
mod results;
mod transport;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::os::fd::AsFd as _;
use std::path::PathBuf;

use jiff::Timestamp;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::capture::{CaptureFile, SCHEMA};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::{Launch, Product, Profile};
use tokio::time::Instant;
use zeroize::Zeroizing;

pub use self::findings::{ALLOWABLE, not_allowable};
pub use self::limits::Limits;
pub(crate) use self::message::{Line, Message, Outcome, read as read_line};
pub(crate) use self::pass::declares;
pub(crate) use self::recorded::profile as recorded_profile;
pub use self::remote::{HeaderError, Headers, RemoteRequest, capture_remote, sse_events};
pub(crate) use self::results::{Introduction, LISTS, List, Page, introduction, page, ui_digest};

use self::connection::{Connection, Stop};
use self::era::{Approach, Client};
use self::findings::Findings;
use self::pass::Pass;
use self::pipes::Pipes;
use self::profile::{Circumstances, Draft};
use self::transport::Transport;
use crate::conceal::Secrets;
use crate::http::HttpError;
use crate::launch::{CommandError, Confinement, InForce, LaunchError, Plan, Server, executor};

/// What to start, how to ask it, and what to record of that. Not `Debug`: it holds secrets.
pub struct Request {
    /// Name of the profile.
    pub profile: String,
    /// The command line, without a shell. `{work}` becomes a fresh folder, `{artifact}` and `{home}` the paths of
    /// [`RecordedPaths`], `{secret:NAME}` the value in `secret_env`, and an `argv[0]` of `{runtime:NAME}` that program.
    pub argv: Vec<OsString>,
    /// Variables with values that are recorded; `TZ=UTC` and `LANG=C.UTF-8` unless they say otherwise. Placeholders
    /// as in `argv`.
    pub env: BTreeMap<String, String>,
    /// Variables of which only the name is recorded.
    pub secret_env: BTreeMap<String, Zeroizing<String>>,
    /// As whom we introduce ourselves.
    pub client_info: Product,
    /// The client capabilities that we declare; an object.
    pub client_capabilities: Json,
    /// Which eras to ask in.
    pub protocol: Protocol,
    /// Folders that become placeholders in what is recorded.
    pub paths: RecordedPaths,
    /// An executable that runs [`crate::launch::exec_stage`] when its first argument is [`crate::launch::STAGE`].
    pub stage: PathBuf,
    /// What the server is kept from.
    pub confinement: Confinement,
    /// What it may cost.
    pub limits: Limits,
    /// Codes of refusals that are recorded instead ([`ALLOWABLE`]).
    pub allow: BTreeSet<String>,
}

impl Request {
    /// What the server is given and must not be heard to say.
    pub(crate) fn secrets(&self) -> Secrets {
        self.secret_env.values().map(|value| value.as_str()).collect()
    }
}

/// Which of the protocol's two eras to ask in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Probe for the modern era, fall back to the legacy one: as a current client does.
    Auto,
    /// `initialize` at once: as a client from before 2026-07-28 does.
    Legacy,
}

/// Folders of this machine that become placeholders wherever a command line names them.
#[derive(Debug, Clone, Default)]
pub struct RecordedPaths {
    /// The artifact, or the folder that it was unpacked or installed into: `{artifact}`. Absolute.
    pub artifact: Option<PathBuf>,
    /// The caller's home: `{home}`. Absolute.
    pub home: Option<PathBuf>,
}

/// What one server showed under one profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Captured {
    /// The profile, its `launch.binding` being `command` and its `subject` absent: whoever knows better says so.
    pub profile: Profile,
    /// Every item that the profile names, by wire digest.
    pub items: BTreeMap<Sha256Digest, Json>,
    /// The replies of the agreed pass as received, one line each.
    pub frames: Vec<String>,
}

/// Why there is no capture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// What the server showed must not be signed: exit 1.
    #[error("{}", .findings.first().map_or("", |finding| finding.message.as_str()))]
    Refused {
        /// Why; one at least.
        findings: Vec<Finding>,
        /// The server's last lines on stderr, without the secrets that it was given.
        stderr: Vec<String>,
    },
    /// The server could not be observed: exit 3.
    #[error("{}", .finding.message)]
    NotObserved {
        /// Why.
        finding: Finding,
        /// The server's last lines on stderr, without the secrets that it was given.
        stderr: Vec<String>,
    },
    /// The command line names nothing that could be started: exit 2.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A code that no `--allow-finding` can allow, or that does not exist: exit 2.
    #[error("`{code}` cannot be allowed")]
    NotAllowable {
        /// As given.
        code: String,
    },
    /// This machine lacks what a capture needs: exit 2.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// What was said of a remote server, or of how to reach it, cannot be used: exit 2.
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// Captures one profile. Blocks, on an executor of its own, for [`Limits::total`] and some seconds at the most; nothing
/// that was started lives on when it returns, or it says so. `warn` is told what a person should know before the server
/// starts: that this machine confines it less than was hoped for.
///
/// # Errors
/// See [`CaptureError`].
pub fn capture(request: &Request, warn: &mut dyn FnMut(&str)) -> Result<Captured, CaptureError> {
    if let Some(code) = not_allowable(&request.allow) {
        return Err(CaptureError::NotAllowable { code: code.into() });
    }
    let runtime = executor()?;
    runtime.block_on(with_restarts(request, warn))
}

/// Joins captures of one release into a capture file.
pub fn into_file(captured: Vec<Captured>, producer: Product, created_on: Timestamp) -> CaptureFile {
    let mut file = CaptureFile {
        schema: SCHEMA.into(),
        created_on,
        producer,
        profiles: Vec::with_capacity(captured.len()),
        items: BTreeMap::new(),
        frames: BTreeMap::new(),
    };
    for one in captured {
        file.frames.insert(one.profile.name.clone(), one.frames);
        file.items.extend(one.items);
        file.profiles.push(one.profile);
    }
    file
}

/// One process, or a second one where the probe has killed the first or was answered after its time.
async fn with_restarts(request: &Request, warn: &mut dyn FnMut(&str)) -> Result<Captured, CaptureError> {
    let end = Instant::now() + request.limits.total;
    let mut approach = match request.protocol {
        Protocol::Auto => Approach::Probe,
        Protocol::Legacy => Approach::Initialize,
    };
    let mut crash = None;
    let mut runtime = None;
    let mut is_warned = false;
    // Once, however often the server is started.
    let mut warn = |text: &str| {
        if !std::mem::replace(&mut is_warned, true) {
            warn(text);
        }
    };
    loop {
        let plan = Plan::new(request)?;
        // Asked once, however often the server is started.
        let runtime = runtime
            .get_or_insert_with(|| plan.interpreter()?.product(request.confinement.sandbox, &request.stage));
        let (recorded, private) =
            (Launch { runtime: runtime.clone(), ..plan.recorded() }, plan.private_folders());
        let (server, stdin, stdout) = Server::start(plan, &request.stage, &mut warn)?;
        let in_force = server.in_force().clone();
        let recorded = in_force.record(recorded);
        let mut findings = Findings::new(&request.allow, request.secrets());
        if let Some(status) = &crash {
            let message = format!(
                "the server ended when server/discover was asked ({status}); it is taken for a legacy one"
            );
            findings.note(code::ERA_BY_CRASH, message);
        }
        // A second handle: it goes with the first, or the server would wait for its end.
        let pipe = stdin.as_fd().try_clone_to_owned().ok();
        let pipes = Pipes::new(stdout, stdin, &request.limits).looking_into(pipe);
        let mut connection = Connection::new(pipes, findings, &request.limits, end);
        let (name, client) = (request.profile.as_str(), client(request));
        let circumstances = Circumstances { name, client, launch: recorded, private };
        let draft = |version, pass| Draft::of(pass, version, &circumstances);
        let outcome = converse(&mut connection, approach, client, draft).await;
        let spoken = connection.has_spoken();
        let mut findings = std::mem::take(connection.findings());
        // Closes both pipes, the server's signal to end.
        drop(connection);
        let ended = server.end(request.limits.grace);

        let next = match &outcome {
            Err(Stop::EndedAtProbe) if !ended.not_started(spoken) => Some(Approach::Initialize),
            Err(Stop::LateDiscover) => Some(Approach::Discover),
            _ => None,
        };
        if let (Some(next), None) = (next, ended.outlived()) {
            crash = (next == Approach::Initialize).then(|| ended.status());
            approach = next;
            continue;
        }
        let stderr = ended.stderr.clone();
        let captured = outcome.and_then(|draft| draft.finish(&mut findings).map_err(Stop::Refused));
        return match (captured, ended.outlived()) {
            (Ok(captured), None) => Ok(captured),
            (Err(Stop::Refused(finding)), outlived) => Err(CaptureError::Refused {
                findings: [finding].into_iter().chain(outlived).collect(),
                stderr,
            }),
            (_, Some(finding)) | (Err(Stop::Failed(finding)), None) => {
                let finding = with_hint(finding, &findings, &in_force);
                Err(CaptureError::NotObserved { finding, stderr })
            }
            (Err(_), None) if ended.not_started(spoken) => Err(CommandError::NotStarted { stderr }.into()),
            (Err(_), None) => {
                let message =
                    format!("the server ended before it had answered everything: {}", ended.status());
                let finding = Finding::new(code::SERVER_FAILED, message);
                let finding = with_hint(finding, &findings, &in_force);
                Err(CaptureError::NotObserved { finding, stderr })
            }
        };
    }
}

/// A server that was not understood may have spoken all the same; one that lacks something may lack it behind the walls
/// alone.
fn with_hint(finding: Finding, findings: &Findings, in_force: &InForce) -> Finding {
    if let Some(chatter) = findings.said(code::CHATTER) {
        return finding.hint(format!("one message a line, nothing else, belongs on stdout, but {chatter}"));
    }
    match in_force.hint() {
        Some(hint) if finding.hint.is_none() => finding.hint(hint),
        _ => finding,
    }
}

const fn client(request: &Request) -> Client<'_> {
    Client { info: &request.client_info, capabilities: &request.client_capabilities }
}

/// The whole conversation with one process, or on one address; gives what `make` makes of the protocol's version and of
/// the pass.
async fn converse<T: Transport, R>(
    connection: &mut Connection<T>,
    approach: Approach,
    client: Client<'_>,
    make: impl Fn(&'static str, Pass) -> R,
) -> Result<R, Stop> {
    let handshake = era::open(connection, approach, client).await?;
    pass::agreed(connection, &handshake, |pass| make(handshake.version, pass)).await
}

#[cfg(test)]
mod tests;
