//! Processes that end with whoever started them, whatever ends that one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Result, http};

/// Has the kernel kill a process when the thread ends that started it, even by a signal that nobody can catch.
const SETPRIV: &str = "/usr/bin/setpriv";
/// A busy machine with two cores starts the slowest in a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that was started here and runs.
pub(super) struct Processes {
    /// Each one's output, under its name.
    logs: PathBuf,
    home: PathBuf,
    running: Vec<(&'static str, Child)>,
}

impl Processes {
    pub(super) fn new(logs: PathBuf, home: PathBuf) -> Self {
        Self { logs, home, running: Vec::new() }
    }

    /// Starts a program with nothing of our environment but what `environment` says.
    pub(super) fn start(
        &mut self,
        name: &'static str,
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<()> {
        let log = File::create(self.log(name))?;
        let mut command = Command::new(SETPRIV);
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(arguments);
        command.env_clear().env("HOME", &self.home).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().map_err(|error| format!("{name} does not start: {error}"))?;
        self.running.push((name, child));
        Ok(())
    }

    /// Waits until `url` answers with success.
    ///
    /// # Errors
    /// When the process ends, with the end of what it said, or takes too long.
    pub(super) fn ready(&mut self, name: &'static str, url: &str) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if http::get(url).is_ok() {
                return Ok(());
            }
            if self.ended(name)? {
                return Err(format!("{name} ended:\n{}", self.said(name)).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("{name} is not ready at {url}:\n{}", self.said(name)).into())
    }

    /// Ends one process and waits until it has.
    pub(super) fn stop(&mut self, name: &str) -> Result<()> {
        let at = self.running.iter().position(|(running, _)| *running == name);
        let (_, mut child) = self.running.remove(at.ok_or_else(|| format!("`{name}` does not run"))?);
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Runs a program to its end and gives what it wrote.
    pub(super) fn run(&self, program: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("HOME", &self.home)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(format!("{} {arguments:?}:\n{}", program.display(), String::from_utf8_lossy(&output.stderr))
            .into())
    }

    fn ended(&mut self, name: &str) -> Result<bool> {
        match self.running.iter_mut().find(|(running, _)| *running == name) {
            Some((_, child)) => Ok(child.try_wait()?.is_some()),
            None => Ok(true),
        }
    }

    fn said(&self, name: &str) -> String {
        let text = std::fs::read(self.log(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(20)).map(|line| format!("  {line}\n")).collect()
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for (_, child) in &mut self.running {
            let _ = child.kill();
        }
        for (_, child) in &mut self.running {
            let _ = child.wait();
        }
    }
}
