//! What of an item the model or the host can see: two digests per item, rules in `spec/digests.md`.
//!
//! Equal surface and different wire is benign (an SDK bump, say); a different surface is material. Members known to be
//! inert or volatile are taken out, by exact position; everything unknown is surface.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::canonical::Json;
use crate::digest::Sha256Digest;

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
    let removed = remove_if(annotations, "lastModified", |date| date.as_str().is_some_and(is_rfc3339));
    if removed {
        remove_if(item, "annotations", |rest| rest.as_object().is_some_and(|object| object.is_empty()));
    }
}

/// RFC 3339 `date-time`: `T` and `Z` in either case, a fraction of any length, an offset. The second 60 is
/// taken at any minute: there is no table of leap seconds. No space for `T`.
fn is_rfc3339(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    let (clock, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => return false,
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    is_date(date)
        && fields(clock, [2, 2, 2], ':').is_some_and(|[h, m, s]| h <= 23 && m <= 59 && s <= 60)
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && is_offset(offset)
}

fn is_date(date: &str) -> bool {
    let Some([year, month, day]) = fields(date, [4, 2, 2], '-') else { return false };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_offset(offset: &str) -> bool {
    match offset.strip_prefix(['+', '-']) {
        Some(numeric) => fields(numeric, [2, 2], ':').is_some_and(|[h, m]| h <= 23 && m <= 59),
        None => matches!(offset, "Z" | "z"),
    }
}

/// Splits into decimal fields of exactly these widths.
fn fields<const N: usize>(text: &str, widths: [usize; N], separator: char) -> Option<[u32; N]> {
    let mut parts = text.split(separator);
    let mut values = [0; N];
    for (value, width) in values.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        // `parse` would take a sign too.
        *value = part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Limits;

    #[test]
    fn rfc3339_date_times() {
        for good in [
            "2026-11-22T10:24:00Z",
            "2026-11-22t10:24:00z",
            "2024-02-29T23:59:60+05:30",
            "2000-02-29T00:00:00.123456789012345678901234567890-00:00",
            "0000-01-01T00:00:00Z",
        ] {
            assert!(is_rfc3339(good), "{good}");
        }
        for bad in [
            "",
            "2026-11-22",
            "2026-11-22 10:24:00Z",
            "2026-11-22T10:24:00",
            "2026-11-22T10:24Z",
            "2026-11-22T10:24:00ZZ",
            "2026-11-22T10:24:00Z ",
            "2026-11-22T10:24:00.Z",
            "2026-11-22T10:24:00,5Z",
            "2026-11-22T10:24:00.5.5Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T10:60:00Z",
            "2026-11-22T10:24:61Z",
            "2026-11-22T10:24:00+24:00",
            "2026-11-22T10:24:00+05:60",
            "2026-11-22T10:24:00+0530",
            "2026-11-22T10:24:00+05",
            "2026-11-22T10:24:00+05:30Z",
            "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "26-11-22T10:24:00Z",
            "+026-11-22T10:24:00Z",
            "2026-11-22T+1:24:00Z",
            "2026-11-22T10:24:00Z\n",
            "２026-11-22T10:24:00Z",
            "2026-11-22TT10:24:00Z",
        ] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }

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
