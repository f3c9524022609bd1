//! The command line.

use crate::lies::{self, Told};

pub(crate) enum Command {
    Serve(Vec<Told>),
    ListLies,
    /// What a grandchild does: nothing, for so many seconds.
    Sleep(u64),
}

/// Whatever follows `--` is ignored, so that tests can launch with arguments of any form.
pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut told = Vec::new();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--lie" => told.push(lies::parse(&value(&mut args, "--lie")?)?),
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
    Ok(Command::Serve(told))
}

pub(crate) const DEAF: &str = "--deaf";

fn value(args: &mut impl Iterator<Item = String>, name: &str) -> Result<String, String> {
    args.next().ok_or_else(|| format!("`{name}` needs a value"))
}
