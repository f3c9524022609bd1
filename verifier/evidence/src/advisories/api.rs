//! The OSV API (`/v1/querybatch`, `/v1/vulns/ID`): which records a server has of some packages, and the records.
//!
//! What it answers is evaluated here as a snapshot's records are. A server that leaves something out cannot be told from one
//! that has nothing; one that fails, is cut off or contradicts itself is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use mcpsign_advisories::ecosystem::Query;
use mcpsign_advisories::index::{Compiled, Compiler};
use mcpsign_collect::http::{self, Client, HttpError, Options, PlainHttp, retry_after};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::AdvisoriesError;
use super::source::address;

/// Packages in one question: what the API takes.
const BATCH: usize = 1000;
/// Bytes of one list of ids at the most: a thousand packages of a thousand ids each.
const MAX_LIST: usize = 64 << 20;
/// Bytes of one record at the most, as of a snapshot.
const MAX_RECORD: usize = 16 << 20;
/// Pages of one question at the most. A page has some thousand ids.
const MAX_PAGES: usize = 100;
/// Records at the most: of a thousand packages none has more than some hundreds.
const MAX_RECORDS: usize = 100_000;
/// Records that are asked for at once.
const AT_ONCE: usize = 16;
/// Times that something is asked.
const TRIES: usize = 4;
/// Longest wait before it is asked again.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// For one question with its answer.
const EXCHANGE: Duration = Duration::from_secs(60);
/// For everything: a server that is slow with each of thousands of records is not waited for.
const WHOLE: Duration = Duration::from_secs(20 * 60);
/// Characters of an id at the most.
const MAX_ID: usize = 256;

/// What is sent as it is in a path.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Whom to ask, and how.
#[derive(Debug)]
pub struct Api<'a> {
    /// Its address, before `/v1`.
    pub base: &'a Url,
    /// Files of roots beside the system's.
    pub ca: &'a [PathBuf],
    /// The time.
    pub now: Timestamp,
}

/// What it has.
#[derive(Debug)]
pub struct Answer {
    /// Its records.
    pub compiled: Compiled,
    /// Which ids it named for which package.
    pub named: BTreeMap<Query, BTreeSet<String>>,
}

#[derive(Serialize)]
struct Batch<'q> {
    queries: Vec<Asked<'q>>,
}

#[derive(Serialize)]
struct Asked<'q> {
    package: Package<'q>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_token: Option<String>,
}

#[derive(Serialize)]
struct Package<'q> {
    ecosystem: &'q str,
    name: &'q str,
}

#[derive(Deserialize)]
struct Results {
    #[serde(default)]
    results: Vec<Named>,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    vulns: Vec<Id>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

/// What came of one question.
enum Reply {
    Body(Vec<u8>),
    /// It may be asked again, after a while if it says so.
    Busy {
        status: u16,
        wait: Option<Duration>,
    },
    Refused {
        status: u16,
    },
}

impl Api<'_> {
    /// Asks for every package, page by page, and for every record that it names.
    ///
    /// # Errors
    /// No answer, or one that is none.
    pub fn ask(&self, queries: &BTreeSet<Query>) -> Result<Answer, AdvisoriesError> {
        let options = Options { ca: self.ca.to_vec(), plain_http: PlainHttp::Loopback, ..Options::default() };
        let client = http::client(&options)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| AdvisoriesError::Io { path: "the network".into(), source })?;
        let asked = async {
            let mut named: BTreeMap<Query, BTreeSet<String>> = BTreeMap::new();
            let all: Vec<&Query> = queries.iter().collect();
            for batch in all.chunks(BATCH) {
                self.batch(&client, batch, &mut named).await?;
            }
            let ids: BTreeSet<&String> = named.values().flatten().collect();
            if ids.len() > MAX_RECORDS {
                return Err(self.refused("it names more records than there are".into()));
            }
            let compiled = self.compiled(&client, ids).await?;
            Ok::<_, AdvisoriesError>(Answer { compiled, named })
        };
        let in_time = runtime.block_on(async { timeout(WHOLE, asked).await });
        in_time.unwrap_or_else(|_| {
            Err(self.refused(format!("it has not said everything in {} minutes", WHOLE.as_secs() / 60)))
        })
    }

    async fn batch(
        &self,
        client: &Client,
        batch: &[&Query],
        named: &mut BTreeMap<Query, BTreeSet<String>>,
    ) -> Result<(), AdvisoriesError> {
        let mut open: Vec<(&Query, Option<String>)> = batch.iter().map(|query| (*query, None)).collect();
        for _ in 0..MAX_PAGES {
            let asked = open.iter().map(|(query, token)| Asked {
                package: Package { ecosystem: query.ecosystem, name: &query.name },
                version: query.version.as_deref(),
                page_token: token.clone(),
            });
            let body = serde_json::to_vec(&Batch { queries: asked.collect() })
                .map_err(|error| self.refused(error.to_string()))?;
            let answer = self.exchange(client, Method::POST, "querybatch", body, MAX_LIST).await?;
            let answer: Results = serde_json::from_slice(&answer)
                .map_err(|error| self.refused(format!("its list of ids is none: {error}")))?;
            if answer.results.len() != open.len() {
                let what = format!("{} questions, {} answers", open.len(), answer.results.len());
                return Err(self.refused(what));
            }
            let mut next = Vec::new();
            for ((query, token), found) in open.into_iter().zip(answer.results) {
                if found.vulns.iter().any(|id| id.id.is_empty() || id.id.len() > MAX_ID) {
                    return Err(self.refused("an id is empty, or longer than any is".into()));
                }
                named.entry(query.clone()).or_default().extend(found.vulns.into_iter().map(|id| id.id));
                match found.next_page_token.filter(|token| !token.is_empty()) {
                    None => {}
                    same if same == token => return Err(self.refused("its pages go in circles".into())),
                    more => next.push((query, more)),
                }
            }
            if next.is_empty() {
                return Ok(());
            }
            open = next;
        }
        Err(self.refused(format!("its answer has more than {MAX_PAGES} pages")))
    }

    /// Records, several of which are asked for at once, in the order of their ids however they come in.
    async fn compiled(&self, client: &Client, ids: BTreeSet<&String>) -> Result<Compiled, AdvisoriesError> {
        let mut compiler = Compiler::new(self.now);
        let records = stream::iter(ids).map(|id| async move { (id, self.record(client, id).await) });
        let mut records = pin!(records.buffered(AT_ONCE));
        while let Some((id, record)) = records.next().await {
            compiler.add(id, &record?);
        }
        Ok(compiler.finish()?)
    }

    /// One record, which must be the one that was asked for.
    async fn record(&self, client: &Client, id: &str) -> Result<Vec<u8>, AdvisoriesError> {
        let path = format!("vulns/{}", utf8_percent_encode(id, IN_PATH));
        let bytes = self.exchange(client, Method::GET, &path, Vec::new(), MAX_RECORD).await?;
        match serde_json::from_slice::<Id>(&bytes) {
            Ok(found) if found.id == id => Ok(bytes),
            Ok(found) => Err(self.refused(format!("asked for {id}, it gives {}", found.id))),
            Err(error) => Err(self.refused(format!("{id} is no record: {error}"))),
        }
    }

    /// One question, asked again where the server is busy or the connection breaks off.
    async fn exchange(
        &self,
        client: &Client,
        method: Method,
        path: &str,
        body: Vec<u8>,
        limit: usize,
    ) -> Result<Vec<u8>, AdvisoriesError> {
        let url = format!("{}/v1/{path}", self.base.as_str().trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|error| self.refused(error.to_string()))?;
        let mut wait = Duration::from_millis(200);
        for tried in 1..=TRIES {
            let (why, asked) = match self.once(client, (method.clone(), &url), body.clone(), limit).await {
                Ok(Reply::Body(answer)) => return Ok(answer),
                Ok(Reply::Busy { status, wait }) if wait.is_none_or(|wait| wait <= MAX_WAIT) => {
                    (format!("`{path}` is answered by HTTP status {status}"), wait)
                }
                Ok(Reply::Busy { status, .. } | Reply::Refused { status }) => {
                    return Err(self.refused(format!("`{path}` is answered by HTTP status {status}")));
                }
                Err(error) if error.may_pass() => (error.to_string(), None),
                Err(error) => return Err(self.refused(error.to_string())),
            };
            if tried == TRIES {
                return Err(self.refused(why));
            }
            sleep(asked.unwrap_or(wait)).await;
            wait *= 2;
        }
        Err(self.refused("it was not asked".into()))
    }

    async fn once(
        &self,
        client: &Client,
        (method, url): (Method, &Url),
        body: Vec<u8>,
        limit: usize,
    ) -> Result<Reply, HttpError> {
        let until = Instant::now() + EXCHANGE;
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let answer = client.send(method, url, &headers, body, until).await?;
        let status = answer.status();
        if status == StatusCode::OK {
            return Ok(Reply::Body(answer.read(limit, until).await?.body));
        }
        let is_busy = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        let (status, wait) = (status.as_u16(), retry_after(answer.headers(), self.now));
        Ok(if is_busy { Reply::Busy { status, wait } } else { Reply::Refused { status } })
    }

    fn refused(&self, reason: String) -> AdvisoriesError {
        AdvisoriesError::Api { url: address(self.base), reason }
    }
}
