//! More than there is for one.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Outcome, refused, run};

/// So many processes at a time; they sleep.
pub(super) fn processes(count: &str) -> Outcome {
    let wanted: usize = count.parse().map_err(|_| "no number")?;
    for made in 0..wanted {
        let sleeper = Command::new("/bin/sleep")
            .arg("600")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        if let Err(error) = sleeper {
            return Err(format!("after {made}: {error}"));
        }
    }
    Ok(format!("{wanted} started"))
}

/// So many MiB in files of a tenth of that, in the folder for temporary files.
pub(super) fn disk(mebibytes: &str) -> Outcome {
    let wanted: usize = mebibytes.parse().map_err(|_| "no number")?;
    let block = vec![0; 1 << 20];
    let folder = PathBuf::from(std::env::var_os("TMPDIR").ok_or("no folder")?);
    let mut files: Vec<File> = Vec::new();
    for written in 0..wanted {
        if written % (wanted / 10).max(1) == 0 {
            files.push(File::create(folder.join(format!("filler-{written}"))).map_err(refused)?);
        }
        let file = files.last_mut().ok_or("no file")?;
        file.write_all(&block).map_err(|error| format!("after {written} MiB: {error}"))?;
    }
    Ok(format!("{wanted} MiB written"))
}

/// So many GiB of memory that is not even touched.
pub(super) fn allocate(gibibytes: &str) -> Outcome {
    let wanted: usize = gibibytes.parse().map_err(|_| "no number")?;
    let mut memory: Vec<u8> = Vec::new();
    memory.try_reserve_exact(wanted << 30).map_err(|error| error.to_string()).map(|()| "allocated".into())
}

/// Raises a hard limit.
pub(super) fn limits(_: &str) -> Outcome {
    run("/bin/sh", &["-c", "ulimit -Hn 8192 && ulimit -Hn"])
}
