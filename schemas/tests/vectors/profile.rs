//! The items of a whole profile, and its two digests, put together as `spec/digests.md` says.

use std::collections::BTreeMap;

use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::surface::{self, ItemKind};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Vector {
    name: String,
    capabilities: Json,
    instructions: Json,
    server_info: Json,
    prompts: Vec<Json>,
    resources: Vec<Json>,
    resource_templates: Vec<Json>,
    skills: Vec<Json>,
    tools: Vec<Json>,
    ui: BTreeMap<String, String>,
    result_members: BTreeMap<String, Json>,
    wire_digest: Sha256Digest,
    surface_digest: Sha256Digest,
}

impl crate::Case for Vector {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Result<(), String> {
        let mut wire = self.summary(|_, item| surface::wire(item));
        let members = self.result_members.iter().map(|(method, pages)| (method.clone(), hex(pages.sha256())));
        wire.insert("resultMembers".into(), Json::Object(members.collect()));
        crate::expect(Ok(Json::Object(wire).sha256()), Ok(self.wire_digest))?;
        crate::expect(Ok(Json::Object(self.summary(surface::surface)).sha256()), Ok(self.surface_digest))
    }
}

impl Vector {
    fn summary(&self, digest: impl Fn(ItemKind, &Json) -> Sha256Digest) -> Object {
        let single = |kind, item: &Json| match item {
            Json::Null => Json::Null,
            item => hex(digest(kind, item)),
        };
        let keyed = |kind, key: &str, items: &[Json]| {
            let pair =
                |item: &Json| (item.get(key).unwrap().as_str().unwrap().to_owned(), hex(digest(kind, item)));
            Json::Object(items.iter().map(pair).collect())
        };
        let ui = self.ui.iter().map(|(uri, text)| (uri.clone(), hex(Sha256Digest::of(text.as_bytes()))));
        [
            ("capabilities", single(ItemKind::Capabilities, &self.capabilities)),
            ("instructions", single(ItemKind::Instructions, &self.instructions)),
            ("serverInfo", single(ItemKind::ServerInfo, &self.server_info)),
            ("prompts", keyed(ItemKind::Prompt, "name", &self.prompts)),
            ("resources", keyed(ItemKind::Resource, "uri", &self.resources)),
            ("resourceTemplates", keyed(ItemKind::ResourceTemplate, "uriTemplate", &self.resource_templates)),
            ("skills", keyed(ItemKind::Skill, "uri", &self.skills)),
            ("tools", keyed(ItemKind::Tool, "name", &self.tools)),
            ("ui", Json::Object(ui.collect())),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }
}

fn hex(digest: Sha256Digest) -> Json {
    Json::String(digest.to_string())
}
