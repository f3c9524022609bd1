//! Files that are nobody's business, and places to write to.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use super::{Outcome, refused};

pub(super) fn read(path: &str) -> Outcome {
    if Path::new(path).is_dir() {
        return fs::read_dir(path).map(|entries| format!("{} entries", entries.count())).map_err(refused);
    }
    match fs::read(path).map_err(refused)? {
        bytes if bytes.is_empty() => Err("there is nothing in it".into()),
        bytes => Ok(format!("{} bytes", bytes.len())),
    }
}

/// Appends to a file, or makes it.
pub(super) fn write(path: &str) -> Outcome {
    let mut file = File::options().append(true).create(true).open(path).map_err(refused)?;
    file.write_all(b"hostile\n").map_err(refused).map(|()| "written".into())
}

pub(super) fn device(path: &str) -> Outcome {
    File::open(path).map(|_| "opened".into()).map_err(refused)
}

/// Changes who may use a device. To the mode that it has: on a machine that lets it happen, nothing breaks.
pub(super) fn own_device(path: &str) -> Outcome {
    let mode = fs::metadata(path).map_err(refused)?.permissions();
    fs::set_permissions(path, mode).map(|()| "changed".into()).map_err(refused)
}

/// Whether a word (in any case) is found where a server could look for the name of who started it.
pub(super) fn names(word: &str) -> Outcome {
    let word = word.to_lowercase();
    let mut found = Vec::new();
    let mut look = |place: String, text: &[u8]| {
        if String::from_utf8_lossy(text).to_lowercase().contains(&word) {
            found.push(place);
        }
    };
    for (name, value) in std::env::vars_os() {
        look(
            format!("variable {}", name.display()),
            [name.as_encoded_bytes(), value.as_encoded_bytes()].concat().as_slice(),
        );
    }
    for file in ["mountinfo", "status", "maps", "cgroup", "environ"] {
        look(format!("self/{file}"), &fs::read(Path::new("/proc/self").join(file)).unwrap_or_default());
    }
    let own = std::process::id().to_string();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.as_encoded_bytes().iter().all(u8::is_ascii_digit) && name != *own {
            for file in ["cmdline", "comm", "environ"] {
                look(format!("a process's {file}"), &fs::read(entry.path().join(file)).unwrap_or_default());
            }
            for link in ["exe", "cwd", "root"] {
                let target = fs::read_link(entry.path().join(link)).unwrap_or_default();
                look(format!("a process's {link}"), target.as_os_str().as_encoded_bytes());
            }
        }
    }
    for folder in ["/", "/tmp", "/dev", "/etc", "/var", "/home", "/root", "/run"] {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            look(folder.to_owned(), entry.file_name().as_encoded_bytes());
        }
    }
    found.sort();
    found.dedup();
    if found.is_empty() { Err("nowhere".into()) } else { Ok(found.join(", ")) }
}
