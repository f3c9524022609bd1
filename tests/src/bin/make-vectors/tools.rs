//! Releases that show something else.

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::manifest::{ItemDigests, ToolManifest};
use mcpsign_schemas::surface::{ItemKind, surface, wire};
use mcpsign_tests::forge::{Release, jcs};
use serde_json::Value;

use crate::Result;

/// The release with these tools in its one profile.
pub(crate) fn set_tools(release: &mut Release, tools: &[Value]) -> Result<()> {
    set_items(release, ItemKind::Tool, tools)
}

/// The release with these items in place of those of their kind.
pub(crate) fn set_items(release: &mut Release, kind: ItemKind, items: &[Value]) -> Result<()> {
    let mut manifest: ToolManifest = parsed(&release.manifest)?.to_typed()?;
    let profile = manifest.profiles.first_mut().ok_or("no profile")?;
    let (map, key) = match kind {
        ItemKind::Tool => (&mut profile.tools, "name"),
        ItemKind::Prompt => (&mut profile.prompts, "name"),
        ItemKind::Resource => (&mut profile.resources, "uri"),
        ItemKind::ResourceTemplate => (&mut profile.resource_templates, "uriTemplate"),
        ItemKind::Skill => (&mut profile.skills, "uri"),
        _ => return Err("its items are no list".into()),
    };
    for digests in std::mem::take(map).values() {
        manifest.items.remove(&digests.wire);
    }
    for item in items {
        let (name, item) = (item[key].as_str().ok_or("no name")?.to_owned(), parsed(item)?);
        let digests = ItemDigests { wire: wire(&item), surface: surface(kind, &item) };
        manifest.items.insert(digests.wire, item);
        map.insert(name, digests);
    }
    if kind == ItemKind::Tool {
        profile.tool_order = items.iter().filter_map(|item| item[key].as_str()).map(str::to_owned).collect();
    }
    profile.seal();
    release.manifest = serde_json::from_slice(&Json::from_serialize(&manifest)?.to_canonical())?;
    Ok(())
}

pub(crate) fn parsed(value: &Value) -> Result<Json> {
    let bytes = jcs(value);
    Ok(Json::parse(&bytes, Limits::bytes(bytes.len()))?)
}

pub(crate) fn tool(name: &str, description: &str) -> Value {
    serde_json::json!({ "name": name, "description": description, "inputSchema": { "type": "object" } })
}
