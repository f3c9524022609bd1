//! The project's own server over HTTP, and captures of it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mcpsign_collect::capture::{
    CaptureError, Captured, Headers, Limits, Protocol, RemoteRequest, capture_remote,
};
use mcpsign_collect::http::PlainHttp;
use mcpsign_schemas::canonical::{Json, Limits as JsonLimits};
use mcpsign_schemas::code::Code;
use mcpsign_schemas::endpoint::{self, Endpoint};
use mcpsign_schemas::manifest::Product;

use crate::support;

/// A server that ends with its owner.
pub(crate) struct Served {
    child: Child,
    pub(crate) port: u16,
}

impl Served {
    /// The test server with lies and knobs.
    pub(crate) fn start(lies: &[&str], knobs: &[&str]) -> Self {
        let mut command = Command::new(support::test_server());
        command.arg("--http");
        command.args(lies.iter().flat_map(|lie| ["--lie", lie]));
        command.args(knobs.iter().flat_map(|knob| ["--knob", knob]));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port = port.trim().parse().unwrap_or_else(|error| panic!("{knobs:?}: {error}"));
        Self { child, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Limits that keep a test of waiting short, and leave room for a busy machine.
pub(crate) fn impatient() -> Limits {
    Limits {
        startup: Duration::from_secs(15),
        discover: Duration::from_secs(4),
        request: Duration::from_secs(6),
        total: Duration::from_secs(90),
        ..Limits::remote()
    }
}

pub(crate) fn request(url: &str) -> RemoteRequest {
    RemoteRequest {
        profile: "default".into(),
        endpoint: Endpoint::parse(url, endpoint::PlainHttp::Loopback).unwrap(),
        query: None,
        headers: Headers::default(),
        ca: Vec::new(),
        plain_http: PlainHttp::Loopback,
        client_info: Product { name: "mcpsign".into(), version: "0.1.0".into() },
        client_capabilities: Json::parse(b"{}", JsonLimits::bytes(2)).unwrap(),
        protocol: Protocol::Auto,
        limits: impatient(),
        allow: BTreeSet::new(),
    }
}

pub(crate) fn capture(lies: &[&str], knobs: &[&str]) -> Result<Captured, CaptureError> {
    let served = Served::start(lies, knobs);
    capture_remote(&request(&served.url()))
}

pub(crate) fn captured(lies: &[&str], knobs: &[&str]) -> Captured {
    capture(lies, knobs).unwrap_or_else(|error| panic!("{lies:?} {knobs:?}: {error:?}"))
}

/// The code by which a capture ended, and whether it was refused rather than not observed.
pub(crate) fn ended(outcome: &Result<Captured, CaptureError>) -> (Code, bool) {
    match outcome {
        Err(CaptureError::Refused { findings, .. }) => (findings[0].code, true),
        Err(CaptureError::NotObserved { finding, .. }) => (finding.code, false),
        other => panic!("neither refused nor unobserved: {other:?}"),
    }
}

pub(crate) fn codes(captured: &Captured) -> Vec<&str> {
    captured.profile.findings.iter().map(|finding| finding.code.as_str()).collect()
}
