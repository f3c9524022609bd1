//! What the server knows of its client: all that a server which lists differently to different
//! clients can go by.

use std::time::Instant;

use serde_json::Value;

use crate::request::{META_CAPABILITIES, META_CLIENT, Request};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// 2026-07-28: each request names version and client.
    Modern,
    /// Up to 2025-11-25: `initialize` does, once.
    Legacy,
}

#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) started: Instant,
    pub(crate) era: Era,
    pub(crate) first_era: Option<Era>,
    pub(crate) initialized: bool,
    pub(crate) client: Value,
    pub(crate) client_capabilities: Value,
    /// Requests for `tools/list`, and those among them for a first page.
    pub(crate) lists: u64,
    pub(crate) passes: u64,
    /// Requests for `server/discover`.
    pub(crate) discoveries: u64,
    /// Calls answered before this request.
    pub(crate) calls: u64,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            era: Era::Legacy,
            first_era: None,
            initialized: false,
            client: Value::Null,
            client_capabilities: Value::Null,
            lists: 0,
            passes: 0,
            discoveries: 0,
            calls: 0,
        }
    }

    /// Takes note of a request, before it is answered.
    pub(crate) fn note(&mut self, request: &Request) {
        let modern = request.modern_version().is_some();
        self.era = if modern { Era::Modern } else { Era::Legacy };
        self.first_era.get_or_insert(self.era);
        if modern {
            self.client = request.meta(META_CLIENT).cloned().unwrap_or_default();
            self.client_capabilities = request.meta(META_CAPABILITIES).cloned().unwrap_or_default();
        } else if request.is("initialize") {
            self.initialized = true;
            self.client = request.params.get("clientInfo").cloned().unwrap_or_default();
            self.client_capabilities = request.params.get("capabilities").cloned().unwrap_or_default();
        }
        self.discoveries += u64::from(request.is("server/discover"));
        if request.is("tools/list") {
            self.lists += 1;
            self.passes += u64::from(!request.params.contains_key("cursor"));
        }
    }

    /// Takes note of a request, after it was answered.
    pub(crate) fn answered(&mut self, request: &Request) {
        self.calls += u64::from(request.is("tools/call"));
    }

    pub(crate) fn client_name(&self) -> &str {
        self.client.get("name").and_then(Value::as_str).unwrap_or_default()
    }
}
