//! From a request to what is started and what is recorded of it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use mcpsign_schemas::manifest::{Binding, Launch, Network, Sandbox, Transport};
use rustix::fs::{Access, access};

use super::folders::Folders;
use super::interpreter::Interpreter;
use super::limits;
use super::needs::{Needy, needs};
use super::private::covered;
use super::record::{Placeholder, runtime, with_placeholders};
use super::stage::orders::{Orders, Walls};
use super::{CommandError, Confinement, LaunchError, Tool};
use crate::capture::{CaptureError, RecordedPaths, Request};
use crate::conceal::Secrets;

/// Where programs of the system lie. Not the caller's `PATH`: whatever a server finds by name, anybody finds.
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A server about to be started. Not `Debug`: it holds secrets.
pub(crate) struct Plan {
    /// Absolute.
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    /// The whole environment.
    pub(super) env: BTreeMap<OsString, OsString>,
    pub(super) folders: Folders,
    /// What the server is kept from, and what it may see all the same.
    pub(super) confinement: Confinement,
    /// Files and folders that it needs.
    pub(super) shown: Vec<PathBuf>,
    /// Folders of the machine that it may write.
    pub(super) writable: Vec<PathBuf>,
    /// Where it is started, if not where we are.
    pub(super) current: Option<PathBuf>,
    /// Bytes that its processes may hold in memory together.
    pub(super) memory: u64,
    /// What it is given and must not be heard to say.
    pub(super) secrets: Secrets,
    interpreter: Option<Interpreter>,
    recorded: Launch,
    private: Vec<PathBuf>,
}

impl Plan {
    /// Finds the program, makes the folders, fills the placeholders.
    pub(crate) fn new(request: &Request) -> Result<Self, CaptureError> {
        let argv: Vec<&str> = request.argv.iter().map(|arg| utf8(arg)).collect::<Result<_, _>>()?;
        let Some((given, rest)) = argv.split_first() else {
            return Err(CommandError::Empty.into());
        };
        check_variables(request)?;
        let paths = Paths::of(&request.paths)?;
        let folders = Folders::new().map_err(|source| LaunchError::Folders { source })?;
        let work = folders.work();
        let fill = |text: &str| fill(text, |name| paths.value(name, utf8(work.as_os_str())?, request));

        let named = given.strip_prefix("{runtime:").and_then(|name| name.strip_suffix('}'));
        let program = find(&match named {
            Some(runtime) => runtime.to_owned(),
            None => fill(given)?,
        })?;
        let args: Vec<String> = rest.iter().map(|arg| fill(arg)).collect::<Result<_, _>>()?;

        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &request.env {
            values.insert(name.clone(), fill(value)?);
        }
        let env = environment(request, values, &folders, &program);
        let named = request.env.keys().filter_map(|name| env.get(OsStr::new(name))?.to_str());
        let shown = needs(&Needy {
            program: &program,
            args: &args,
            values: &named.map(str::to_owned).collect::<Vec<_>>(),
            artifact: request.paths.artifact.as_deref(),
            current: std::env::current_dir().ok(),
            confinement: &request.confinement,
        });
        let recorded = record(request, given, rest, &paths);
        let path = env.get(OsStr::new("PATH")).cloned().unwrap_or_default();
        let interpreter = Interpreter::of(&program, request.paths.artifact.as_deref(), &path);
        let private = [&request.paths.home, &request.paths.artifact].into_iter().flatten().cloned();
        let private = private.chain([folders.root().to_owned()]).collect();
        Ok(Self {
            program,
            args,
            env,
            folders,
            confinement: request.confinement.clone(),
            shown,
            writable: Vec::new(),
            current: None,
            memory: limits::MEMORY,
            secrets: request.secrets(),
            interpreter,
            recorded,
            private,
        })
    }

    /// A tool, of which nothing is recorded.
    pub(super) fn of_tool(tool: &Tool) -> Result<Self, LaunchError> {
        let folders = Folders::new().map_err(|source| LaunchError::Folders { source })?;
        let mut env = base_environment(&folders, &tool.program);
        env.extend(tool.env.iter().map(|(name, value)| (name.into(), value.into())));
        env.extend(tool.secret_env.iter().map(|(name, value)| (name.into(), value.as_str().into())));
        let shown = needs(&Needy {
            program: &tool.program,
            args: &tool.args,
            values: &[],
            artifact: None,
            current: None,
            confinement: &tool.confinement,
        });
        Ok(Self {
            program: tool.program.clone(),
            args: tool.args.clone(),
            env,
            folders,
            confinement: tool.confinement.clone(),
            shown,
            writable: tool.writable.clone(),
            // What lies in the caller's folder configures no installer.
            current: Some("/".into()),
            memory: tool.limits.memory,
            secrets: tool.secret_env.values().map(|value| value.as_str()).collect(),
            interpreter: None,
            recorded: Launch::of_command(Vec::new()),
            private: Vec::new(),
        })
    }

    /// The launch as it is recorded, before anything is known of what confines it.
    pub(crate) fn recorded(&self) -> Launch {
        self.recorded.clone()
    }

    /// What runs the server, where that is known.
    pub(crate) const fn interpreter(&self) -> Option<&Interpreter> {
        self.interpreter.as_ref()
    }

    /// What the stage is told.
    pub(super) fn orders(&self, walls: Walls) -> Orders {
        let text = |paths: &[PathBuf]| paths.iter().map(|path| path.as_os_str().to_owned()).collect();
        Orders {
            launcher: rustix::process::getpid().as_raw_pid(),
            root: self.folders.root().into(),
            program: self.program.clone().into(),
            args: self.args.clone(),
            walls,
            network: self.confinement.network,
            memory: self.memory,
            shown: text(&self.shown),
            hidden: text(&[self.confinement.hidden.clone(), covered(&self.shown)].concat()),
            writable: text(&self.writable),
        }
    }

    /// Folders of this machine that no item should name.
    pub(crate) fn private_folders(&self) -> Vec<PathBuf> {
        self.private.clone()
    }
}

/// [`RecordedPaths`] as text.
struct Paths<'a> {
    artifact: Option<&'a str>,
    home: Option<&'a str>,
}

impl<'a> Paths<'a> {
    fn of(paths: &'a RecordedPaths) -> Result<Self, CommandError> {
        let text = |path: &'a Option<PathBuf>| path.as_ref().map(|path| utf8(path.as_os_str())).transpose();
        Ok(Self { artifact: text(&paths.artifact)?, home: text(&paths.home)? })
    }

    /// What the placeholder `name` stands for; `None` if it is none of ours.
    fn value(&self, name: &str, work: &str, request: &Request) -> Result<Option<String>, CommandError> {
        let value = match name {
            "work" => Some(work),
            "artifact" => self.artifact,
            "home" => self.home,
            _ => match name.strip_prefix("secret:") {
                Some(secret) => request.secret_env.get(secret).map(|value| value.as_str()),
                None => return Ok(None),
            },
        };
        value
            .map(|value| Some(value.to_owned()))
            .ok_or_else(|| CommandError::Placeholder { name: name.into() })
    }

    fn placeholders(&self) -> Vec<Placeholder<'a>> {
        let artifact = self.artifact.map(|path| Placeholder { name: "artifact", path });
        artifact.into_iter().chain(self.home.map(|path| Placeholder { name: "home", path })).collect()
    }
}

/// Replaces `{name}` where `value` knows it, in one go: what is put in is not read again.
fn fill(
    text: &str,
    value: impl Fn(&str) -> Result<Option<String>, CommandError>,
) -> Result<String, CommandError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let named = after.split_once('}').map(|(name, after)| Ok((value(name)?, after))).transpose()?;
        match named {
            Some((Some(value), after)) => {
                filled.push_str(&value);
                rest = after;
            }
            _ => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Finds the program as a shell would, but by ourselves: an absolute path to an executable regular file.
pub(crate) fn find(program: &str) -> Result<PathBuf, CommandError> {
    let runs = |path: &Path| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    if program.is_empty() {
        return Err(CommandError::Empty);
    }
    if program.contains('/') {
        let path = std::path::absolute(program).unwrap_or_else(|_| program.into());
        return match (path.exists(), runs(&path)) {
            (_, true) => Ok(path),
            (true, false) => Err(CommandError::NotExecutable { path }),
            (false, false) => Err(CommandError::NotFound { program: program.into() }),
        };
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    // An empty or relative entry would mean the current folder, which may be the artifact's own.
    let found = std::env::split_paths(&folders)
        .filter(|f| f.is_absolute())
        .map(|f| f.join(program))
        .find(|p| runs(p));
    found.ok_or_else(|| CommandError::NotFound { program: program.into() })
}

fn environment(
    request: &Request,
    values: BTreeMap<String, String>,
    folders: &Folders,
    program: &Path,
) -> BTreeMap<OsString, OsString> {
    let mut env = base_environment(folders, program);
    env.extend(values.into_iter().map(|(name, value)| (name.into(), value.into())));
    env.extend(request.secret_env.iter().map(|(name, value)| (name.into(), value.as_str().into())));
    env
}

/// What everything that is started gets.
fn base_environment(folders: &Folders, program: &Path) -> BTreeMap<OsString, OsString> {
    // The program's own folder first: an interpreter's helpers lie beside it.
    let own = program.parent().filter(|own| !own.as_os_str().as_bytes().contains(&b':'));
    let path = match own {
        Some(own) => [own.as_os_str(), OsStr::new(SYSTEM_PATH)].join(OsStr::new(":")),
        None => SYSTEM_PATH.into(),
    };
    let mut env: BTreeMap<OsString, OsString> = BTreeMap::from([("PATH".into(), path)]);
    env.extend(folders.variables().map(|(name, folder)| (name.into(), folder.into_os_string())));
    env.extend(DEFAULT_ENV.map(|(name, value)| (name.into(), value.into())));
    env
}

/// What every profile fixes, because real servers write it into their schemas.
const DEFAULT_ENV: [(&str, &str); 2] = [("LANG", "C.UTF-8"), ("TZ", "UTC")];

fn record(request: &Request, given: &str, rest: &[&str], paths: &Paths<'_>) -> Launch {
    let placeholders = paths.placeholders();
    let plain = |text: &str| with_placeholders(text, &placeholders);
    let program = plain(given);
    // A file in the artifact may call itself `node`; it is the artifact's all the same.
    let program = match runtime(given) {
        Some(runtime) if !program.starts_with("{artifact}") => format!("{{runtime:{runtime}}}"),
        _ => program,
    };
    let mut env: BTreeMap<String, String> =
        DEFAULT_ENV.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    env.extend(request.env.iter().map(|(name, value)| (name.clone(), plain(value))));
    // A default that a secret overrides has no known value.
    env.retain(|name, _| !request.secret_env.contains_key(name));
    Launch {
        binding: Binding::Command,
        transport: Transport::Stdio,
        argv: std::iter::once(program).chain(rest.iter().map(|arg| plain(arg))).collect(),
        url: None,
        headers: Vec::new(),
        env,
        secret_env: request.secret_env.keys().cloned().collect(),
        network: Network::Host,
        sandbox: Sandbox::None,
        runtime: None,
    }
}

fn check_variables(request: &Request) -> Result<(), CommandError> {
    let plain = request.env.iter().map(|(name, value)| (name, value.as_str()));
    let secret = request.secret_env.iter().map(|(name, value)| (name, value.as_str()));
    for (name, value) in plain.chain(secret) {
        let why = if name.is_empty() || name.contains(['=', '\0']) {
            "no name of a variable"
        } else if value.contains('\0') {
            "its value contains NUL"
        } else if request.env.contains_key(name) && request.secret_env.contains_key(name) {
            "it is given twice, once as a secret"
        } else {
            continue;
        };
        return Err(CommandError::Variable { name: name.clone(), why });
    }
    Ok(())
}

fn utf8(text: &OsStr) -> Result<&str, CommandError> {
    text.to_str().ok_or_else(|| CommandError::NotUtf8 { text: text.to_string_lossy().into_owned() })
}

#[cfg(test)]
mod tests;
