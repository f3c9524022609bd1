//! What of an item the model or the host can see: two digests per item, rules in `spec/digests.md`.
//!
//! Equal surface and different wire is benign (an SDK bump, say); a different surface is material. Members known to be
//! inert or volatile are taken out, by exact position; everything unknown is surface.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::canonical::Json;
use crate::digest::Sha256Digest;
use crate::time;

/// The kinds of items a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// An entry of `tools/list`, by `name`.
    Tool,
    /// An entry of `prompts/list`, by `name`.
    Prompt,
    /// An entry of `resources/list`, by `uri`.
    Resource,
    /// An entry of `resources/templates/list`, by `uriTemplate`.
    ResourceTemplate,
    /// An entry of `skills/list`, by `uri`.
    Skill,
    /// A `ui://` resource that a tool names. Its digest is that of its bytes, not of JSON.
    Ui,
    /// `serverInfo` of the first reply.
    ServerInfo,
    /// `instructions` of the first reply, a JSON string.
    Instructions,
    /// `capabilities` of the first reply.
    Capabilities,
}

impl ItemKind {
    /// The name in reports and vectors, as serde writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::ResourceTemplate => "resource-template",
            Self::Skill => "skill",
            Self::Ui => "ui",
            Self::ServerInfo => "server-info",
            Self::Instructions => "instructions",
            Self::Capabilities => "capabilities",
        }
    }

    /// The member by which items of this kind are keyed, where they carry their own key.
    pub const fn key_member(self) -> Option<&'static str> {
        match self {
            Self::Tool | Self::Prompt => Some("name"),
            Self::Resource | Self::Skill => Some("uri"),
            Self::ResourceTemplate => Some("uriTemplate"),
            Self::Ui | Self::ServerInfo | Self::Instructions | Self::Capabilities => None,
        }
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The wire digest: of the item exactly as received.
pub fn wire(item: &Json) -> Sha256Digest {
    item.sha256()
}

/// The surface digest: of [`surface_view`].
pub fn surface(kind: ItemKind, item: &Json) -> Sha256Digest {
    surface_view(kind, item).sha256()
}

/// The item without what is known to be no surface.
pub fn surface_view(kind: ItemKind, item: &Json) -> Json {
    let mut view = item.clone();
    match kind {
        ItemKind::Tool => {
            remove_if(&mut view, "execution", is_plain_execution);
            for schema in ["inputSchema", "outputSchema"] {
                if let Some(schema) = member(&mut view, schema) {
                    remove_if(schema, "$schema", is_inert_dialect);
                }
            }
        }
        ItemKind::Resource => {
            remove_last_modified(&mut view);
            remove_if(&mut view, "size", |size| size.as_u64().is_some());
        }
        ItemKind::ResourceTemplate => remove_last_modified(&mut view),
        ItemKind::Prompt
        | ItemKind::Skill
        | ItemKind::Ui
        | ItemKind::ServerInfo
        | ItemKind::Instructions
        | ItemKind::Capabilities => {}
    }
    view
}

fn member<'j>(json: &'j mut Json, key: &str) -> Option<&'j mut Json> {
    json.as_object_mut()?.get_mut(key)
}

/// Returns whether the member was there and fits, and is gone now.
fn remove_if(json: &mut Json, key: &str, fits: impl FnOnce(&Json) -> bool) -> bool {
    match json.as_object_mut() {
        Some(object) if object.get(key).is_some_and(fits) => object.remove(key).is_some(),
        _ => false,
    }
}

/// Older SDKs write it, newer ones leave it out; with any further member it could carry meaning.
fn is_plain_execution(execution: &Json) -> bool {
    let support = execution.get("taskSupport").and_then(Json::as_str);
    let plain = matches!(support, Some("forbidden" | "optional" | "required"));
    plain && execution.as_object().is_some_and(|object| object.len() == 1)
}

/// The dialects that MCP servers write without meaning a difference. Only draft-07's own URI ends in `#`.
fn is_inert_dialect(schema: &Json) -> bool {
    matches!(
        schema.as_str(),
        Some(
            "http://json-schema.org/draft-07/schema"
                | "http://json-schema.org/draft-07/schema#"
                | "https://json-schema.org/draft/2019-09/schema"
                | "https://json-schema.org/draft/2020-12/schema"
        )
    )
}

fn remove_last_modified(item: &mut Json) {
    let Some(annotations) = member(item, "annotations") else { return };
    let removed = remove_if(annotations, "lastModified", |date| date.as_str().is_some_and(time::is_rfc3339));
    if removed {
        remove_if(item, "annotations", |rest| rest.as_object().is_some_and(|object| object.is_empty()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Limits;

    #[test]
    fn removals_are_by_exact_position() {
        let parse = |text: &str| Json::parse(text.as_bytes(), Limits::bytes(4096)).unwrap();
        let view = |kind, text| String::from_utf8(surface_view(kind, &parse(text)).to_canonical()).unwrap();
        let tool = r#"{"execution":{"taskSupport":"optional"},"inputSchema":{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"execution":{"taskSupport":"optional"}}},"name":"t"}"#;
        let expected =
            r#"{"inputSchema":{"properties":{"execution":{"taskSupport":"optional"}}},"name":"t"}"#;
        assert_eq!(view(ItemKind::Tool, tool), expected);
        assert_eq!(view(ItemKind::Prompt, tool), tool);
        let resource =
            r#"{"annotations":{"lastModified":"2026-11-22T10:24:00Z"},"size":3,"uri":"file:///a"}"#;
        assert_eq!(view(ItemKind::Resource, resource), r#"{"uri":"file:///a"}"#);
        assert_eq!(view(ItemKind::ResourceTemplate, resource), r#"{"size":3,"uri":"file:///a"}"#);
        assert_eq!(view(ItemKind::Skill, resource), resource);
        assert_eq!(view(ItemKind::Instructions, r#""text""#), r#""text""#);
    }

    #[test]
    fn names_are_those_of_serde() {
        for kind in [
            ItemKind::Tool,
            ItemKind::Prompt,
            ItemKind::Resource,
            ItemKind::ResourceTemplate,
            ItemKind::Skill,
            ItemKind::Ui,
            ItemKind::ServerInfo,
            ItemKind::Instructions,
            ItemKind::Capabilities,
        ] {
            assert_eq!(Json::from_serialize(&kind).unwrap().as_str(), Some(kind.as_str()));
        }
    }
}
