//! Python: the wheel into a fresh virtual environment, its dependencies as wheels from the index, nothing built.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use mcpsign_collect::archive::PackageForm;
use mcpsign_collect::artifact::{Artifact, ArtifactKind};
use mcpsign_collect::catalog::pypi::{lock_of_report, normalized};
use mcpsign_evidence::registry::client::PythonClient;
use mcpsign_evidence::registry::{Config, PackageReference};
use mcpsign_schemas::manifest::Network;

use super::step::{Stage, Step, argument, unusable};
use super::{Choice, Installed, Proof, Scripts, built, choose};
use crate::failure::Failure;
use crate::output::Output;

/// pip, unable to start anything. `--only-binary` is for what an index offers alone: a requirement that names a source
/// distribution by its address is built, in another process.
const ONLY_UNPACKS: &str = include_str!("pip.py");
/// Bytes of pip's report at the most; it has the descriptions of all packages in it.
const MAX_REPORT: usize = 64 << 20;
/// Bytes of `entry_points.txt` at the most.
const MAX_ENTRY_POINTS: usize = 1 << 20;

/// Installs and says how the server is started.
pub(super) fn install(
    stage: &Stage,
    client: &PythonClient,
    config: &Config,
    artifact: &Artifact,
    reference: &PackageReference,
    choice: &Choice<'_>,
    out: &mut Output,
) -> Result<Installed, Failure> {
    let environment = stage.root().join("venv");
    let lock = stage.folder("lock")?;
    let report = lock.join("report.json");
    let at = argument(&environment)?;
    stage.run(
        Step {
            what: "python -m venv",
            program: &client.python,
            args: ["-I", "-m", "venv", &at].map(str::to_owned).to_vec(),
            env: Vec::new(),
            secret_env: Vec::new(),
            network: Network::None,
        },
        out,
    )?;
    let path = artifact.path.canonicalize().map_err(|error| unusable(&artifact.path, error))?;
    let file = format!("{}#sha256={}", file_url(&path)?, artifact.digests.sha256);
    let pip = match choice.scripts {
        Scripts::Never => ["-I", "-c", ONLY_UNPACKS],
        Scripts::Run => ["-I", "-m", "pip"],
    };
    let options = ["install", "--no-compile", "--no-input", "--no-cache-dir", "--quiet"];
    let mut args: Vec<String> = pip.into_iter().chain(options).map(str::to_owned).collect();
    args.extend(["--report".to_owned(), argument(&report)?]);
    if choice.scripts == Scripts::Never {
        args.extend(["--only-binary".to_owned(), ":all:".to_owned()]);
    }
    args.push(file);
    // A build sees its environment: it gets no secret, and then finds nothing in a registry that needs one.
    let secret_env = match choice.scripts {
        Scripts::Never => config.variables.secret.clone(),
        Scripts::Run => Vec::new(),
    };
    let mut env = vec![
        // What is configured is handed over; nothing else of this machine is to count.
        ("PIP_CONFIG_FILE".to_owned(), "/dev/null".to_owned()),
        ("PIP_DISABLE_PIP_VERSION_CHECK".to_owned(), "1".to_owned()),
    ];
    env.extend(config.variables.plain.iter().cloned());
    let python = environment.join("bin/python");
    stage.run(
        Step { what: "pip install", program: &python, args, env, secret_env, network: Network::Host },
        out,
    )?;

    let said = mcpsign_evidence::read::file(&report, MAX_REPORT)
        .map_err(|error| Failure::from_error(&error).hint("a newer pip (22.2 or later) writes it"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let locked = lock_of_report(&said, &name)
        .map_err(|error| Failure::from_error(&error).hint("report this: pip's report is not as expected"))?;
    fs::write(lock.join("pylock.toml"), locked).map_err(|error| unusable(&lock, error))?;
    fs::remove_file(&report).map_err(|error| unusable(&report, error))?;

    let scripts = console_scripts(&environment, reference)?;
    let script = choose(&scripts, &normalized(reference.name()), choice.bin)?;
    let argv = vec![environment.join("bin").join(script).into_os_string()];
    let proof = match &artifact.kind {
        ArtifactKind::Package(package) if package.form == PackageForm::Wheel => Proof::Compare,
        _ => Proof::Built,
    };
    if proof == Proof::Built {
        built::unchanged(artifact)?;
    }
    Ok(Installed { argv, folder: environment, lock, proof })
}

/// The console scripts that the installed distribution declares, each by its normalised name.
fn console_scripts(
    environment: &Path,
    reference: &PackageReference,
) -> Result<BTreeMap<String, String>, Failure> {
    let wanted = normalized(reference.name());
    let mut found = BTreeMap::new();
    for packages in site_packages(environment) {
        for entry in fs::read_dir(&packages).map_err(|error| unusable(&packages, error))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(project) = name.strip_suffix(".dist-info").and_then(|name| name.rsplit_once('-')) else {
                continue;
            };
            if normalized(project.0) != wanted {
                continue;
            }
            let path = entry.path().join("entry_points.txt");
            let Ok(bytes) = mcpsign_evidence::read::file(&path, MAX_ENTRY_POINTS) else { continue };
            let names = mcpsign_evidence::registry::pypi::console_scripts(&String::from_utf8_lossy(&bytes));
            // pip made a file of each; a name that is a path made none.
            let plain = names.into_iter().filter(|name| !name.contains('/') && !name.starts_with('.'));
            found.extend(plain.map(|name| (normalized(&name), name)));
        }
    }
    Ok(found)
}

fn site_packages(environment: &Path) -> Vec<std::path::PathBuf> {
    let lib = environment.join("lib");
    let versions = fs::read_dir(lib).into_iter().flatten().flatten();
    versions.map(|version| version.path().join("site-packages")).filter(|path| path.is_dir()).collect()
}

fn file_url(path: &Path) -> Result<String, Failure> {
    mcpsign_evidence::registry::pypi::file_url(path).ok_or_else(|| {
        Failure::usage(format!("`{}` has no URL", path.display()))
            .hint("name another folder with `--download-dir DIR`")
    })
}
