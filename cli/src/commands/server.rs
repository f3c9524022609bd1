//! Starting a server to see what it shows: shared by every command that takes `-- COMMAND`.

pub(crate) mod bound;
mod remote;
pub(crate) mod unpacked;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_collect::capture::{self, CaptureError, Captured, Limits, Protocol, RecordedPaths, Request};
use mcpsign_collect::commands;
use mcpsign_collect::http::{CA_HINT, HttpError};
use mcpsign_collect::launch::{CommandError, Confinement, LaunchError, SandboxMode};
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::manifest::{Network, Product, Profile};
use zeroize::Zeroizing;

pub(crate) use self::remote::{Address, Ca, RemoteArgs};

use crate::describe::secrets::Secrets;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::human;
use crate::render::untrusted::value;

/// What is wrong where a server's arguments come without one.
pub(crate) const NO_SERVER: &str = "`--url`, `--env`, `--protocol`, `--allow-finding` and the like are for a server, and none is started or asked";

/// What a started server is given.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// A variable for the server, recorded with its value, e.g. `--env ROOT=/srv/notes`
    #[arg(long = "env", value_name = "K=V")]
    pub(crate) env: Vec<String>,
    /// A variable whose value is taken from our own environment and recorded by name alone, e.g. `--secret-env API_TOKEN`
    #[arg(long, value_name = "K")]
    pub(crate) secret_env: Vec<String>,
    /// Which era of the protocol to ask in, e.g. `--protocol legacy` to skip the probe for 2026-07-28
    #[arg(long, value_name = "ERA")]
    pub(crate) protocol: Option<ProtocolArg>,
    /// Whether the server must be confined by Linux namespaces, may be confined less where they are refused, or is not
    /// confined at all; auto if nothing is said; e.g. `--sandbox required`
    #[arg(long, value_name = "MODE")]
    pub(crate) sandbox: Option<SandboxArg>,
    /// The network that a confined server has: none but its own loopback, or the host's; none if nothing is said;
    /// e.g. `--network host`
    #[arg(long, value_name = "NETWORK")]
    pub(crate) network: Option<NetworkArg>,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

impl ServerArgs {
    /// Whether nothing was said about the server.
    pub(crate) const fn is_empty(&self, ca: Ca) -> bool {
        self.env.is_empty()
            && self.secret_env.is_empty()
            && self.protocol.is_none()
            && self.sandbox.is_none()
            && self.network.is_none()
            && self.remote.is_empty(ca)
    }

    /// Whether nothing was said but that addresses without TLS may be meant.
    pub(crate) const fn is_only_spelling(&self, ca: Ca) -> bool {
        self.env.is_empty()
            && self.secret_env.is_empty()
            && self.protocol.is_none()
            && self.sandbox.is_none()
            && self.network.is_none()
            && self.remote.is_only_spelling(ca)
    }

    /// Names of all variables that the server gets beside ours.
    pub(crate) fn variables<'a>(&'a self, given: &'a Given) -> impl Iterator<Item = String> + 'a {
        let ours = self.env.iter().filter_map(|pair| pair.split_once('=')).map(|(name, _)| name);
        let secret = self.secret_env.iter().chain(&given.secret_env).map(String::as_str);
        ours.chain(secret).chain(given.env.keys().map(String::as_str)).map(str::to_owned)
    }

    fn protocol(&self) -> Protocol {
        match self.protocol {
            Some(ProtocolArg::Legacy) => Protocol::Legacy,
            Some(ProtocolArg::Auto) | None => Protocol::Auto,
        }
    }

    /// What was said of a sandbox.
    pub(crate) fn sandbox(&self) -> Option<SandboxMode> {
        self.sandbox.map(|sandbox| match sandbox {
            SandboxArg::Required => SandboxMode::Required,
            SandboxArg::Auto => SandboxMode::Auto,
            SandboxArg::Off => SandboxMode::Off,
        })
    }

    /// Whether nothing would keep a server from the network of this machine.
    pub(crate) fn reaches_the_network(&self) -> bool {
        let is_open = matches!(self.sandbox, Some(SandboxArg::Off));
        is_open || matches!(self.network, Some(NetworkArg::Host)) || !cfg!(target_os = "linux")
    }

    /// What was said of the network.
    pub(crate) fn network(&self) -> Option<Network> {
        self.network.map(|network| match network {
            NetworkArg::Host => Network::Host,
            NetworkArg::None => Network::None,
        })
    }
}

/// How far a server is confined, as spelled on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SandboxArg {
    /// By namespaces, or nothing is started
    Required,
    /// By namespaces, or by what there is without them, with a warning
    Auto,
    /// Not at all, with a warning
    Off,
}

/// The network of a confined server, as spelled on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum NetworkArg {
    /// The machine's
    Host,
    /// None but its own loopback
    None,
}

/// The protocol's eras, as spelled on the command line.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum ProtocolArg {
    /// Probe for the modern era and fall back, as a current client does
    Auto,
    /// `initialize` at once, as a client from before 2026-07-28 does
    Legacy,
}

/// Everything that one capture is made of.
pub(crate) struct Plan<'a> {
    /// Name of the profile.
    pub(crate) profile: &'a str,
    /// Program and arguments, as after `--`.
    pub(crate) command: &'a [OsString],
    /// Variables.
    pub(crate) server: &'a ServerArgs,
    /// A JSON object.
    pub(crate) client_capabilities: Json,
    /// Codes of `--allow-finding`.
    pub(crate) allow: BTreeSet<String>,
    /// The artifact, whose path is recorded as `{artifact}`.
    pub(crate) artifact: Option<&'a Path>,
    /// What the command line leaves open.
    pub(crate) given: Given,
}

/// What a server is given that the command line does not say: by mcpsign.toml, by server.json, or because the proof that
/// it is the artifact's needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    /// Variables; those of the command line win.
    pub(crate) env: BTreeMap<String, String>,
    /// Variables that are passed on and recorded by name.
    pub(crate) secret_env: Vec<String>,
    /// Which era to ask in, unless the command line says.
    pub(crate) protocol: Option<ProtocolArg>,
    /// How far the server is confined, unless the command line says.
    pub(crate) sandbox: Option<SandboxMode>,
    /// The network that it has, unless the command line says.
    pub(crate) network: Option<Network>,
    /// What it may read wherever it lies.
    pub(crate) readable: Vec<PathBuf>,
    /// Folders that are covered.
    pub(crate) hidden: Vec<PathBuf>,
    /// What `--ca` was for by now.
    pub(crate) ca: Ca,
}

impl Plan<'_> {
    /// Starts the server, or asks the one of `--url`, for everything; returns when nothing of it is left.
    ///
    /// # Errors
    /// Usage errors of the plan itself, before anything is started.
    pub(crate) fn capture(&self, out: &mut Output) -> Result<Result<Captured, CaptureError>, Failure> {
        if let Some(address) = self.server.remote.address()? {
            self.server.remote.secrets().iter().for_each(|(_, secret)| out.conceal(secret));
            return self.capture_remote(address);
        }
        if !self.server.remote.is_only_spelling(self.given.ca) {
            return Err(Failure::usage(
                "`--header` and `--ca` are for a remote server, and a command is started",
            )
            .hint("name the server's address with `--url`, or leave them out"));
        }
        let request = self.request()?;
        request.secret_env.values().for_each(|secret| out.conceal(secret));
        if self.server.network().is_none() && self.given.network == Some(Network::Host) {
            out.talk("warning: mcpsign.toml gives the server this machine's network; `--network none` takes it away");
        }
        let open = request.confinement.sandbox == SandboxMode::Off;
        if self.server.network() == Some(Network::None) && (open || !cfg!(target_os = "linux")) {
            return Err(Failure::usage(
                "`--network none` is asked for, and nothing would keep the server from the network",
            )
            .hint("leave `--sandbox off` away, or `--network none`; only Linux can do without a network"));
        }
        if open {
            // Before it runs, and whatever becomes of it.
            let who = if self.server.sandbox().is_none() {
                "mcpsign.toml says so, `--sandbox auto` takes it back; "
            } else {
                ""
            };
            out.talk(format_args!("warning: the server runs without a sandbox: {who}files and the network of this machine are within its reach"));
        } else if request.confinement.network != Network::Host {
            self.say_what_is_fetched(out);
        }
        let mut warn = |warning: &str| out.talk(format_args!("warning: {}", value(warning)));
        Ok(capture::capture(&request, &mut warn))
    }

    /// Clients are configured with commands that fetch what they start; here there is nothing to fetch it from.
    fn say_what_is_fetched(&self, out: &mut Output) {
        let words: Vec<&str> = self.command.iter().filter_map(|word| word.to_str()).collect();
        if let Ok(launched) = commands::read(&words) {
            out.talk(format_args!(
                "note: the command starts {}, which it may have to fetch, and it has no network; start what is installed, attest a package of npm or PyPI by its name, or open the network: `--network host`",
                value(&launched.purl.to_string())
            ));
        }
    }

    /// The command line by which the same release is started the same way wherever it lies.
    fn argv(&self) -> Vec<OsString> {
        let artifact = self.artifact.and_then(|path| path.canonicalize().ok());
        let one = |arg: &OsString| {
            artifact.as_deref().and_then(|artifact| recorded(arg, artifact)).unwrap_or_else(|| arg.clone())
        };
        self.command.iter().map(one).collect()
    }

    fn request(&self) -> Result<Request, Failure> {
        let mut env: BTreeMap<String, String> = BTreeMap::new();
        for pair in &self.server.env {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                Failure::usage(format!("`--env {pair}` has no `=`")).hint("write it as `--env NAME=VALUE`")
            })?;
            if env.insert(variable("--env", name)?, value.to_owned()).is_some() {
                return Err(twice(name));
            }
        }
        let configured = self.given.secret_env.iter().filter(|name| !self.server.secret_env.contains(name));
        let configured: Vec<&String> = configured.filter(|name| !env.contains_key(*name)).collect();
        for (name, value) in &self.given.env {
            if !self.server.secret_env.contains(name) && !configured.contains(&name) {
                env.entry(variable("env", name)?).or_insert_with(|| value.clone());
            }
        }
        let mut secret_env = BTreeMap::new();
        for name in self.server.secret_env.iter().chain(configured) {
            name_alone(name)?;
            not_ours(name)?;
            // The system's error has the value in it.
            let value = std::env::var(name).map_err(|error| {
                let why = match error {
                    std::env::VarError::NotPresent => "it is not set",
                    std::env::VarError::NotUnicode(_) => "its value is not UTF-8",
                };
                Failure::usage(format!("`--secret-env {name}`: the variable cannot be passed on: {why}"))
                    .hint("set it in the environment that mcpsign is run in; its value is not recorded")
            })?;
            let name = variable("--secret-env", name)?;
            if env.contains_key(&name) || secret_env.insert(name.clone(), Zeroizing::new(value)).is_some() {
                return Err(twice(&name));
            }
        }
        Ok(Request {
            profile: self.profile.to_owned(),
            argv: self.argv(),
            env,
            secret_env,
            client_info: producer(),
            client_capabilities: self.client_capabilities.clone(),
            protocol: self.protocol(),
            paths: RecordedPaths {
                artifact: self.artifact.and_then(|path| path.canonicalize().ok()),
                home: std::env::home_dir().filter(|home| home.is_absolute()),
            },
            stage: stage()?,
            confinement: self.confinement(),
            limits: Limits::default(),
            allow: self.allow.clone(),
        })
    }
}

impl Plan<'_> {
    fn protocol(&self) -> Protocol {
        match (self.server.protocol, self.given.protocol) {
            (None, Some(ProtocolArg::Legacy)) => Protocol::Legacy,
            _ => self.server.protocol(),
        }
    }

    fn confinement(&self) -> Confinement {
        let default = Confinement::default();
        Confinement {
            sandbox: self.server.sandbox().or(self.given.sandbox).unwrap_or(default.sandbox),
            network: self.server.network().or(self.given.network).unwrap_or(default.network),
            readable: self.given.readable.clone(),
            hidden: self.given.hidden.clone(),
        }
    }
}

/// Refuses documents that hold a secret: one that was given as such, a credential variable's value, or what looks like one.
/// `configured` names more of those that were given.
///
/// # Errors
/// A secret found (exit 2); the findings have been said.
pub(crate) fn refuse_secrets<'d>(
    server: &ServerArgs,
    configured: &[String],
    documents: impl Iterator<Item = (&'d str, &'d Json)>,
    out: &mut Output,
) -> Result<(), Failure> {
    let mut secrets = Secrets::default();
    for name in server.secret_env.iter().chain(configured) {
        name_alone(name)?;
        // Of a capture from a file nothing was started; then the value may not be here, and need not be.
        let secret = Zeroizing::new(std::env::var(name).unwrap_or_default());
        if !secrets.given(name, secret) {
            out.talk(format_args!("warning: the value of `{}` is too short to be searched for", value(name)));
        }
    }
    for (name, secret) in server.remote.secrets() {
        secrets.given(&name, secret);
    }
    let recorded = server.env.iter().filter_map(|pair| pair.split_once('='));
    let recorded = recorded.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let ours = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    secrets.environment(ours.chain(recorded));

    let documents: Vec<_> = documents.collect();
    documents.iter().for_each(|(_, json)| secrets.launches(json));
    let findings: Vec<_> = documents.into_iter().flat_map(|(what, json)| secrets.find(what, json)).collect();
    if findings.is_empty() {
        return Ok(());
    }
    out.aside(human::findings(&findings));
    Err(Failure::usage("a secret would be written down and published; nothing was written").hint(
        "take it out of the server's text and arguments; pass values that must stay secret with `--secret-env NAME`",
    ))
}

/// Says on stderr what a capture saw.
pub(crate) fn summary(profiles: &[Profile], out: &mut Output) {
    for profile in profiles {
        let counts = [
            (profile.tools.len(), "tool"),
            (profile.prompts.len(), "prompt"),
            (profile.resources.len(), "resource"),
            (profile.resource_templates.len(), "resource template"),
            (profile.skills.len(), "skill"),
        ];
        out.talk(format_args!(
            "captured profile {}: {}; protocol {}",
            value(&profile.name),
            counts.map(|(number, what)| human::count(number, what)).join(", "),
            value(&profile.protocol_version),
        ));
        out.talk(format_args!("  wire     sha256:{}", profile.wire_digest.sha256));
        out.talk(format_args!("  surface  sha256:{}", profile.surface_digest.sha256));
        for finding in &profile.findings {
            let allowed = if finding.allowed { " (allowed)" } else { "" };
            out.talk(format_args!("  note[{}]: {}{allowed}", value(&finding.code), value(&finding.message)));
        }
    }
}

/// Beginnings of the names of variables by which we, or the platform for us, sign. Whoever may change a project's mcpsign.toml must
/// not get at them.
const OUR_OWN: [&str; 6] = [
    "MCPSIGN_",
    "ACTIONS_ID_TOKEN_REQUEST_",
    "ACTIONS_RUNTIME_TOKEN",
    "SIGSTORE_ID_TOKEN",
    "CIRCLE_OIDC_TOKEN",
    "BUILDKITE_AGENT_ACCESS_TOKEN",
];

/// Refuses to give a server a variable by which we sign.
/// What follows a `=` may be what was to stay secret: it is not shown.
fn name_alone(given: &str) -> Result<(), Failure> {
    match given.split_once('=') {
        None => Ok(()),
        Some((name, _)) => Err(Failure::usage(format!("`--secret-env {name}=…` says a value, too")).hint(
            "name the variable alone: its value is taken from the environment, where others do not see it",
        )),
    }
}

fn not_ours(name: &str) -> Result<(), Failure> {
    if OUR_OWN.iter().any(|own| name.starts_with(own)) {
        return Err(Failure::usage(format!("the variable `{name}` is what mcpsign signs with"))
            .hint("no server needs it; take it out of `--secret-env`, `--header` or mcpsign.toml"));
    }
    Ok(())
}

/// What stands for the artifact's path in a command line.
pub(crate) const ARTIFACT: &str = "{artifact}";

/// `arg` with the folder in place of `{artifact}`.
pub(crate) fn with_folder(arg: &OsStr, folder: &Path) -> OsString {
    match (arg.to_str(), folder.to_str()) {
        (Some(text), Some(folder)) => text.replace(ARTIFACT, folder).into(),
        _ => arg.to_owned(),
    }
}

/// `arg` with `{artifact}` in place of the artifact's path, if it is a path (with a `/`, so that a plain word is none)
/// to it or into it, however it is spelled.
fn recorded(arg: &OsStr, artifact: &Path) -> Option<OsString> {
    let text = arg.to_str().filter(|text| text.contains('/') && !text.starts_with(ARTIFACT))?;
    let rest = Path::new(text).canonicalize().ok()?.strip_prefix(artifact).ok()?.to_str()?.to_owned();
    Some(if rest.is_empty() { ARTIFACT.into() } else { format!("{ARTIFACT}/{rest}").into() })
}

/// This binary: its first argument chooses the stage that sets limits and becomes the server.
pub(crate) fn stage() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| {
        Failure::usage("cannot find the mcpsign executable itself").because(error).hint(
            "the server is started through it; run mcpsign from a file that still exists, with /proc mounted",
        )
    })
}

fn variable(flag: &str, name: &str) -> Result<String, Failure> {
    let mut bytes = name.bytes();
    let valid = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if valid {
        return Ok(name.to_owned());
    }
    Err(Failure::usage(format!("`{flag}`: `{name}` is no name of a variable"))
        .hint("use letters, digits and `_`, no digit first"))
}

fn twice(name: &str) -> Failure {
    Failure::usage(format!("the variable `{name}` is given twice")).hint("give each variable once")
}

/// As whom captures are made.
pub(crate) fn producer() -> Product {
    Product { name: "mcpsign".into(), version: env!("CARGO_PKG_VERSION").into() }
}

/// Says why there is no capture: findings and the server's last words on stderr, and the exit code that this ends
/// with.
pub(crate) fn capture_failure(error: CaptureError, out: &mut Output) -> Failure {
    match error {
        CaptureError::Refused { findings, stderr, .. } => {
            out.aside(human::server_stderr(&out.without_secrets(&stderr)));
            out.aside(human::findings(&findings));
            Failure::new(Exit::Denied, "the server shows what must not be signed; nothing was written")
                .hint("`mcpsign explain CODE` says what causes a code and what cures it")
        }
        CaptureError::NotObserved { finding, stderr, .. } => {
            out.aside(human::server_stderr(&out.without_secrets(&stderr)));
            out.aside(human::findings(std::slice::from_ref(&finding)));
            // Its hint was given.
            Failure::new(Exit::Undecided, "the server could not be observed; nothing was written")
        }
        CaptureError::Command(error) => {
            if let CommandError::NotStarted { stderr } = &error {
                out.aside(human::server_stderr(&out.without_secrets(stderr)));
            }
            let hint = match &error {
                CommandError::Placeholder { .. } => {
                    "`{work}` and `{home}` stand for folders, `{artifact}` for the one that `--artifact PATH` names; `--secret-env NAME` gives `{secret:NAME}` its value"
                }
                _ => "name a program by its path, or one in a system folder, after `--`",
            };
            Failure::from_error(&error).hint(hint)
        }
        CaptureError::NotAllowable { code } => Failure::usage(format!("`--allow-finding {code}`: not a finding that can be allowed"))
            .hint(format!("these can: {}", capture::ALLOWABLE.map(|code| code.id).join(", "))),
        CaptureError::Http(error) => {
            let hint = match &error {
                HttpError::Ca { .. } | HttpError::CaEmpty { .. } => CA_HINT,
                _ => {
                    "ask over https; `--insecure-loopback` allows http with this machine, `--ca FILE` adds roots of trust"
                }
            };
            Failure::from_error(&error).hint(hint)
        }
        CaptureError::Launch(error @ LaunchError::NoSandbox { .. }) => Failure::from_error(&error).hint(
            "`--sandbox auto` goes on with what there is and says so; on Ubuntu, and in containers, user namespaces may have to be allowed first",
        ),
        CaptureError::Launch(error) => Failure::from_error(&error)
            .hint("a capture needs a temporary folder that can be written to, /proc, and permission to start processes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_into_the_artifact_are_recorded_by_place_and_words_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let artifact = dir.path().canonicalize().unwrap();
        std::fs::create_dir(artifact.join("dist")).unwrap();
        std::fs::write(artifact.join("dist/index.js"), "").unwrap();
        let shown = |arg: &str| recorded(OsStr::new(arg), &artifact).map(|arg| arg.into_string().unwrap());
        let script = artifact.join("dist/../dist/./index.js");
        assert_eq!(shown(script.to_str().unwrap()).as_deref(), Some("{artifact}/dist/index.js"));
        assert_eq!(shown(&format!("{}/", artifact.display())).as_deref(), Some("{artifact}"));
        for other in ["dist", "/usr/bin/env", "{artifact}/dist/index.js", "--root=/tmp", "/missing"] {
            assert_eq!(shown(other), None, "{other}");
        }
    }

    #[test]
    fn names_of_variables_are_plain() {
        assert!(variable("--env", "_A1").is_ok());
        for bad in ["", "1A", "A B", "A=B", "Ä"] {
            assert!(variable("--env", bad).is_err(), "{bad}");
        }
    }
}
