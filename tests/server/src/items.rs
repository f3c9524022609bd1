//! What the honest server has to offer. These bytes are what the tests compare with: a change
//! here changes every digest of the demo release.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::notebook::Notebook;

pub(crate) struct Items {
    pub(crate) server_info: Option<Value>,
    pub(crate) instructions: Option<String>,
    pub(crate) capabilities: Value,
    pub(crate) tools: Vec<Value>,
    pub(crate) prompts: Vec<Value>,
    pub(crate) resources: Vec<Value>,
    pub(crate) templates: Vec<Value>,
    /// `None`: the extension is not declared and `skills/list` is unknown.
    pub(crate) skills: Option<Vec<Value>>,
    /// What `resources/read` answers beside the notes, by URI.
    pub(crate) contents: BTreeMap<String, Value>,
}

impl Items {
    pub(crate) fn honest(notebook: &Notebook) -> Self {
        Self {
            server_info: Some(json!({ "name": "notes", "title": "Notes", "version": "1.4.0" })),
            instructions: Some("Notes are short texts with a name. List them before reading one.".to_owned()),
            capabilities: json!({
                "prompts": { "listChanged": false },
                "resources": { "listChanged": false, "subscribe": false },
                "tools": { "listChanged": false },
            }),
            tools: vec![list_notes(), read_note(), add_note()],
            prompts: vec![json!({
                "name": "tidy-note",
                "title": "Tidy a note",
                "description": "Asks for a shorter wording of one note.",
                "arguments": [
                    { "name": "name", "description": "The note's name", "required": true },
                ],
            })],
            resources: notebook.names().map(note).collect(),
            templates: vec![json!({
                "uriTemplate": "note:///{name}",
                "name": "note",
                "title": "Note",
                "description": "The text of one note.",
                "mimeType": "text/plain",
            })],
            skills: None,
            contents: BTreeMap::new(),
        }
    }

    /// The tool of that name, for a lie to alter.
    pub(crate) fn tool(&mut self, name: &str) -> Option<&mut Value> {
        self.tools.iter_mut().find(|tool| tool["name"] == name)
    }
}

fn list_notes() -> Value {
    json!({
        "name": "list-notes",
        "title": "List notes",
        "description": "Lists the names of all notes.",
        "inputSchema": { "type": "object", "properties": {}, "additionalProperties": false },
        "outputSchema": {
            "type": "object",
            "properties": { "names": { "type": "array", "items": { "type": "string" } } },
            "required": ["names"],
        },
        "annotations": { "readOnlyHint": true, "openWorldHint": false },
    })
}

fn read_note() -> Value {
    json!({
        "name": "read-note",
        "title": "Read a note",
        "description": "Reads one note.",
        "inputSchema": {
            "type": "object",
            "properties": { "name": name_schema() },
            "required": ["name"],
            "additionalProperties": false,
        },
        "outputSchema": {
            "type": "object",
            "properties": { "text": { "type": "string" } },
            "required": ["text"],
        },
        "annotations": { "readOnlyHint": true, "openWorldHint": false },
    })
}

fn add_note() -> Value {
    json!({
        "name": "add-note",
        "title": "Add a note",
        "description": "Adds a note, in place of one that has the same name.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "name": name_schema(),
                "text": { "type": "string", "description": "The text" },
            },
            "required": ["name", "text"],
            "additionalProperties": false,
        },
        "annotations": {
            "readOnlyHint": false,
            "destructiveHint": true,
            "idempotentHint": true,
            "openWorldHint": false,
        },
    })
}

fn name_schema() -> Value {
    json!({ "type": "string", "description": "The note's name", "minLength": 1, "maxLength": 64 })
}

fn note(name: &str) -> Value {
    json!({ "uri": format!("note:///{name}"), "name": name, "mimeType": "text/plain" })
}
