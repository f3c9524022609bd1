//! A whole Sigstore on loopback: Fulcio, a CT log, Rekor v2 and v1, a timestamp authority and OIDC issuers, as they are
//! released, each instance with its own keys on free ports. `sigstore-loopback` runs one; [`Loopback`] is how tests and
//! benchmarks have it run.

mod github;
mod http;
mod issuer;
mod keys;
mod processes;
mod services;
mod tokens;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

pub use tokens::Platform;

/// What goes wrong here is for a person to read.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Runs one instance: says where it is on `output` as a line of JSON, then does what `input` says until that ends.
///
/// The one command is `stop NAME`, of a service, and is answered with a line.
///
/// # Errors
/// When a service does not start, or is not ready within a minute.
pub fn run(installed: &Path, input: impl BufRead, mut output: impl Write) -> Result<()> {
    let mut services = started(installed)?;
    writeln!(output, "{}", services.describe())?;
    output.flush()?;
    for line in input.lines() {
        let line = line?;
        let name = line.strip_prefix("stop ").ok_or_else(|| format!("`{line}` is no command"))?;
        services.stop(name)?;
        writeln!(output, "{}", json!({ "stopped": name }))?;
        output.flush()?;
    }
    Ok(())
}

/// Ports are chosen before the services bind them, and somebody else may be faster.
fn started(installed: &Path) -> Result<services::Services> {
    let mut tries = 3;
    loop {
        tries -= 1;
        match services::Services::start(installed) {
            Err(error) if tries > 0 && error.to_string().contains("address already in use") => {}
            started => return started,
        }
    }
}

/// An instance that ends with the value, and when the process ends that holds it, however that ends.
pub struct Loopback {
    child: Child,
    pipes: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
    told: Value,
}

impl Loopback {
    /// Starts one by the program `sigstore-loopback` from what is installed there.
    ///
    /// # Errors
    /// When it does not start; why is on stderr by then.
    pub fn start(program: &Path, installed: &Path) -> Result<Self> {
        let mut child =
            Command::new(program).arg(installed).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("pipes were asked for".into());
        };
        let mut instance = Self { child, pipes: Mutex::new(None), told: Value::Null };
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        instance.told = serde_json::from_str(&line).map_err(|_| "the services did not start")?;
        instance.pipes = Mutex::new(Some((stdin, stdout)));
        Ok(instance)
    }

    /// A file that leads clients to it: `trusted_root.json`, `signing_config.json` and `client_trust_config.json`, the
    /// last two also with `_v1` for Rekor v1.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        Path::new(self.text("folder")).join(name)
    }

    /// What a platform's tokens call their issuer.
    #[must_use]
    pub fn issuer(&self, platform: Platform) -> &str {
        self.told["issuers"][platform.name()].as_str().unwrap_or_default()
    }

    /// A token in which `claims` stand over those that it would have; null takes one out.
    ///
    /// # Errors
    /// When the issuer does not answer.
    pub fn token(&self, platform: Platform, claims: &Value) -> Result<String> {
        let url = format!("{}/{}/mint", self.text("oidc"), platform.name());
        Ok(String::from_utf8(http::post(&url, &claims.to_string())?)?)
    }

    /// The variables by which a job of GitHub Actions with `id-token: write` asks for its tokens.
    #[must_use]
    pub fn actions_environment(&self) -> [(&'static str, &str); 2] {
        ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"].map(|name| (name, self.text(name)))
    }

    /// Ends one of `rekor`, `rekor-v1`, `fulcio`, `tsa` and `ct`, and comes back when it has.
    ///
    /// # Errors
    /// When no such service runs.
    pub fn stop(&self, name: &str) -> Result<()> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let (stdin, stdout) = pipes.as_mut().ok_or("the services have ended")?;
        writeln!(stdin, "stop {name}")?;
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let stopped: Value = serde_json::from_str(&line).map_err(|_| "the services have ended")?;
        if stopped["stopped"] == name { Ok(()) } else { Err(line.into()) }
    }

    fn text(&self, name: &str) -> &str {
        self.told[name].as_str().unwrap_or_default()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        // The end of its input is what makes it end everything else, and itself.
        drop(self.pipes.lock().unwrap_or_else(PoisonError::into_inner).take());
        let _ = self.child.wait();
    }
}
