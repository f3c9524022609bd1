//! Crates: unpacked by us, their dependencies fetched, then built without a network and without credentials.

use std::collections::BTreeMap;
use std::fs;

use mcpsign_collect::archive::{self};
use mcpsign_collect::artifact::Artifact;
use mcpsign_evidence::registry::client::CargoClient;
use mcpsign_evidence::registry::{Config, PackageReference};
use mcpsign_schemas::manifest::Network;

use super::step::{Stage, Step, argument, unusable};
use super::{Choice, Installed, Proof, built, choose};
use crate::failure::Failure;
use crate::output::Output;

/// What cargo is told: that crates come from the registry that the crate itself came from, by the name that its
/// variables have.
const CONFIG: &str = "[source.crates-io]\nreplace-with = \"mcpsign\"\n[registry]\nglobal-credential-providers = [\"cargo:token\"]\n[net]\noffline = false\n";

/// Builds and says how the server is started.
pub(super) fn install(
    stage: &Stage,
    client: &CargoClient,
    config: &Config,
    artifact: &Artifact,
    reference: &PackageReference,
    choice: &Choice<'_>,
    out: &mut Output,
) -> Result<Installed, Failure> {
    let source = stage.folder("source")?;
    let home = stage.folder("cargo")?;
    let prefix = stage.folder("prefix")?;
    archive::unpack(artifact, &source).map_err(|error| {
        let hint =
            error.hint().unwrap_or("set TMPDIR to a folder that can be written to, on a disk with room");
        Failure::from_error(&error).hint(hint)
    })?;
    let written = fs::write(home.join("config.toml"), CONFIG);
    written.map_err(|error| unusable(&home, error))?;

    let target = stage.folder("target")?;
    let mut env = vec![
        ("CARGO_HOME".to_owned(), argument(&home)?),
        ("CARGO_TARGET_DIR".to_owned(), argument(&target)?),
    ];
    env.extend(client.rustc().map(|rustc| ("RUSTC".to_owned(), rustc.to_string_lossy().into_owned())));
    let manifest = argument(&source.join("Cargo.toml"))?;
    let has_lock = source.join("Cargo.lock").is_file();
    let mut args = ["fetch", "--manifest-path", &manifest, "--quiet"].map(str::to_owned).to_vec();
    if has_lock {
        args.push("--locked".to_owned());
    }
    stage.run(
        Step {
            what: "cargo fetch",
            program: &client.cargo,
            args,
            env: env.iter().cloned().chain(config.variables.plain.iter().cloned()).collect(),
            secret_env: config.variables.secret.clone(),
            network: Network::Host,
        },
        out,
    )?;
    let (at, root) = (argument(&source)?, argument(&prefix)?);
    let args = ["install", "--path", &at, "--root", &root, "--locked", "--offline", "--no-track", "--quiet"];
    stage.run(
        Step {
            what: "cargo install --offline",
            program: &client.cargo,
            args: args.map(str::to_owned).to_vec(),
            // The index is named so that what was fetched from it is found; nothing reaches it.
            env: env.into_iter().chain(config.variables.plain.iter().cloned()).collect(),
            secret_env: Vec::new(),
            network: choice.network,
        },
        out,
    )?;
    built::unchanged(artifact)?;

    let bin = prefix.join("bin");
    let programs: BTreeMap<String, String> = fs::read_dir(&bin)
        .map_err(|error| unusable(&bin, error))?
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .map(|name| (name.clone(), name))
        .collect();
    let program = choose(&programs, reference.name(), choice.bin)?;
    let argv = vec![bin.join(program).into_os_string()];
    Ok(Installed { argv, folder: prefix, lock: source, proof: Proof::Built })
}
