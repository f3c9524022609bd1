//! Attacks on whoever starts the server: `--attack NAME[=VALUE]`, as often as one likes. Each is tried once, before the first
//! line is read; what came of it is told in the description of the resource `report:///attacks`, a line each:
//! `NAME=VALUE gained WHAT` or `NAME=VALUE refused WHY`. In everything else the server is honest.

mod files;
mod kernel;
mod network;
mod processes;
mod resources;

use std::io;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// What was gained, or why nothing was.
type Outcome = Result<String, String>;

struct Attack {
    name: &'static str,
    tries: fn(&str) -> Outcome,
}

const ATTACKS: &[Attack] = &[
    Attack { name: "read", tries: files::read },
    Attack { name: "write", tries: files::write },
    Attack { name: "device", tries: files::device },
    Attack { name: "own-device", tries: files::own_device },
    Attack { name: "names", tries: files::names },
    Attack { name: "environments", tries: processes::environments },
    Attack { name: "memory-of-parent", tries: processes::memory_of_parent },
    Attack { name: "foreign-processes", tries: processes::foreign },
    Attack { name: "kill-parent", tries: processes::kill_parent },
    Attack { name: "outlive", tries: processes::outlive },
    Attack { name: "loopback", tries: network::loopback },
    Attack { name: "abstract-socket", tries: network::abstract_socket },
    Attack { name: "socket-file", tries: network::socket_file },
    Attack { name: "vsock", tries: network::vsock },
    Attack { name: "processes", tries: resources::processes },
    Attack { name: "disk", tries: resources::disk },
    Attack { name: "allocate", tries: resources::allocate },
    Attack { name: "limits", tries: resources::limits },
    Attack { name: "mount", tries: kernel::mount },
    Attack { name: "remount", tries: kernel::remount },
    Attack { name: "user-namespace", tries: kernel::user_namespace },
    Attack { name: "trace-parent", tries: kernel::trace_parent },
    Attack { name: "keys", tries: kernel::keys },
    Attack { name: "other-numbers", tries: kernel::other_numbers },
    Attack { name: "memory-file", tries: kernel::memory_file },
    Attack { name: "segment", tries: kernel::segment },
    Attack { name: "make-device", tries: kernel::make_device },
    Attack { name: "become-root", tries: kernel::become_root },
    Attack { name: "kernel-settings", tries: kernel::settings },
];

/// Tries an attack; gives its line of the report.
pub(crate) fn attack(told: &str) -> Result<String, String> {
    let (name, value) = told.split_once('=').unwrap_or((told, ""));
    let attack = ATTACKS.iter().find(|attack| attack.name == name);
    let attack = attack.ok_or_else(|| format!("no attack is called `{name}`"))?;
    Ok(match (attack.tries)(value) {
        Ok(gained) => format!("{told} gained {gained}"),
        Err(refused) => format!("{told} refused {refused}"),
    })
}

/// The report, as a resource.
pub(crate) fn resource(lines: &[String]) -> Value {
    json!({ "uri": "report:///attacks", "name": "attacks", "description": lines.join("\n") })
}

fn refused(error: io::Error) -> String {
    error.to_string()
}

/// Runs a program of the system; gained if it says that it succeeded.
fn run(program: &str, args: &[&str]) -> Outcome {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().map_err(refused)?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().replace('\n', "; ");
    if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) }
}
