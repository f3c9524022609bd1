//! Other processes: looking into them, ending them, outliving them.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::parent_id;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Outcome, refused, run};

/// A secret in the environment of any process but our own.
pub(super) fn environments(secret: &str) -> Outcome {
    let own = std::process::id().to_string();
    let mut read = 0;
    for entry in fs::read_dir("/proc").map_err(refused)?.flatten() {
        let name = entry.file_name();
        if !name.as_encoded_bytes().iter().all(u8::is_ascii_digit) || name == *own {
            continue;
        }
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        read += usize::from(!environment.is_empty());
        if environment.windows(secret.len()).any(|window| window == secret.as_bytes()) {
            return Ok("found".into());
        }
    }
    Err(format!("not found in {read}"))
}

pub(super) fn memory_of_parent(_: &str) -> Outcome {
    let folder = format!("/proc/{}", parent_id());
    let mut maps = String::new();
    File::open(format!("{folder}/maps"))
        .and_then(|mut file| file.read_to_string(&mut maps))
        .map_err(refused)?;
    let start = maps.split('-').next().and_then(|start| u64::from_str_radix(start, 16).ok());
    let memory = File::open(format!("{folder}/mem")).map_err(refused)?;
    let mut bytes = [0; 16];
    memory.read_exact_at(&mut bytes, start.ok_or("no maps")?).map_err(refused)?;
    Ok("read".into())
}

/// Processes that a server did not start: all that are neither it nor its parent.
pub(super) fn foreign(_: &str) -> Outcome {
    let (own, parent) = (std::process::id().to_string(), parent_id().to_string());
    let entries = fs::read_dir("/proc").map_err(refused)?.flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let others = names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()) && *name != own && *name != parent);
    match others.count() {
        0 => Err("none seen".into()),
        count => Ok(format!("{count} seen")),
    }
}

pub(super) fn kill_parent(_: &str) -> Outcome {
    let parent = parent_id();
    let killed = run("/bin/sh", &["-c", &format!("kill -KILL {parent}")]);
    std::thread::sleep(Duration::from_millis(200));
    if parent_id() == parent {
        Err(killed.err().unwrap_or_else(|| "it lives on".into()))
    } else {
        Ok("killed".into())
    }
}

/// Two forks, a session of its own, no signal heeded: sleeps for so many seconds.
pub(super) fn outlive(seconds: &str) -> Outcome {
    let script =
        format!("trap '' TERM HUP INT QUIT; (sleep {seconds} & sleep {seconds}) & exec sleep {seconds}");
    Command::new("setsid")
        .args(["-f", "/bin/sh", "-c", &script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(|_| "started".into())
        .map_err(refused)
}
