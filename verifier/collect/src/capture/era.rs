//! Which era the server speaks, and its introduction: `server/discover` from 2026-07-28 on, `initialize` before.

use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::Product;

use super::connection::{Connection, Reply, Stop};
use super::findings::quoted;
use super::message::{Outcome, RpcError};
use super::results::{self, Introduction};
use super::transport::{Dialect, Transport};

/// Revisions without a handshake that we speak, newest first.
const MODERN: [&str; 1] = ["2026-07-28"];
/// Revisions with `initialize` that we speak, newest first.
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// Error codes that only a modern server sends (schema of 2026-07-28): HeaderMismatch, MissingRequiredClientCapability,
/// UnsupportedProtocolVersion.
const MODERN_ERRORS: [i64; 3] = [-32020, -32021, UNSUPPORTED_VERSION];
const UNSUPPORTED_VERSION: i64 = -32022;

pub(super) const DISCOVER: &str = "server/discover";
pub(super) const INITIALIZE: &str = "initialize";
pub(super) const INITIALIZED: &str = "notifications/initialized";

/// How a process is met, depending on what earlier ones of the same command did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Approach {
    /// Probe for the modern era, then fall back.
    Probe,
    /// It died of the probe: `initialize` at once.
    Initialize,
    /// It answered the probe too late: it is modern, and may take its time.
    Discover,
}

/// As whom we introduce ourselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client<'a> {
    pub(super) info: &'a Product,
    pub(super) capabilities: &'a Json,
}

/// What both sides settled on.
#[derive(Debug)]
pub(super) struct Handshake {
    pub(super) version: &'static str,
    pub(super) era: Era,
}

/// The two ways of being introduced.
#[derive(Debug)]
pub(super) enum Era {
    /// Any request can be made at any time; the introduction can be asked for again, and is held against the first.
    Modern(Option<Box<Introduction>>),
    /// The introduction was made once.
    Legacy(Box<Introduced>),
}

/// An introduction and the frame that it came in.
#[derive(Debug)]
pub(super) struct Introduced {
    pub(super) introduction: Introduction,
    pub(super) frame: String,
}

/// Opens the conversation ("Backward Compatibility" of the stdio and the Streamable HTTP transport of 2026-07-28).
pub(super) async fn open<T: Transport>(
    connection: &mut Connection<T>,
    approach: Approach,
    client: Client<'_>,
) -> Result<Handshake, Stop> {
    let opened = match approach {
        Approach::Initialize => initialize(connection, LEGACY[0], client).await,
        Approach::Discover => {
            connection.speak(Dialect::Modern(MODERN[0]), Some(meta(MODERN[0], client)));
            let wait = connection.limits().startup + connection.limits().request;
            let reply = connection.request_from_opening(DISCOVER, wait).await?;
            let reply =
                reply.ok_or_else(|| failed("the server did not answer server/discover in time".into()))?;
            discovered(connection, reply, client).await
        }
        Approach::Probe => {
            connection.speak(Dialect::Modern(MODERN[0]), Some(meta(MODERN[0], client)));
            let spoken = connection.probe(DISCOVER).await;
            match spoken {
                Ok(Some(reply)) => discovered(connection, reply, client).await,
                Ok(None) => {
                    let waited = if connection.has_spoken() { "in time" } else { "and wrote nothing" };
                    let message = format!(
                        "server/discover was not answered {waited}; the server is taken for a legacy one"
                    );
                    connection.findings().note(code::ERA_BY_TIME_OUT, message);
                    initialize(connection, LEGACY[0], client).await
                }
                Err(stop) => Err(stop),
            }
        }
    };
    opened.map_err(|stop| match stop {
        Stop::Ended if approach == Approach::Probe => Stop::EndedAtProbe,
        stop => stop,
    })
}

/// What the answer to `server/discover` says of the era.
async fn discovered<T: Transport>(
    connection: &mut Connection<T>,
    reply: Reply,
    client: Client<'_>,
) -> Result<Handshake, Stop> {
    match reply.outcome {
        Outcome::Result(result) => {
            results::check_complete(DISCOVER, &result)?;
            match versions(result.get("supportedVersions")) {
                Some(supported) => settle(connection, &supported, client, Some(result)).await,
                // Some legacy servers answer anything with an empty result.
                None => initialize(connection, LEGACY[0], client).await,
            }
        }
        Outcome::Error(error) if error.code == UNSUPPORTED_VERSION => {
            let supported = error.data.as_ref().and_then(|data| versions(data.get("supported")));
            // It refused the very revision that it names: there is nothing else to try.
            let supported: Vec<_> =
                supported.unwrap_or_default().into_iter().filter(|v| v != MODERN[0]).collect();
            settle(connection, &supported, client, None).await
        }
        Outcome::Error(error) if MODERN_ERRORS.contains(&error.code) => Err(refused_by(DISCOVER, &error)),
        Outcome::Error(_) => initialize(connection, LEGACY[0], client).await,
    }
}

/// Takes the newest revision that both sides know.
async fn settle<T: Transport>(
    connection: &mut Connection<T>,
    supported: &[String],
    client: Client<'_>,
    discovered: Option<Json>,
) -> Result<Handshake, Stop> {
    let newest =
        |known: &[&'static str]| known.iter().copied().find(|known| supported.iter().any(|v| v == known));
    if let Some(version) = newest(&MODERN) {
        connection.speak(Dialect::Modern(version), Some(meta(version, client)));
        let first = discovered.map(|result| results::introduction(DISCOVER, result)).transpose()?;
        return Ok(Handshake { version, era: Era::Modern(first.map(Box::new)) });
    }
    match newest(&LEGACY) {
        Some(version) => initialize(connection, version, client).await,
        None => Err(unknown_version(&supported.join(", "))),
    }
}

async fn initialize<T: Transport>(
    connection: &mut Connection<T>,
    version: &str,
    client: Client<'_>,
) -> Result<Handshake, Stop> {
    connection.speak(Dialect::Initialize, None);
    let params = object([
        ("protocolVersion", version.into()),
        ("capabilities", client.capabilities.clone()),
        ("clientInfo", product(client.info)),
    ]);
    let reply = connection.request(INITIALIZE, params).await?;
    let result = match reply.outcome {
        Outcome::Result(result) => result,
        Outcome::Error(error) => return Err(refused_by(INITIALIZE, &error)),
    };
    let answered = result.get("protocolVersion").and_then(Json::as_str).unwrap_or_default();
    let Some(version) = LEGACY.into_iter().find(|known| *known == answered) else {
        return Err(unknown_version(answered));
    };
    let introduction = results::introduction(INITIALIZE, result)?;
    connection.speak(Dialect::Legacy(version), None);
    connection.notify(INITIALIZED);
    Ok(Handshake { version, era: Era::Legacy(Box::new(Introduced { introduction, frame: reply.frame })) })
}

/// Whether an introduction may be one of this revision, which we speak.
pub(super) fn is_revision(introduction: &Json, version: &str) -> bool {
    match versions(introduction.get("supportedVersions")) {
        Some(supported) => MODERN.contains(&version) && supported.iter().any(|named| named == version),
        None => {
            LEGACY.contains(&version)
                && introduction.get("protocolVersion").and_then(Json::as_str) == Some(version)
        }
    }
}

/// Whether `result` is what only `server/discover` answers with.
pub(super) fn is_discover_result(result: &Json) -> bool {
    versions(result.get("supportedVersions")).is_some()
}

fn versions(list: Option<&Json>) -> Option<Vec<String>> {
    list?.as_array()?.iter().map(|version| version.as_str().map(str::to_owned)).collect()
}

fn meta(version: &str, client: Client<'_>) -> Json {
    object([
        ("io.modelcontextprotocol/protocolVersion", version.into()),
        ("io.modelcontextprotocol/clientInfo", product(client.info)),
        ("io.modelcontextprotocol/clientCapabilities", client.capabilities.clone()),
    ])
    .into()
}

fn product(product: &Product) -> Json {
    object([("name", product.name.as_str().into()), ("version", product.version.as_str().into())]).into()
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Object {
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn failed(message: String) -> Stop {
    Stop::Failed(Finding::new(code::SERVER_FAILED, message))
}

pub(super) fn refused_by(method: &str, error: &RpcError) -> Stop {
    failed(format!("the server answers {method} with error {}: \"{}\"", error.code, quoted(&error.message)))
}

fn unknown_version(found: &str) -> Stop {
    let finding =
        Finding::new(code::UNKNOWN_PROTOCOL_VERSION, "the server speaks no revision that is known here");
    let known: Vec<&str> = MODERN.into_iter().chain(LEGACY).collect();
    Stop::Failed(finding.expected(known.join(", ")).found(found))
}
