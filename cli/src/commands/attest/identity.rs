//! Where an identity token comes from: a file, the platform that runs the job, a person at a desk.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;
use mcpsign_collect::http::TLS_HINT;
use mcpsign_evidence::read;
use mcpsign_schemas::untrusted::{Untrusted, escape};
use mcpsign_signing::keyless::Patience;
use mcpsign_signing::token::{
    Ambient, AmbientError, IdentityToken, Login, LoginError, MAX_TOKEN, Prompt, Surroundings, TokenError,
};
use url::Url;
use zeroize::Zeroizing;

use super::program;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// What a virtual machine's firmware calls it.
const MACHINE: &str = "/sys/class/dmi/id/product_name";
const HINT: &str = "pass `--identity-token FILE`, set SIGSTORE_ID_TOKEN, run it in a CI job that gets tokens, or log in with `--oidc-flow`";

/// Characters of an address to log in at, which is of no use in part: an issuer's own, and some 300 of ours. Browsers take 8 KiB
/// and more.
const ADDRESS: usize = 8 << 10;

/// How a person logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FlowArg {
    /// In a browser on this machine
    Browser,
    /// In a browser on any machine, with a code
    Device,
}

/// Where the token will come from, before it is taken.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// A file that somebody named.
    File(&'a Path),
    /// It is there already.
    Ambient(Ambient),
    /// A person logs in.
    Login(Login, FlowArg),
}

/// What was said of where to take it from.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// The file.
    pub(super) file: Option<&'a Path>,
    /// How to log in.
    pub(super) flow: Option<FlowArg>,
    /// Where to log in.
    pub(super) issuer: Option<&'a str>,
    /// Where the instance says to.
    pub(super) instance: Option<Url>,
    /// Whom it is for.
    pub(super) audience: &'a str,
}

impl<'a> Source<'a> {
    /// The first of: the file, the way to log in, each where it was named; what the job is given; a login, where there is
    /// somebody to do it.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn find(wanted: Wanted<'a>) -> Result<Self, Failure> {
        if let Some(path) = wanted.file {
            // Looked at, not opened: the server has not run yet.
            return match path.metadata() {
                Ok(metadata) if metadata.is_file() => Ok(Self::File(path)),
                Ok(_) => Err(Failure::usage(format!("`{}` is not a file", shown(path))).hint(HINT)),
                Err(error) => {
                    Err(Failure::usage(format!("cannot read `{}`", shown(path))).because(error).hint(HINT))
                }
            };
        }
        if let Some(flow) = wanted.flow {
            return Ok(Self::Login(login(&wanted)?, flow));
        }
        let machine = std::fs::read_to_string(MACHINE).ok();
        let surroundings = Surroundings {
            variable: &|name| std::env::var(name).ok(),
            // A project brings what it likes.
            program: &|name| program::find(name, &[Path::new(".")]).ok(),
            machine: machine.as_deref(),
        };
        if let Some(ambient) = Ambient::find(surroundings).map_err(|error| no_token(&error))? {
            return Ok(Self::Ambient(ambient));
        }
        if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
            let flow = if has_display() { FlowArg::Browser } else { FlowArg::Device };
            return Ok(Self::Login(login(&wanted)?, flow));
        }
        Err(Failure::usage("there is no identity token to be had here, and nobody to log in").hint(HINT))
    }

    /// Takes it.
    ///
    /// # Errors
    /// When it cannot be had, or is none.
    pub(super) fn take(&self, audience: &str, out: &mut Output) -> Result<IdentityToken, Failure> {
        match self {
            Self::File(path) => {
                // Line ends around it are the shell's.
                let raw = Zeroizing::new(from_file(path, out)?.trim().to_owned());
                IdentityToken::parse(raw).map_err(|error| unusable(&error))
            }
            Self::Ambient(ambient) => {
                ambient.token(audience, Patience::default()).map_err(|error| no_token(&error))
            }
            Self::Login(login, flow) => {
                let patience = Patience::default();
                let mut desk = Desk { out, opens: *flow == FlowArg::Browser };
                match flow {
                    FlowArg::Browser => login.with_browser(&mut desk, patience),
                    FlowArg::Device => login.with_device(&mut desk, patience),
                }
                .map_err(|error| no_login(&error))
            }
        }
    }
}

fn login(wanted: &Wanted<'_>) -> Result<Login, Failure> {
    let hint = "name it with `--oidc-issuer`, or pass `--identity-token FILE`";
    let issuer = match (wanted.issuer, &wanted.instance) {
        (Some(issuer), _) => Url::parse(issuer).map_err(|error| {
            Failure::usage(format!("`--oidc-issuer {}` is no address", escape(issuer)))
                .because(error)
                .hint(hint)
        })?,
        (None, Some(url)) => url.clone(),
        (None, None) => {
            return Err(Failure::usage("the signing configuration names no place to log in").hint(hint));
        }
    };
    Ok(Login { issuer, client_id: wanted.audience.to_owned() })
}

fn from_file(path: &Path, out: &mut Output) -> Result<Zeroizing<String>, Failure> {
    let bytes = Zeroizing::new(
        read::file(path, MAX_TOKEN + 2).map_err(|error| Failure::from_error(&error).hint(HINT))?,
    );
    #[cfg(unix)]
    if path
        .metadata()
        .is_ok_and(|file| std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o077 != 0)
    {
        let path = shown(path);
        out.talk(format_args!(
            "warning: {path} can be read by others: whoever has the token signs as you while it counts"
        ));
    }
    let text = str::from_utf8(&bytes).map_err(|_| {
        Failure::usage(format!("`{}` holds no identity token: it is no text", shown(path))).hint(HINT)
    })?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A token that is not sent to anybody.
pub(super) fn unusable(error: &TokenError) -> Failure {
    Failure::from_error(error).hint(error.hint())
}

fn no_token(error: &AmbientError) -> Failure {
    let failure = Failure::from_error(error).hint(error.hint());
    match error {
        AmbientError::Service(service) if service.is_tls() => failure.hint(TLS_HINT).ending(Exit::Undecided),
        AmbientError::Service(service) if service.is_gap() => failure.ending(Exit::Undecided),
        _ => failure,
    }
}

fn no_login(error: &LoginError) -> Failure {
    let failure = Failure::from_error(error)
        .hint("log in again, with another `--oidc-flow`, or pass `--identity-token FILE`");
    match error {
        LoginError::Service(service) if service.is_tls() => failure.hint(TLS_HINT).ending(Exit::Undecided),
        LoginError::Service(service) if service.is_gap() => failure.ending(Exit::Undecided),
        LoginError::TooLate => failure.ending(Exit::Undecided),
        _ => failure,
    }
}

/// A person who sees what is said.
struct Desk<'o> {
    out: &'o mut Output,
    opens: bool,
}

impl Prompt for Desk<'_> {
    fn visit(&mut self, address: &str) {
        let opened = self.opens && open(address);
        let how = if opened { "log in with the browser that was opened, or open" } else { "log in: open" };
        self.out.aside(format_args!("{how}\n  {}\n", Untrusted::bounded(address, ADDRESS)));
    }

    fn enter(&mut self, address: &str, code: &str) {
        let (address, code) = (Untrusted::bounded(address, ADDRESS), escape(code));
        self.out.aside(format_args!("log in: open\n  {address}\nand enter the code\n  {code}\n"));
    }
}

fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "macos") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Tells the desktop to open `address`; whether it could be told.
fn open(address: &str) -> bool {
    let name = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let program = program::find(name, &[Path::new(".")]);
    let start = |program: PathBuf| {
        Command::new(program)
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .is_ok()
    };
    has_display() && program.is_ok_and(start)
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}
