//! The ecosystems' own clients: where they lie, and what they say of themselves when nothing is configured.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::RegistryError;

/// Where programs of the system lie. Never the caller's `PATH`: whatever is found by name, anybody can be first with.
const SYSTEM_FOLDERS: [&str; 5] =
    ["/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin", "/usr/local/sbin"];
/// For a question to a client about itself: npm needs half a second on an idle machine.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// Bytes of its answer at the most: an address, or a few hundred tags of wheels.
const ANSWER_BYTES: u64 = 1 << 20;
/// Bytes of what `cargo metadata` prints: five KiB for each crate, of the largest workspaces 20 MiB.
const METADATA_BYTES: u64 = 64 << 20;

/// npm, and the node that runs it.
#[derive(Debug, Clone)]
pub struct NpmClient {
    /// Absolute.
    pub node: PathBuf,
    /// Its script, absolute, links resolved.
    pub script: PathBuf,
}

/// A Python interpreter with pip.
#[derive(Debug, Clone)]
pub struct PythonClient {
    /// Absolute.
    pub python: PathBuf,
}

/// Cargo.
#[derive(Debug, Clone)]
pub struct CargoClient {
    /// Absolute, links resolved.
    pub cargo: PathBuf,
}

/// What a crate is built for.
#[derive(Debug, Clone, Default)]
pub struct CargoBuild {
    /// The machine, as rustc calls it; where it is open the one that rustc runs on.
    pub target: Option<String>,
    /// Features beside the default ones.
    pub features: Vec<String>,
    /// All of them.
    pub all_features: bool,
    /// Not even the default ones.
    pub no_default_features: bool,
}

impl NpmClient {
    /// npm where `named` says, or in a folder of the system.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(named: Option<&Path>) -> Result<Self, RegistryError> {
        let npm = find("npm", named)?;
        let script = npm.canonicalize().unwrap_or_else(|_| npm.clone());
        if script.extension().is_none_or(|extension| extension != "js") {
            return Err(missing("npm", format!("`{}` is not npm's own script", npm.display())));
        }
        // The node beside it is the one that it came with.
        let beside = npm.with_file_name("node");
        let node = if beside.is_file() { beside } else { find("node", None)? };
        Ok(Self { node, script })
    }

    /// npm's own folder.
    pub fn folder(&self) -> &Path {
        self.script.parent().and_then(Path::parent).unwrap_or(&self.script)
    }

    /// What npm takes for its prefix where nothing sets it.
    pub fn prefix(&self) -> Option<PathBuf> {
        Some(self.node.canonicalize().ok()?.parent()?.parent()?.to_owned())
    }

    /// The registry that npm asks where nothing is configured.
    ///
    /// # Errors
    /// When npm does not say.
    pub fn default_registry(&self) -> Result<String, RegistryError> {
        ask("npm", Command::new(&self.node).arg(&self.script).args(["config", "get", "registry"]))
    }
}

impl PythonClient {
    /// Python where `named` says, or in a folder of the system.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(named: Option<&Path>) -> Result<Self, RegistryError> {
        // Not resolved: a link may be what makes it find its packages.
        Ok(Self { python: find("python3", named)? })
    }

    /// The index that pip asks where nothing is configured.
    ///
    /// # Errors
    /// When there is no pip, or it does not say.
    pub fn default_index(&self) -> Result<String, RegistryError> {
        self.say("from pip._internal.models.index import PyPI; print(PyPI.simple_url)")
    }

    /// The tags of wheels that can be installed, best first.
    ///
    /// # Errors
    /// When there is no pip, or it does not say.
    pub fn tags(&self) -> Result<Vec<String>, RegistryError> {
        let tags = self.say("from pip._vendor.packaging.tags import sys_tags; print(*sys_tags())")?;
        Ok(tags.split_whitespace().map(str::to_owned).collect())
    }

    fn say(&self, program: &str) -> Result<String, RegistryError> {
        // Isolated: no variables, no user's folder, nothing from the current one.
        ask("pip", Command::new(&self.python).args(["-I", "-c", program]))
    }
}

impl CargoClient {
    /// Cargo where `named` says, or in a folder of the system.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(named: Option<&Path>) -> Result<Self, RegistryError> {
        let cargo = find("cargo", named)?;
        let real = cargo.canonicalize().unwrap_or_else(|_| cargo.clone());
        // rustup's stand-in looks up the toolchain in the caller's home, which nothing that is built may see.
        if real.file_name().is_some_and(|name| name == "rustup") {
            return Err(missing(
                "cargo",
                "it is rustup's stand-in; name the toolchain's own, as `rustup which cargo` says".into(),
            ));
        }
        Ok(Self { cargo: real })
    }
}

impl CargoClient {
    /// The folder of the toolchain that it belongs to.
    pub fn toolchain(&self) -> Option<PathBuf> {
        let prefix = self.cargo.parent()?.parent()?;
        // Of the system's own there is nothing to show.
        (!prefix.starts_with("/usr") && prefix != Path::new("/")).then(|| prefix.to_owned())
    }

    /// What `cargo metadata` says of the project whose Cargo.toml is `manifest`, built for `build`; and the machine that it is
    /// built for. Nothing is fetched, built or changed, and no file of the project configures which programs run: cargo starts in
    /// the root, above which nobody can configure anything, and is told which compiler to ask about the machine, without another
    /// program around it.
    ///
    /// # Errors
    /// When cargo does not say: a Cargo.lock that does not fit, crates that were not downloaded.
    pub fn metadata(&self, manifest: &Path, build: &CargoBuild) -> Result<(String, String), RegistryError> {
        let rustc = self.rustc().ok_or_else(|| missing("cargo", "there is no `rustc` beside it".into()))?;
        let target = match &build.target {
            Some(target) => target.clone(),
            None => {
                let said = ask("rustc", Command::new(&rustc).arg("-vV"))?;
                let host = said.lines().find_map(|line| line.strip_prefix("host: "));
                host.ok_or_else(|| missing("rustc", "it does not say for which machine it is".into()))?
                    .to_owned()
            }
        };
        let mut command = Command::new(&self.cargo);
        command.args(["metadata", "--format-version=1", "--locked", "--offline", "--quiet"]);
        command.arg("--manifest-path").arg(manifest).arg("--filter-platform").arg(&target);
        if build.all_features {
            command.arg("--all-features");
        }
        if build.no_default_features {
            command.arg("--no-default-features");
        }
        if !build.features.is_empty() {
            command.arg("--features").arg(build.features.join(","));
        }
        // Of every folder from where it starts to the root cargo takes the configuration, whoever wrote that.
        let (root, home) = (Path::new("/"), cargo_home());
        if let Some(file) = configuration(root, home.as_deref()) {
            return Err(missing("cargo", format!("it would take the configuration `{}`", file.display())));
        }
        command.current_dir(root);
        let none = Some(PathBuf::new());
        let environment = [
            ("RUSTC", Some(rustc)),
            ("RUSTC_WRAPPER", none.clone()),
            ("RUSTC_WORKSPACE_WRAPPER", none),
            ("CARGO_HOME", home),
        ];
        let environment = environment.into_iter().filter_map(|(name, path)| Some((name, path?)));
        let said = ask_with("cargo", &mut command, environment, METADATA_BYTES)?;
        Ok((said, target))
    }

    /// The compiler that came with it.
    pub fn rustc(&self) -> Option<PathBuf> {
        Some(self.cargo.with_file_name("rustc")).filter(|path| path.is_file())
    }
}

/// An executable file: the one that was named, or the first of this name in a folder of the system.
fn find(name: &str, named: Option<&Path>) -> Result<PathBuf, RegistryError> {
    if let Some(path) = named {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        return match absolute.is_file() {
            true => Ok(absolute),
            false => Err(missing(name, format!("`{}` is no file", path.display()))),
        };
    }
    let found = SYSTEM_FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
    found.ok_or_else(|| missing(name, "it is not installed in a folder of the system".into()))
}

fn missing(client: &str, reason: String) -> RegistryError {
    RegistryError::Client { client: client.to_owned(), reason }
}

/// Where cargo keeps what it downloaded, and the user's own configuration of it.
fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
}

/// The configuration that cargo would take of `folder`, unless it is the user's own.
fn configuration(folder: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let folder = folder.join(".cargo");
    if home.is_some_and(|home| home == folder) {
        return None;
    }
    ["config.toml", "config"].map(|name| folder.join(name)).into_iter().find(|file| file.exists())
}

/// Runs a client for a short answer: in a folder of its own, without any of our variables.
fn ask(client: &str, command: &mut Command) -> Result<String, RegistryError> {
    ask_with(client, command, [], ANSWER_BYTES)
}

/// The same with variables, for an answer of `limit` bytes, in the folder that `command` may name.
fn ask_with(
    client: &str,
    command: &mut Command,
    environment: impl IntoIterator<Item = (&'static str, PathBuf)>,
    limit: u64,
) -> Result<String, RegistryError> {
    let refused = |reason: String| missing(client, reason);
    let folder = tempfile::tempdir().map_err(|error| refused(error.to_string()))?;
    // npm looks for its project upwards, and takes this for it.
    std::fs::write(folder.path().join("package.json"), "{}").map_err(|error| refused(error.to_string()))?;
    let start = command.get_current_dir().unwrap_or(folder.path()).to_owned();
    let mut child = command
        .env_clear()
        .env("HOME", folder.path())
        .env("PATH", "/usr/bin:/bin")
        .envs(environment)
        .current_dir(start)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| refused(error.to_string()))?;
    let stdout = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut answer = String::new();
        stdout.map(|stdout| stdout.take(limit).read_to_string(&mut answer)).transpose().map(|_| answer)
    });
    let until = Instant::now() + ANSWER_TIME;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
            Ok(None) => break Err("it does not answer".to_owned()),
            Err(error) => break Err(error.to_string()),
        }
    };
    if status.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let answer = reader.join();
    match (status, answer) {
        (Ok(status), Ok(Ok(answer))) if status.success() && !answer.trim().is_empty() => {
            Ok(answer.trim().to_owned())
        }
        (Err(reason), _) => Err(refused(reason)),
        (Ok(status), _) => Err(refused(format!("it says nothing ({status})"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_is_not_there_is_said_by_name() {
        let error = NpmClient::find(Some(Path::new("/nowhere/npm"))).unwrap_err();
        assert!(error.to_string().contains("npm"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let wrapper = folder.path().join("npm");
        std::fs::write(&wrapper, "#!/bin/sh\n").unwrap();
        assert!(NpmClient::find(Some(&wrapper)).is_err());
    }

    #[test]
    fn the_users_own_configuration_of_cargo_is_no_others() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join(".cargo");
        std::fs::create_dir(&own).unwrap();
        assert_eq!(configuration(dir.path(), None), None);
        let file = own.join("config");
        std::fs::write(&file, "").unwrap();
        assert_eq!(configuration(dir.path(), None), Some(file.clone()));
        assert_eq!(configuration(dir.path(), Some(dir.path())), Some(file));
        assert_eq!(configuration(dir.path(), Some(&own)), None);
    }

    #[test]
    fn an_answer_is_one_that_was_given() {
        assert_eq!(ask("sh", Command::new("/bin/sh").args(["-c", "echo ' yes '"])).unwrap(), "yes");
        assert!(ask("sh", Command::new("/bin/sh").args(["-c", "echo no; exit 1"])).is_err());
        assert!(ask("sh", Command::new("/bin/sh").args(["-c", "exit 0"])).is_err());
        assert!(ask("none", &mut Command::new("/nowhere")).is_err());
        let home = ask("sh", Command::new("/bin/sh").args(["-c", "echo $HOME $SECRET; pwd"])).unwrap();
        assert!(!home.contains(&std::env::var("HOME").unwrap_or("?".into())), "{home}");
    }
}
