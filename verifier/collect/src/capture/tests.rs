//! Conversations with scripted servers, without a process; waiting costs no time.

use std::time::Duration;

use mcpsign_schemas::canonical::{Json, Limits as JsonLimits};
use mcpsign_schemas::code::Code;
use mcpsign_schemas::manifest::{Product, RecordedFinding};
use mcpsign_schemas::surface::ItemKind;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, duplex, split};

use super::pass::Pass;
use super::*;

mod eras;
mod lists;
mod messages;

const MODERN: &str = "2026-07-28";
const NOT_FOUND: &str = r#""error":{"code":-32601,"message":"Method not found"}"#;

/// What a scripted server does upon one message of ours.
#[derive(Debug, Clone)]
enum Act {
    /// Writes a line.
    Line(String),
    /// Writes bytes as they are.
    Bytes(Vec<u8>),
    Wait(Duration),
    Close,
}

/// A message that the server received.
#[derive(Debug, Clone)]
struct Got {
    method: String,
    id: Option<u64>,
    json: Json,
}

impl Got {
    fn is(&self, method: &str) -> bool {
        self.method == method
    }

    fn param(&self, name: &str) -> Option<&str> {
        self.json.get("params")?.get(name)?.as_str()
    }

    /// A reply to this message; `rest` is `"result":…` or `"error":…`.
    fn reply(&self, rest: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","id":{},{rest}}}"#, self.id.unwrap_or_default())
    }

    fn answer(&self, rest: &str) -> Vec<Act> {
        vec![Act::Line(self.reply(rest))]
    }
}

/// What came of a conversation.
struct Met {
    outcome: Result<(&'static str, Pass), Stop>,
    findings: Vec<RecordedFinding>,
    /// Everything that the server received.
    got: Vec<Got>,
}

impl Met {
    fn pass(&self) -> &Pass {
        &self.outcome.as_ref().expect("a pass").1
    }

    fn version(&self) -> &str {
        self.outcome.as_ref().expect("a pass").0
    }

    fn refused(&self) -> Code {
        match &self.outcome {
            Err(Stop::Refused(finding)) => finding.code,
            other => panic!("not refused: {other:?}"),
        }
    }

    fn failed(&self) -> Code {
        match &self.outcome {
            Err(Stop::Failed(finding)) => finding.code,
            other => panic!("not failed: {other:?}"),
        }
    }

    fn methods(&self) -> Vec<&str> {
        self.got.iter().map(|got| got.method.as_str()).collect()
    }

    fn times(&self, method: &str) -> usize {
        self.got.iter().filter(|got| got.is(method)).count()
    }

    fn keys(&self, kind: ItemKind) -> Vec<&str> {
        self.pass().items.keys().filter(|(k, _)| *k == kind).map(|(_, key)| key.as_str()).collect()
    }

    fn codes(&self) -> Vec<&str> {
        self.findings.iter().map(|finding| finding.code.as_str()).collect()
    }
}

struct Meeting {
    /// Whether it is seen that the server has read everything at once.
    reads: bool,
    approach: Approach,
    limits: Limits,
    allow: BTreeSet<String>,
    /// What the server was given.
    secrets: Vec<&'static str>,
}

impl Default for Meeting {
    fn default() -> Self {
        Self {
            reads: false,
            approach: Approach::Probe,
            limits: Limits::default(),
            allow: BTreeSet::new(),
            secrets: Vec::new(),
        }
    }
}

impl Meeting {
    fn allowing(code: Code) -> Self {
        Self { allow: BTreeSet::from([code.id.to_owned()]), ..Self::default() }
    }

    fn limited(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Lets the client meet a server that does what `script` says.
    async fn with(self, script: impl FnMut(&Got) -> Vec<Act> + Send + 'static) -> Met {
        let (ours, theirs) = duplex(64 << 10);
        let (reader, writer) = split(ours);
        let server = tokio::spawn(serve(theirs, script));
        let end = Instant::now() + self.limits.total;
        // One in which nothing lies.
        let (_read, write) = std::io::pipe().expect("a pipe");
        let pipe = self.reads.then(|| write.into());
        let mut connection = Connection::new(
            Pipes::new(reader, writer, &self.limits).looking_into(pipe),
            Findings::new(&self.allow, self.secrets.iter().copied().collect()),
            &self.limits,
            end,
        );
        let info = Product { name: "tester".into(), version: "1".into() };
        let capabilities = json("{}");
        let client = Client { info: &info, capabilities: &capabilities };
        let outcome = converse(&mut connection, self.approach, client, |version, pass| (version, pass)).await;
        let findings = connection.findings().recorded();
        drop(connection);
        let got = server.await.expect("the script does not panic");
        Met { outcome, findings, got }
    }
}

async fn meet(script: impl FnMut(&Got) -> Vec<Act> + Send + 'static) -> Met {
    Meeting::default().with(script).await
}

async fn serve(stream: DuplexStream, mut script: impl FnMut(&Got) -> Vec<Act>) -> Vec<Got> {
    let (reader, mut writer) = split(stream);
    let mut lines = BufReader::new(reader).lines();
    let mut all = Vec::new();
    'alive: while let Ok(Some(line)) = lines.next_line().await {
        let message = json(&line);
        let method = message.get("method").and_then(Json::as_str).unwrap_or_default().to_owned();
        let got = Got { method, id: message.get("id").and_then(Json::as_u64), json: message };
        let acts = script(&got);
        all.push(got);
        for act in acts {
            let written = match act {
                Act::Line(line) => writer.write_all(format!("{line}\n").as_bytes()).await,
                Act::Bytes(bytes) => writer.write_all(&bytes).await,
                Act::Wait(time) => {
                    tokio::time::sleep(time).await;
                    Ok(())
                }
                Act::Close => break 'alive,
            };
            if written.is_err() {
                break 'alive;
            }
        }
    }
    all
}

/// What a blameless server answers in either era, one tool being all it has.
fn honest(got: &Got) -> Vec<Act> {
    let modern = got.json.get("params").and_then(|params| params.get("_meta")).is_some();
    match got.method.as_str() {
        "server/discover" if modern => got.answer(&discovered(r#"{"tools":{}}"#)),
        "initialize" => got.answer(&initialized(r#"{"tools":{}}"#)),
        "tools/list" => got.answer(r#""result":{"tools":[{"name":"a","inputSchema":{"type":"object"}}]}"#),
        _ if got.id.is_some() => got.answer(NOT_FOUND),
        _ => vec![],
    }
}

/// The same, knowing nothing of the modern era.
fn legacy(got: &Got) -> Vec<Act> {
    if got.is("server/discover") { got.answer(NOT_FOUND) } else { honest(got) }
}

/// [`honest`] but for `method`, which is answered with `rest`.
fn answering(method: &'static str, rest: &'static str) -> impl FnMut(&Got) -> Vec<Act> + Send + 'static {
    move |got| if got.is(method) { got.answer(rest) } else { honest(got) }
}

fn discovered(capabilities: &str) -> String {
    format!(
        r#""result":{{"supportedVersions":["{MODERN}"],"capabilities":{capabilities},"resultType":"complete","ttlMs":0,
        "cacheScope":"private","_meta":{{"io.modelcontextprotocol/serverInfo":{{"name":"s","version":"1"}}}}}}"#
    )
    .replace('\n', "")
}

fn initialized(capabilities: &str) -> String {
    format!(
        r#""result":{{"protocolVersion":"2025-11-25","capabilities":{capabilities},"serverInfo":{{"name":"s","version":"1"}}}}"#
    )
}

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes(), JsonLimits::bytes(1 << 20)).expect("strict JSON")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
