//! npm: the tarball into a fresh prefix, its dependencies from the registry, no script run.

use std::path::{Path, PathBuf};

use mcpsign_collect::artifact::Artifact;
use mcpsign_collect::catalog::npm::PackageJson;
use mcpsign_evidence::registry::client::NpmClient;
use mcpsign_evidence::registry::{Config, PackageReference};
use mcpsign_schemas::manifest::Network;
use mcpsign_schemas::tree::TreePath;

use super::step::{Stage, Step, argument};
use super::{Choice, Installed, Scripts, choose};
use crate::failure::Failure;
use crate::output::Output;

/// A program that does not exist.
const NOWHERE: &str = "/nonexistent/git";

/// Installs and says how the server is started.
pub(super) fn install(
    stage: &Stage,
    client: &NpmClient,
    config: &Config,
    artifact: &Artifact,
    reference: &PackageReference,
    choice: &Choice<'_>,
    out: &mut Output,
) -> Result<Installed, Failure> {
    let manifest =
        manifest(artifact).ok_or_else(|| no_server("it has no package.json that is well-formed"))?;
    let bin = choose(&manifest.bin, &unscoped(reference.name()), choice.bin)?;
    let inside = TreePath::try_from(bin.trim_start_matches("./"))
        .map_err(|_| no_server("`bin` names no path inside the package"))?;

    let prefix = stage.folder("prefix")?;
    let cache = stage.folder("cache")?;
    let npm = argument(&client.script)?;
    let at = argument(&prefix)?;
    let env = || {
        vec![
            ("npm_config_cache".to_owned(), cache.to_string_lossy().into_owned()),
            // What is configured is handed over; nothing else of this machine is to count.
            // Two names of no file: npm refuses to read one twice.
            ("npm_config_userconfig".to_owned(), cache.join("no-user-npmrc").to_string_lossy().into_owned()),
            (
                "npm_config_globalconfig".to_owned(),
                cache.join("no-global-npmrc").to_string_lossy().into_owned(),
            ),
            ("npm_config_update_notifier".to_owned(), "false".to_owned()),
            // A dependency that lies in git is prepared by a second npm, which asks nobody about scripts: there is no
            // git, not even one that the repository's own .npmrc names, and newer npm does not try.
            ("npm_config_git".to_owned(), NOWHERE.to_owned()),
            ("npm_config_allow_git".to_owned(), "none".to_owned()),
        ]
    };
    let options = ["--prefix", &at, "--no-audit", "--no-fund", "--loglevel=error"].map(str::to_owned);

    let mut args =
        vec![npm.clone(), "install".to_owned(), "--ignore-scripts".to_owned(), "--omit=dev".to_owned()];
    args.extend(options.clone());
    args.push(argument(&real(&artifact.path))?);
    stage.run(
        Step {
            what: "npm install --ignore-scripts",
            program: &client.node,
            args,
            env: env().into_iter().chain(config.variables.plain.iter().cloned()).collect(),
            secret_env: config.variables.secret.clone(),
            network: Network::Host,
        },
        out,
    )?;
    if choice.scripts == Scripts::Run {
        // Apart from the step before, so that no script sees a credential.
        let mut args = vec![npm, "rebuild".to_owned(), "--foreground-scripts".to_owned()];
        args.extend(options);
        stage.run(
            Step {
                what: "npm rebuild",
                program: &client.node,
                args,
                env: env(),
                secret_env: Vec::new(),
                network: choice.network,
            },
            out,
        )?;
    }
    let folder = prefix.join("node_modules").join(reference.name());
    let script = folder.join(inside.as_str());
    let argv = vec![client.node.clone().into_os_string(), script.into_os_string()];
    Ok(Installed { argv, folder, lock: prefix, proof: super::Proof::Compare })
}

fn manifest(artifact: &Artifact) -> Option<PackageJson> {
    let document = artifact.documents.iter().find(|document| document.path.as_str() == "package.json")?;
    PackageJson::parse(document.bytes()?).ok()
}

fn unscoped(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn no_server(why: &str) -> Failure {
    Failure::usage(format!("the package says no server to start: {why}"))
        .hint("`--no-manifest` attests what it is made of alone")
}
