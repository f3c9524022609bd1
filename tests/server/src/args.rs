//! The command line.

use crate::http::knobs::{self, Turned};
use crate::lies::{self, Told};

pub(crate) enum Command {
    /// The lies to tell, and the attacks to try first.
    Serve(Vec<Told>, Vec<String>),
    /// The same over HTTP, without attacks.
    Http {
        told: Vec<Told>,
        knobs: Vec<Turned>,
    },
    ListLies,
    ListKnobs,
    /// What a grandchild does: nothing, for so many seconds.
    Sleep(u64),
}

/// Whatever follows `--` is ignored, so that tests can launch with arguments of any form.
pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut told, mut knobs, mut attacks, mut http) = (Vec::new(), Vec::new(), Vec::new(), false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--lie" => told.push(lies::parse(&value(&mut args, "--lie")?)?),
            "--attack" => attacks.push(value(&mut args, "--attack")?),
            "--http" => http = true,
            "--knob" => knobs.push(knobs::parse(&value(&mut args, "--knob")?)?),
            "--list-knobs" => return Ok(Command::ListKnobs),
            "--list-lies" => return Ok(Command::ListLies),
            "--sleep" => {
                let seconds = value(&mut args, "--sleep")?;
                let parsed = seconds.parse().map(Command::Sleep);
                return parsed.map_err(|_| format!("`--sleep {seconds}` is not a number"));
            }
            // Set by `ignores-stdin-close` when it starts itself anew.
            DEAF => {}
            "--" => break,
            _ => return Err(format!("unknown argument `{arg}`")),
        }
    }
    if !http && !knobs.is_empty() {
        return Err("`--knob` is for `--http`".into());
    }
    Ok(if http { Command::Http { told, knobs } } else { Command::Serve(told, attacks) })
}

pub(crate) const DEAF: &str = "--deaf";

fn value(args: &mut impl Iterator<Item = String>, name: &str) -> Result<String, String> {
    args.next().ok_or_else(|| format!("`{name}` needs a value"))
}
