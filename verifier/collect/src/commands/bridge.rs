//! Bridges: programs that start another server, or speak to one elsewhere, and pass on what it says. What stands behind them
//! is what a client really uses.

use super::client::remote;
use super::{Behind, CommandError, Launched, Started, shell};

/// A package with what it starts or speaks to in turn, where it is a bridge.
pub(super) fn followed(
    mut launched: Launched,
    arguments: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Launched {
    launched.behind = behind(&launched.purl.name(), arguments, read);
    launched
}

/// What the bridge of this name starts or speaks to; `None` of what is no bridge that is known.
pub(super) fn behind(
    name: &str,
    arguments: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Option<Box<Behind>> {
    let start = |words: &[&str]| read(words).map(|launched| Started::Launched(Box::new(launched)));
    let bridged = match name {
        "mcp-remote" => address(arguments).ok_or(CommandError::Bridge("mcp-remote")),
        "supergateway" => match (value(arguments, "--stdio"), remote_value(arguments)) {
            (Some(script), _) => shell::plain(script)
                .and_then(|words| start(&words.iter().map(String::as_str).collect::<Vec<_>>())),
            (None, Some(address)) => Ok(Started::Remote(address)),
            (None, None) => Err(CommandError::Bridge("supergateway")),
        },
        "mcp-proxy" => match (arguments.iter().position(|word| *word == "--"), address(arguments)) {
            (Some(at), _) => start(arguments.get(at + 1..).unwrap_or_default()),
            (None, Some(address)) => Ok(address),
            (None, None) => Err(CommandError::Bridge("mcp-proxy")),
        },
        // It asks a registry of its own what to start.
        "@smithery/cli" => Err(CommandError::Bridge("@smithery/cli")),
        _ => return None,
    };
    Some(Box::new(bridged))
}

/// Options of bridges whose value may be an address, and those that two values follow.
const VALUED: [&str; 8] =
    ["--resource", "--allow-origin", "--header", "--headers", "-H", "--env", "-e", "--auth-server"];
const PAIRED: [&str; 4] = ["--headers", "-H", "--env", "-e"];

/// The first word that is an address and no value of an option.
fn address(arguments: &[&str]) -> Option<Started> {
    let before =
        |at: usize, back: usize| at.checked_sub(back).and_then(|at| arguments.get(at)).unwrap_or(&"");
    let is_value = |at: usize| VALUED.contains(before(at, 1)) || PAIRED.contains(before(at, 2));
    let mut words = arguments.iter().enumerate().filter(|(at, _)| !is_value(*at));
    words.find_map(|(_, word)| remote(word)).map(Started::Remote)
}

/// The address that a gateway is told to speak to.
fn remote_value(arguments: &[&str]) -> Option<String> {
    ["--sse", "--streamableHttp"].iter().find_map(|option| remote(value(arguments, option)?))
}

/// The value of an option, behind it or behind an equals sign.
fn value<'a>(arguments: &[&'a str], option: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|word| word.split('=').next() == Some(option))?;
    let word = arguments.get(at)?;
    word.split_once('=').map(|(_, value)| value).or_else(|| arguments.get(at + 1).copied())
}
