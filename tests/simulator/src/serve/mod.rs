//! The services on loopback, each on a port of its own, for whoever signs:
//!
//! ```text
//! Fulcio   POST /api/v2/signingCert, /api/v1/signingCert · GET /api/v2/trustBundle
//! RekorV1  POST /api/v1/log/entries · GET /api/v1/log/entries/ID
//! RekorV2  POST /api/v2/log/entries
//! Tsa      POST /api/v1/timestamp, and SecondTsa
//! Oidc     GET /.well-known/openid-configuration, /jwks, /auth · POST /device, /token
//! ```
//!
//! Each is honest until told to fail or to lie ([`Running::next`], [`Running::always`]).

mod body;
mod fault;
mod fulcio;
mod login;
mod rekor;
mod tsa;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::{Rekor, Simulator, Tsa};
use body::Body;
use fault::Plans;

pub use fault::{Fault, Service};
pub use login::PERSON;

/// What is asked of a service.
struct Asked {
    method: String,
    path: String,
    query: String,
    authorization: Option<String>,
    body: Vec<u8>,
}

/// What it answers.
struct Answer {
    status: u16,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn json(status: u16, value: &Value) -> Self {
        let body = value.to_string().into_bytes();
        Self { status, content_type: "application/json", headers: Vec::new(), body }
    }

    /// A refusal, as these services word them.
    fn refused(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "code": status, "message": message, "details": [] }))
    }
}

struct Shared {
    simulator: Simulator,
    /// `http://127.0.0.1:PORT` of each.
    urls: BTreeMap<Service, String>,
    plans: Mutex<Plans>,
    logged: Mutex<BTreeMap<String, Value>>,
    logins: Mutex<login::Logins>,
}

/// The services as long as this value lives.
pub struct Running {
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Serves on free ports of loopback.
    pub fn serve(self) -> Running {
        let (mut listeners, mut urls) = (Vec::new(), BTreeMap::new());
        for service in Service::ALL {
            let listener = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)));
            let listener = listener.expect("a free port");
            listener.set_nonblocking(true).expect("a socket");
            urls.insert(service, format!("http://{}", listener.local_addr().expect("its address")));
            listeners.push((service, listener));
        }
        let shared = Arc::new(Shared {
            simulator: self,
            urls,
            plans: Mutex::default(),
            logged: Mutex::default(),
            logins: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                for (service, listener) in listeners {
                    let listener = TcpListener::from_std(listener).expect("a listener");
                    tokio::spawn(accept(listener, service, Arc::clone(&for_thread)));
                }
                // An error is an end, too.
                let _ = stopped.await;
            });
        });
        Running { shared, stop: Some(stop), thread: Some(thread) }
    }
}

impl Running {
    /// The instance that serves.
    pub fn simulator(&self) -> &Simulator {
        &self.shared.simulator
    }

    /// Where a service is.
    pub fn url(&self, service: Service) -> &str {
        &self.shared.urls[&service]
    }

    /// The trust root that what is signed here verifies with.
    pub fn trusted_root_json(&self) -> Value {
        self.simulator().trusted_root_json()
    }

    /// The signing configuration that asks these logs, one entry each, and one timestamp authority.
    pub fn signing_config_with(&self, logs: &[Rekor]) -> Value {
        let start = self.simulator().window().start.to_string();
        let service = |url: &str, version: u32, operator: &str| {
            json!({
                "url": url, "majorApiVersion": version, "operator": operator, "validFor": { "start": start }
            })
        };
        let logs: Vec<Value> = logs
            .iter()
            .zip(1..)
            .map(|(log, number)| {
                let (of, version) = if log.is_v2() { (Service::RekorV2, 2) } else { (Service::RekorV1, 1) };
                service(self.url(of), version, &format!("log-{number}.example"))
            })
            .collect();
        let tsa = format!("{}/api/v1/timestamp", self.url(Service::Tsa));
        json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service(self.url(Service::Fulcio), 1, "sigstore.example")],
            "oidcUrls": [service(self.url(Service::Oidc), 1, "sigstore.example")],
            "rekorTlogUrls": logs,
            "rekorTlogConfig": { "selector": "ALL" },
            "tsaUrls": [service(&tsa, 1, "sigstore.example")],
            "tsaConfig": { "selector": "ANY" },
        })
    }

    /// The signing configuration that asks the log of version 2.
    pub fn signing_config_json(&self) -> Value {
        self.signing_config_with(&[Rekor::V2])
    }

    /// Trust root and signing configuration in one, as sigstore-python takes them.
    pub fn client_trust_config_json(&self) -> Value {
        json!({
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": self.trusted_root_json(),
            "signingConfig": self.signing_config_json(),
        })
    }

    /// The next request of this service ends like this; several wait in line.
    pub fn next(&self, service: Service, fault: Fault) {
        self.shared.plans.lock().expect("nobody panics holding it").of(service).next.push_back(fault);
    }

    /// Every request of this service ends like this, once nothing is in line.
    pub fn always(&self, service: Service, fault: Fault) {
        self.shared.plans.lock().expect("nobody panics holding it").of(service).always = Some(fault);
    }

    /// How often this service was asked.
    pub fn asked(&self, service: Service) -> usize {
        self.shared.plans.lock().expect("nobody panics holding it").of(service).asked
    }

    /// How many of its requests waited for their answers at the same time, at the most.
    pub fn asked_at_once(&self, service: Service) -> usize {
        self.shared.plans.lock().expect("nobody panics holding it").of(service).at_once
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, service: Service, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, service, Arc::clone(&shared)));
    }
}

async fn connection(stream: TcpStream, service: Service, shared: Arc<Shared>) {
    let service = service_fn(|request| respond(request, service, Arc::clone(&shared)));
    // How a connection ends is for the client to notice.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(
    request: Request<Incoming>,
    service: Service,
    shared: Arc<Shared>,
) -> hyper::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    let authorization = head.headers.get("authorization").and_then(|value| value.to_str().ok());
    let asked = Asked {
        method: head.method.to_string(),
        path: head.uri.path().trim_matches('/').to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: authorization.map(str::to_owned),
        body,
    };
    let fault = shared.plans.lock().expect("nobody panics holding it").take(service);
    let (mut cut, mut retry_after) = (false, None);
    let answer = match &fault {
        Some(Fault::Status(status)) => Answer::refused(*status, "told to refuse"),
        Some(Fault::RetryAfter(seconds)) => {
            retry_after = Some(*seconds);
            Answer::refused(429, "too many requests")
        }
        Some(Fault::Garbage) => {
            let body = b"<html>no service, but a portal</html>".to_vec();
            Answer { status: 200, content_type: "text/html", headers: Vec::new(), body }
        }
        Some(Fault::Empty) => {
            Answer { status: 201, content_type: "text/plain", headers: Vec::new(), body: Vec::new() }
        }
        other => {
            cut = matches!(other, Some(Fault::Truncated));
            if let Some(Fault::Slow(time)) = other {
                tokio::time::sleep(*time).await;
            }
            answer(&shared, service, &asked, other.as_ref())
        }
    };
    shared.plans.lock().expect("nobody panics holding it").answered(service);
    Ok(response(&answer, cut, retry_after))
}

fn answer(shared: &Shared, service: Service, asked: &Asked, fault: Option<&Fault>) -> Answer {
    let now = Timestamp::from_second(Timestamp::now().as_second()).expect("a whole second");
    match service {
        Service::Fulcio => fulcio::answer(&shared.simulator, asked, fault, now),
        Service::RekorV1 | Service::RekorV2 => rekor::answer(shared, asked, fault, now),
        Service::Tsa => tsa::answer(&shared.simulator, Tsa::First, asked, fault, now),
        Service::SecondTsa => tsa::answer(&shared.simulator, Tsa::Second, asked, fault, now),
        Service::Oidc => login::answer(shared, asked, fault),
    }
}

fn response(answer: &Answer, cut: bool, retry_after: Option<u64>) -> Response<Body> {
    let mut response = Response::builder().status(answer.status).header("content-type", answer.content_type);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    let body = if cut { Body::cut(&answer.body) } else { Body::whole(&answer.body) };
    response.body(body).expect("a response")
}
