//! What the files of each ecosystem list as members, in their own patterns.

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::untrusted::escape;
use serde::Deserialize;

use crate::catalog::MAX_BYTES;
use crate::catalog::npm::pnpm_members;
use crate::project::ProjectError;
use crate::project::folder::Folder;

/// pnpm's own list; it passes over the one in package.json.
const PNPM: &str = "pnpm-workspace.yaml";

/// One file's list.
#[derive(Deserialize, Default)]
pub(super) struct Listed {
    #[serde(default)]
    pub(super) members: Vec<String>,
    #[serde(default)]
    pub(super) exclude: Vec<String>,
}

#[derive(Deserialize, Default)]
struct CargoFile {
    workspace: Option<Listed>,
}

#[derive(Deserialize, Default)]
struct PyFile {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    uv: Option<Uv>,
}

#[derive(Deserialize)]
struct Uv {
    workspace: Option<Listed>,
}

/// The lists of `root`, and what of them cannot be read.
pub(super) fn of(root: &Folder) -> Result<(Vec<Listed>, Vec<String>), ProjectError> {
    let (mut lists, mut notes) = (Vec::new(), Vec::new());
    if let Some(bytes) = root.read(PNPM)? {
        match pnpm_members(&bytes) {
            Ok(patterns) => lists.push(signed(patterns)),
            Err(error) => notes.push(format!("{PNPM} is not understood: {}", escape(&error.to_string()))),
        }
    } else if let Some(bytes) = root.read("package.json")?
        && let Ok(json) = Json::parse(&bytes, Limits::bytes(MAX_BYTES))
    {
        let listed = json.get("workspaces");
        // Yarn writes `{"packages": […]}`.
        let listed = listed.and_then(|listed| listed.get("packages").or(Some(listed)));
        let patterns = listed.and_then(Json::as_array).unwrap_or_default();
        lists.push(signed(patterns.iter().filter_map(Json::as_str).map(str::to_owned).collect()));
    }
    if let Some(bytes) = root.read("Cargo.toml")? {
        lists.extend(crate::project::toml::<CargoFile>(&bytes).unwrap_or_default().workspace);
    }
    if let Some(bytes) = root.read("pyproject.toml")? {
        let file = crate::project::toml::<PyFile>(&bytes).unwrap_or_default();
        lists.extend(file.tool.and_then(|tool| tool.uv?.workspace));
    }
    Ok((lists, notes))
}

/// Patterns of the JavaScript tools: `!` before one takes away what it matches.
fn signed(patterns: Vec<String>) -> Listed {
    let (exclude, members) = patterns.into_iter().partition::<Vec<_>, _>(|pattern| pattern.starts_with('!'));
    let exclude = exclude.iter().map(|pattern| pattern.trim_start_matches('!').to_owned()).collect();
    Listed { members, exclude }
}
