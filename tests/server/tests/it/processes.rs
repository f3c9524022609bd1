//! Lies as a process, and what the reports tell. Linux only: /proc is how it is seen.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::client::{self, Server, modern, report};

/// Process ids whose command line ends so.
fn sleepers(seconds: &str) -> Vec<u32> {
    let tail = format!("--sleep\0{seconds}\0");
    let ids = fs::read_dir("/proc").unwrap().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.ends_with(tail.as_bytes())
    })
    .collect()
}

fn kill(signal: &str, id: u32) {
    assert!(Command::new("kill").args([signal, &id.to_string()]).status().unwrap().success());
}

/// The grandchild of a server that has ended, by a number of seconds no other test uses.
fn orphan(lie: &str, seconds: &str) -> u32 {
    let mut server = Server::start(&[&format!("{lie}={seconds}")]);
    server.ask("tools/list", modern(json!({})));
    drop(server);
    let found = sleepers(seconds);
    assert_eq!(found.len(), 1, "{lie}");
    found[0]
}

#[test]
fn grandchildren_outlive_the_server() {
    let id = orphan("grandchild", "7001");
    let group = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let group = group.rsplit(')').next().unwrap().split_whitespace().nth(2).unwrap().to_owned();
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap();
    kill("-KILL", id);
    assert_eq!(group, id.to_string());
    assert!(environment.starts_with(b"LANG="));

    let id = orphan("grandchild-clears-env", "7002");
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap();
    kill("-KILL", id);
    assert!(environment.is_empty());

    let id = orphan("grandchild-holds-stdout", "7003");
    let stdout = fs::read_link(format!("/proc/{id}/fd/1")).unwrap();
    kill("-KILL", id);
    assert!(stdout.to_str().unwrap().starts_with("pipe:"));
}

#[test]
fn it_can_ignore_the_end_of_stdin_and_sigterm() {
    let mut server = Server::start(&["ignores-stdin-close"]);
    server.ask("tools/list", modern(json!({})));
    let id = server.child.id();
    kill("-TERM", id);
    server.ask("tools/list", modern(json!({})));

    let mut command = client::command(&["ignores-stdin-close"]);
    let mut child = command.stdin(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let still_there = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(still_there);
}

#[test]
fn a_marker_proves_the_start() {
    let file = std::env::temp_dir().join(format!("mcpsign-marker-{}", std::process::id()));
    Server::start(&[&format!("marker={}", file.display())]).end();
    fs::remove_file(file).unwrap();
}

#[test]
fn stderr_noise_blocks_until_it_is_read() {
    let mut server = Server::start(&["stderr-noise=1000000"]);
    let id = server.post("tools/list", modern(json!({})));
    assert!(server.is_silent_for(Duration::from_millis(300)));
    let mut stderr = server.child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    assert_eq!(server.message()["id"], id);
    drop(server);
    assert_eq!(reader.join().unwrap().unwrap(), 1_000_000);
}

#[test]
fn reports_tell_what_is_there() {
    assert_eq!(report(&["env-report"]), ["LANG=C.UTF-8"]);
    let open = report(&["fd-report"]);
    for standard in ["0 pipe:", "1 pipe:", "2 pipe:"] {
        assert!(open.iter().any(|line| line.starts_with(standard)), "{open:?}");
    }
    let limits = report(&["limits-report"]);
    assert!(limits.iter().any(|line| line.starts_with("Max open files")), "{limits:?}");
    assert!(limits.last().unwrap().starts_with("NoNewPrivs:"), "{limits:?}");
    assert!(!report(&["process-report"]).is_empty());
    assert_eq!(report(&["reads=/proc/self/status"]), ["readable"]);
    assert_ne!(report(&["reads=/no/such/file"]), ["readable"]);
    assert_ne!(report(&["writes=/no/such/file"]), ["writable"]);
    assert_ne!(report(&["connects=127.0.0.1:1"]), ["connected"]);
    let arguments = report(&["args-report"]);
    assert_eq!(arguments[1..3], ["--lie", "args-report"]);
}
