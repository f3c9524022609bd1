//! Monorepos: the members that a workspace lists, of npm, Cargo and uv alike.

use std::path::PathBuf;

use glob::Pattern;
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::untrusted::escape;
use serde::Deserialize;

use super::ProjectError;
use super::folder::Folder;
use crate::catalog::MAX_BYTES;

/// Members of one workspace. The largest monorepos that publish from one have some hundred.
const MAX_MEMBERS: usize = 1000;
/// Folders above a member in which its workspace is looked for.
const MAX_ABOVE: usize = 8;

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

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

/// The folders of the members that `root` lists, sorted, and what of its lists was not understood.
pub(super) fn of(root: &Folder) -> Result<(Vec<PathBuf>, Vec<String>), ProjectError> {
    let (mut members, mut notes) = (Vec::new(), Vec::new());
    for list in lists(root)? {
        for pattern in &list.members {
            match expand(root, pattern)? {
                Some(found) => members.extend(found),
                None => notes.push(format!("workspace members {} are not looked for", escape(pattern))),
            }
        }
        for pattern in &list.exclude {
            let excluded = expand(root, pattern)?.unwrap_or_default();
            members.retain(|member| !excluded.iter().any(|folder| member.starts_with(folder)));
        }
    }
    members.sort();
    members.dedup();
    if members.len() > MAX_MEMBERS {
        return Err(ProjectError::TooManyMembers { path: root.path.clone(), limit: MAX_MEMBERS });
    }
    Ok((members, notes))
}

/// The root of the workspace that `folder` is a member of.
pub(super) fn workspace_of(folder: &Folder) -> Option<Folder> {
    folder.path.ancestors().skip(1).take(MAX_ABOVE).find_map(|above| {
        let root = Folder::open(above).ok()?;
        // What lies above is not this project's: if it cannot be read, it is no workspace of it.
        let (members, _) = of(&root).ok()?;
        members.contains(&folder.path).then_some(root)
    })
}

fn lists(root: &Folder) -> Result<Vec<Listed>, ProjectError> {
    let mut lists = Vec::new();
    if let Some(bytes) = root.read("package.json")?
        && let Ok(json) = Json::parse(&bytes, Limits::bytes(MAX_BYTES))
    {
        let listed = json.get("workspaces");
        // Yarn writes `{"packages": […]}`.
        let listed = listed.and_then(|listed| listed.get("packages").or(Some(listed)));
        let patterns = listed.and_then(Json::as_array).unwrap_or_default();
        let (exclude, members) = patterns
            .iter()
            .filter_map(Json::as_str)
            .map(str::to_owned)
            .partition::<Vec<_>, _>(|pattern| pattern.starts_with('!'));
        let exclude = exclude.iter().map(|pattern| pattern.trim_start_matches('!').to_owned()).collect();
        lists.push(Listed { members, exclude });
    }
    if let Some(bytes) = root.read("Cargo.toml")? {
        lists.extend(super::toml::<CargoFile>(&bytes).unwrap_or_default().workspace);
    }
    if let Some(bytes) = root.read("pyproject.toml")? {
        let file = super::toml::<PyFile>(&bytes).unwrap_or_default();
        lists.extend(file.tool.and_then(|tool| tool.uv?.workspace));
    }
    Ok(lists)
}

/// The folders that a pattern such as `packages/*` names; `None` for one that is not understood: absolute, out of the
/// root, or of any depth (`**`).
fn expand(root: &Folder, pattern: &str) -> Result<Option<Vec<PathBuf>>, ProjectError> {
    let mut folders = vec![root.path.clone()];
    for part in pattern.trim_start_matches("./").trim_end_matches('/').split('/') {
        let Ok(glob) = Pattern::new(part) else { return Ok(None) };
        if matches!(part, "" | ".." | "**") {
            return Ok(None);
        }
        let mut next = Vec::new();
        for path in &folders {
            let folder = Folder::open(path)?;
            for name in folder.folders()? {
                let hidden = name.starts_with('.') || name == "node_modules";
                if name == part || (!hidden && glob.matches(&name)) {
                    next.push(folder.path.join(name));
                }
            }
        }
        next.truncate(MAX_MEMBERS + 1);
        folders = next;
    }
    Ok(Some(folders))
}
