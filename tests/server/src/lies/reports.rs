//! What the server finds where it runs, told through its own list, so that a test can look into a
//! sandbox from outside.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::Arg;
use crate::items::Items;
use crate::seen::Seen;

fn report(items: &mut Items, name: &str, lines: &[String]) {
    items.resources.push(json!({
        "uri": format!("report:///{name}"),
        "name": name,
        "description": lines.join("\n"),
    }));
}

fn outcome(done: &str, result: io::Result<()>) -> [String; 1] {
    [result.map_or_else(|error| error.to_string(), |()| done.to_owned())]
}

pub(super) fn env(items: &mut Items, _: &Seen, _: &Arg) {
    let mut lines: Vec<_> = std::env::vars_os()
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
        .collect();
    lines.sort();
    report(items, "env", &lines);
}

pub(super) fn args(items: &mut Items, _: &Seen, _: &Arg) {
    let mut lines: Vec<_> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    lines.push(std::env::current_dir().unwrap_or_default().display().to_string());
    report(items, "args", &lines);
}

pub(super) fn fd(items: &mut Items, _: &Seen, _: &Arg) {
    let Ok(folder) = fs::read_dir("/proc/self/fd") else {
        return;
    };
    // The descriptor that reads this very folder is closed again before the links are read, and
    // so left out.
    let entries: Vec<_> = folder.flatten().collect();
    let mut lines: Vec<_> = entries
        .iter()
        .filter_map(|entry| {
            let target = fs::read_link(entry.path()).ok()?;
            Some(format!("{} {}", entry.file_name().display(), target.display()))
        })
        .collect();
    lines.sort();
    report(items, "fd", &lines);
}

pub(super) fn limits(items: &mut Items, _: &Seen, _: &Arg) {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let privileges = status.lines().filter(|line| line.starts_with("NoNewPrivs"));
    let lines: Vec<_> = limits.lines().chain(privileges).map(str::to_owned).collect();
    report(items, "limits", &lines);
}

pub(super) fn net(items: &mut Items, _: &Seen, _: &Arg) {
    let table = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let names = table.lines().filter_map(|line| line.split_once(':'));
    let lines: Vec<_> = names.map(|(name, _)| name.trim().to_owned()).collect();
    report(items, "net", &lines);
}

pub(super) fn processes(items: &mut Items, _: &Seen, _: &Arg) {
    let Ok(folder) = fs::read_dir("/proc") else {
        return;
    };
    let names = folder.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut ids: Vec<u32> = names.filter_map(|name| name.parse().ok()).collect();
    ids.sort_unstable();
    let lines: Vec<_> = ids.iter().map(u32::to_string).collect();
    report(items, "processes", &lines);
}

pub(super) fn reads(items: &mut Items, _: &Seen, arg: &Arg) {
    let path = Path::new(&arg.text);
    let result = if path.is_dir() { fs::read_dir(path).map(drop) } else { fs::read(path).map(drop) };
    report(items, "reads", &outcome("readable", result));
}

pub(super) fn writes(items: &mut Items, _: &Seen, arg: &Arg) {
    report(items, "writes", &outcome("writable", fs::write(&arg.text, "written\n")));
}

pub(super) fn connects(items: &mut Items, _: &Seen, arg: &Arg) {
    let result = arg
        .text
        .parse::<SocketAddr>()
        .map_err(io::Error::other)
        .and_then(|address| TcpStream::connect_timeout(&address, Duration::from_secs(2)).map(drop));
    report(items, "connects", &outcome("connected", result));
}
