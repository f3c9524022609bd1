//! Capture over Streamable HTTP, of a server that somebody else runs.

mod exchange;
mod headers;
mod listen;
mod sse;
mod stream;
mod transport;

use std::collections::BTreeSet;
use std::path::PathBuf;

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::endpoint::Endpoint;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::{Binding, Launch, Network, Product, Sandbox, Transport as Way};
use reqwest::Url;
use tokio::time::Instant;

pub use self::headers::{HeaderError, Headers};
pub use self::sse::sse_events;

use self::transport::Http;
use super::connection::{Connection, Stop};
use super::era::{Approach, Client};
use super::findings::Findings;
use super::profile::{Circumstances, Draft};
use super::{CaptureError, Captured, Limits, Protocol, converse, not_allowable, with_hint};
use crate::http::{self, HttpError, Options, PlainHttp};
use crate::launch::{InForce, executor};

/// Whom to ask over HTTP, how, and what to record of that. Not `Debug`: it holds secrets.
pub struct RemoteRequest {
    /// Name of the profile.
    pub profile: String,
    /// The server, as it is recorded.
    pub endpoint: Endpoint,
    /// What follows the `?` of its address, if anything; sent, and not recorded.
    pub query: Option<String>,
    /// Sent with each request; recorded by name.
    pub headers: Headers,
    /// Files of PEM certificates that are trusted as roots beside the system's.
    pub ca: Vec<PathBuf>,
    /// Whether HTTP without TLS may be spoken with this machine.
    pub plain_http: PlainHttp,
    /// As whom we introduce ourselves.
    pub client_info: Product,
    /// The client capabilities that we declare; an object.
    pub client_capabilities: Json,
    /// Which eras to ask in.
    pub protocol: Protocol,
    /// What it may cost.
    pub limits: Limits,
    /// Codes of refusals that are recorded instead ([`super::ALLOWABLE`]).
    pub allow: BTreeSet<String>,
}

/// Captures one profile of a remote server. Blocks, on an executor of its own, for [`Limits::total`] and some seconds at
/// the most. Its `launch.binding` is `command`: whoever signs the endpoint itself says so.
///
/// # Errors
/// See [`CaptureError`].
pub fn capture_remote(request: &RemoteRequest) -> Result<Captured, CaptureError> {
    if let Some(code) = not_allowable(&request.allow) {
        return Err(CaptureError::NotAllowable { code: code.into() });
    }
    let runtime = executor()?;
    let captured = runtime.block_on(with_restarts(request));
    // A resolver that hangs is not waited for.
    runtime.shutdown_background();
    captured
}

/// One conversation, or a second one where the probe was answered after its time.
async fn with_restarts(request: &RemoteRequest) -> Result<Captured, CaptureError> {
    let options = Options { ca: request.ca.clone(), plain_http: request.plain_http, ..Options::default() };
    let client = http::client(&options)?;
    let url = address(request)?;

    let end = Instant::now() + request.limits.total;
    let mut approach = match request.protocol {
        Protocol::Auto => Approach::Probe,
        Protocol::Legacy => Approach::Initialize,
    };
    loop {
        let transport = Http::new(client.clone(), url.clone(), &request.headers, &request.limits);
        let findings = Findings::new(&request.allow, request.headers.secrets());
        let mut connection = Connection::new(transport, findings, &request.limits, end);
        let asker = Client { info: &request.client_info, capabilities: &request.client_capabilities };
        let launch = launch(request);
        let circumstances =
            Circumstances { name: &request.profile, client: asker, launch, private: Vec::new() };
        let draft = |version, pass| Draft::of(pass, version, &circumstances);
        let outcome = converse(&mut connection, approach, asker, draft).await;
        let mut findings = std::mem::take(connection.findings());
        connection.into_transport().close().await;
        if matches!(outcome, Err(Stop::LateDiscover)) && approach != Approach::Discover {
            approach = Approach::Discover;
            continue;
        }
        let captured = outcome.and_then(|draft| {
            if request.query.is_some() {
                findings.note(code::QUERY_NOT_RECORDED, code::QUERY_NOT_RECORDED.title.into());
            }
            draft.finish(&mut findings).map_err(Stop::Refused)
        });
        return captured.map_err(|stop| match stop.failed() {
            Stop::Refused(finding) => CaptureError::Refused { findings: vec![finding], stderr: Vec::new() },
            Stop::Failed(finding) => not_observed(with_hint(finding, &findings, &InForce::default())),
            Stop::Ended | Stop::EndedAtProbe | Stop::LateDiscover | Stop::Unanswered(_) => {
                let message = "the conversation ended before everything was answered";
                not_observed(Finding::new(code::SERVER_FAILED, message))
            }
        });
    }
}

/// Nothing was started, so nothing has to be said of how.
fn not_observed(finding: Finding) -> CaptureError {
    CaptureError::NotObserved { finding: of_remote(finding), stderr: Vec::new() }
}

/// With what helps where there is nothing on stderr to be looked at.
fn of_remote(finding: Finding) -> Finding {
    if finding.hint.is_some() || finding.code != code::SERVER_FAILED {
        return finding;
    }
    let certificate = finding.message.contains("because of its TLS: ");
    finding.hint(if certificate {
        "`--ca FILE` trusts the root that its certificate goes back to, if you do"
    } else {
        "look whether it runs at this address, and at its own log"
    })
}

fn address(request: &RemoteRequest) -> Result<Url, HttpError> {
    let mut url = Url::parse(request.endpoint.as_str()).map_err(|_| HttpError::Address {
        url: request.endpoint.as_str().to_owned(),
        why: "it is no address",
    })?;
    url.set_query(request.query.as_deref());
    http::check_address(&url, request.plain_http)?;
    Ok(url)
}

/// What is recorded of how the server was asked.
fn launch(request: &RemoteRequest) -> Launch {
    Launch {
        binding: Binding::Command,
        transport: Way::StreamableHttp,
        argv: Vec::new(),
        url: Some(request.endpoint.as_str().to_owned()),
        headers: request.headers.names(),
        env: Default::default(),
        secret_env: Vec::new(),
        network: Network::Host,
        sandbox: Sandbox::None,
        runtime: None,
    }
}
