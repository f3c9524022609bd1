//! One message of the client.

use serde_json::{Map, Value};

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: Value,
    pub(crate) method: String,
    pub(crate) params: Map<String, Value>,
}

#[derive(Debug)]
pub(crate) enum Message {
    Request(Request),
    /// An answer to a request of ours.
    Response,
    Notification,
    Unreadable,
}

pub(crate) const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";
pub(crate) const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub(crate) const META_SERVER: &str = "io.modelcontextprotocol/serverInfo";

impl Message {
    pub(crate) fn read(line: &[u8]) -> Self {
        let Ok(Value::Object(mut message)) = serde_json::from_slice(line) else {
            return Self::Unreadable;
        };
        let Some(Value::String(method)) = message.remove("method") else {
            return Self::Response;
        };
        let Some(id) = message.remove("id") else {
            return Self::Notification;
        };
        let params = match message.remove("params") {
            Some(Value::Object(params)) => params,
            _ => Map::new(),
        };
        Self::Request(Request { id, method, params })
    }
}

impl Request {
    pub(crate) fn is(&self, method: &str) -> bool {
        self.method == method
    }

    /// The protocol version that a request of the 2026-07-28 era carries; `None` for older ones.
    pub(crate) fn modern_version(&self) -> Option<&Value> {
        self.meta(META_VERSION)
    }

    pub(crate) fn meta(&self, key: &str) -> Option<&Value> {
        self.params.get("_meta")?.get(key)
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.as_str()
    }
}
