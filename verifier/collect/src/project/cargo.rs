//! Cargo.toml, the `.crate` that `cargo package` makes, and the programs that `cargo build --release` leaves.

use std::collections::BTreeSet;

use mcpsign_schemas::purl::PackageIdentity;
use serde::Deserialize;

use super::folder::Folder;
use super::{Found, Launch, Places, ProjectError};

const FILE: &str = "Cargo.toml";

#[derive(Deserialize)]
struct File {
    package: Option<Head>,
    workspace: Option<Workspace>,
    #[serde(default)]
    bin: Vec<Bin>,
}

#[derive(Deserialize)]
struct Head {
    name: String,
    version: Option<Inherited>,
}

/// A value, or `{ workspace = true }`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Inherited {
    Own(String),
    Workspace { workspace: bool },
}

#[derive(Deserialize)]
struct Workspace {
    package: Option<Shared>,
}

#[derive(Deserialize)]
struct Shared {
    version: Option<String>,
}

#[derive(Deserialize)]
struct Bin {
    name: Option<String>,
}

/// What Cargo.toml releases.
pub(super) fn find(folder: &Folder, places: &Places<'_>) -> Result<Option<Found>, ProjectError> {
    let Some(bytes) = folder.read(FILE)? else { return Ok(None) };
    let unusable = |why: String| ProjectError::Manifest { path: folder.path.join(FILE), why };
    let file: File = super::toml(&bytes).map_err(unusable)?;
    // The root of a workspace need not be a package.
    let Some(head) = file.package else { return Ok(None) };
    let version = match head.version {
        Some(Inherited::Own(version)) => version,
        Some(Inherited::Workspace { workspace: true }) => {
            let own = file.workspace.and_then(|workspace| workspace.package?.version);
            match own.map_or_else(|| shared_version(places), |own| Ok(Some(own)))? {
                Some(version) => version,
                None => {
                    return Err(unusable(
                        "`package.version` is inherited from no workspace that has one".into(),
                    ));
                }
            }
        }
        // Cargo takes 0.0.0 and publishes nothing.
        _ => return Err(unusable("`package.version` is missing".into())),
    };
    if version.parse::<semver::Version>().is_err() {
        return Err(unusable("`package.version` is no version".into()));
    }
    let name = head.name;
    let identity = PackageIdentity::cargo(&name, Some(&version))
        .map_err(|error| unusable(format!("`package.name` or `package.version`: {error}")))?;

    let expected = format!("{name}-{version}.crate");
    let (mut artifacts, mut stale, mut programs) = (Vec::new(), Vec::new(), Vec::new());
    for target in places.roots().iter().filter_map(|root| root.below("target")) {
        for file in target.below("package").map_or_else(|| Ok(Vec::new()), |packages| packages.files())? {
            let other =
                file.strip_prefix(&name).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".crate"));
            let path = target.path.join("package").join(&file);
            if file == expected {
                artifacts.push(path);
            } else if other.is_some_and(|version| version.parse::<semver::Version>().is_ok()) {
                stale.push(path);
            }
        }
        let built = binaries(folder, &name, &file.bin)?
            .into_iter()
            .filter(|bin| target.has_file(&format!("release/{bin}")));
        programs.extend(built.map(|bin| target.path.join("release").join(bin)));
    }
    let launch = match programs.as_slice() {
        [program] => match program.to_str() {
            Some(program) => Ok(Launch { argv: vec![program.to_owned()], ..Launch::default() }),
            None => Err("the project's path is not UTF-8".into()),
        },
        [] => Err("no program in target/release: `cargo build --release` makes it".into()),
        _ => Err("target/release holds several programs of the package".into()),
    };
    artifacts.extend(programs);
    Ok(Some(Found {
        file: FILE,
        mcp_name: None,
        artifacts,
        stale,
        wanted: format!("{expected} in target/package, no program in target/release"),
        launch,
        identity,
    }))
}

/// Names of the programs that the package has: listed, `src/main.rs`, and what lies in `src/bin`.
fn binaries(folder: &Folder, name: &str, listed: &[Bin]) -> Result<BTreeSet<String>, ProjectError> {
    let mut names: BTreeSet<String> = listed.iter().filter_map(|bin| bin.name.clone()).collect();
    names.extend(folder.has_file("src/main.rs").then(|| name.to_owned()));
    if let Some(bin) = folder.below("src/bin") {
        names.extend(bin.files()?.iter().filter_map(|file| file.strip_suffix(".rs")).map(str::to_owned));
        names.extend(bin.folders()?.into_iter().filter(|one| bin.has_file(&format!("{one}/main.rs"))));
    }
    Ok(names)
}

/// `workspace.package.version` of the workspace's root.
fn shared_version(places: &Places<'_>) -> Result<Option<String>, ProjectError> {
    let root = places.workspace;
    let Some(bytes) = root.read(FILE)? else { return Ok(None) };
    let file: File =
        super::toml(&bytes).map_err(|why| ProjectError::Manifest { path: root.path.join(FILE), why })?;
    Ok(file.workspace.and_then(|workspace| workspace.package?.version))
}
