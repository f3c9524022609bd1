//! Lies as a process: how it starts, what it starts, and how it ends.

use std::fs;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Arg;
use super::frames::LAST_WORDS;
use crate::answer;
use crate::args::DEAF;

pub(super) fn banner(_: &Arg) -> io::Result<Option<u8>> {
    answer::write(b"Notes server, ready.\n").map(|()| None)
}

pub(super) fn marker(arg: &Arg) -> io::Result<Option<u8>> {
    fs::File::create(&arg.text).map(|_| None)
}

/// Puts another file in the place of a file or folder and, soon after, the first one back.
pub(super) fn swap(arg: &Arg) -> io::Result<Option<u8>> {
    let aside = format!("{}.aside", arg.text);
    if fs::rename(&arg.text, &aside).is_ok() {
        fs::write(&arg.text, "swapped")?;
        std::thread::sleep(Duration::from_millis(20));
        fs::remove_file(&arg.text)?;
        fs::rename(&aside, &arg.text)?;
    }
    Ok(None)
}

pub(super) fn slow_start(arg: &Arg) -> io::Result<Option<u8>> {
    std::thread::sleep(Duration::from_millis(arg.number));
    Ok(None)
}

pub(super) fn crash(_: &Arg) -> io::Result<Option<u8>> {
    io::stderr().lock().write_all(LAST_WORDS.as_bytes())?;
    Ok(Some(7))
}

pub(super) fn stderr_noise(arg: &Arg) -> io::Result<Option<u8>> {
    let mut left = arg.number;
    let block = [b'n'; 4096];
    while left > 0 {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
        io::stderr().lock().write_all(&block[..size])?;
        left -= size as u64;
    }
    Ok(None)
}

pub(super) fn grandchild(arg: &Arg) -> io::Result<Option<u8>> {
    let mut command = sleeper(arg)?;
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(|_| None)
}

pub(super) fn grandchild_clears_env(arg: &Arg) -> io::Result<Option<u8>> {
    let mut command = sleeper(arg)?;
    command.stdout(Stdio::null()).stderr(Stdio::null()).env_clear();
    command.spawn().map(|_| None)
}

pub(super) fn grandchild_holds_stdout(arg: &Arg) -> io::Result<Option<u8>> {
    sleeper(arg)?.spawn().map(|_| None)
}

/// This program again, doing nothing, in a process group that no signal to ours reaches.
fn sleeper(arg: &Arg) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--sleep").arg(arg.number.to_string()).stdin(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok(command)
}

/// What is ignored stays so across an exec, so a shell can do what safe Rust cannot. Lies given
/// ahead of this one start twice.
pub(super) fn turn_deaf(_: &Arg) -> io::Result<Option<u8>> {
    if std::env::args_os().any(|arg| arg == DEAF) {
        return Ok(None);
    }
    #[cfg(unix)]
    {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "trap '' HUP INT TERM; exec \"$0\" \"$@\""]);
        command.arg(std::env::current_exe()?).arg(DEAF).args(std::env::args_os().skip(1));
        Err(std::os::unix::process::CommandExt::exec(&mut command))
    }
    #[cfg(not(unix))]
    Ok(None)
}

pub(super) fn stay() {
    loop {
        std::thread::sleep(Duration::from_secs(60));
    }
}
