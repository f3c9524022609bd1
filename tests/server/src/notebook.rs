//! The notes themselves, kept in memory, and what tools, prompt and resources do with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::protocol::{Fault, INVALID_PARAMS};
use crate::request::Request;

pub(crate) struct Notebook(BTreeMap<String, String>);

impl Notebook {
    pub(crate) fn new() -> Self {
        let note = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        Self(BTreeMap::from([
            note("groceries", "Bread, apples, tea."),
            note("welcome", "Each note has a name and a text."),
        ]))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn call(&mut self, request: &Request) -> Result<Value, Fault> {
        let argument = |name: &str| request.params.get("arguments")?.get(name)?.as_str();
        match (request.param("name"), argument("name"), argument("text")) {
            (Some("list-notes"), _, _) => {
                Ok(structured(&json!({ "names": self.names().collect::<Vec<_>>() })))
            }
            (Some("read-note"), Some(name), _) => match self.0.get(name) {
                Some(text) => Ok(structured(&json!({ "text": text }))),
                None => Ok(failed("There is no note of that name.")),
            },
            (Some("add-note"), Some(name), Some(text)) => {
                self.0.insert(name.to_owned(), text.to_owned());
                Ok(json!({ "content": [{ "type": "text", "text": "Added." }] }))
            }
            (Some("read-note" | "add-note"), _, _) => Ok(failed("An argument is missing.")),
            _ => Err(Fault::new(INVALID_PARAMS, "Unknown tool")),
        }
    }

    pub(crate) fn prompt(&self, request: &Request) -> Result<Value, Fault> {
        let name = request.params.get("arguments").and_then(|a| a["name"].as_str());
        let text = name.and_then(|name| self.0.get(name));
        match (request.param("name"), text) {
            (Some("tidy-note"), Some(text)) => Ok(json!({ "messages": [{
                "role": "user",
                "content": { "type": "text", "text": format!("Say this in fewer words: {text}") },
            }] })),
            _ => Err(Fault::new(INVALID_PARAMS, "Unknown prompt or note")),
        }
    }

    pub(crate) fn read(&self, uri: &str) -> Option<Value> {
        let text = self.0.get(uri.strip_prefix("note:///")?)?;
        Some(json!({ "uri": uri, "mimeType": "text/plain", "text": text }))
    }
}

fn structured(value: &Value) -> Value {
    json!({ "content": [{ "type": "text", "text": value.to_string() }], "structuredContent": value })
}

fn failed(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }], "isError": true })
}
