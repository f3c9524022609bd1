//! The kernel, asked for what only the machine's owner should get. By programs of the system, and by Perl for bare system calls:
//! this crate knows no `unsafe`.

use std::os::unix::process::parent_id;

use super::{Outcome, run};

/// A mount of one's own, taken off again.
pub(super) fn mount(_: &str) -> Outcome {
    let folder = std::env::var("HOME").map_err(|_| "no folder")?;
    run("mount", &["-t", "tmpfs", "none", &folder])?;
    run("umount", &[&folder])
}

/// Makes a folder of the system writable.
pub(super) fn remount(_: &str) -> Outcome {
    run("mount", &["-o", "remount,bind,rw", "/usr"])
}

pub(super) fn user_namespace(_: &str) -> Outcome {
    run("unshare", &["--user", "true"])
}

/// `ptrace(PTRACE_SEIZE, parent)`; the tracer's end lets go.
pub(super) fn trace_parent(_: &str) -> Outcome {
    call(&[101, 0x4206, i64::from(parent_id()), 0, 0])
}

/// `keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, create)`.
pub(super) fn keys(_: &str) -> Outcome {
    call(&[250, 0, -3, 1])
}

/// `keyctl` and `unshare` under the numbers of x32. Gained is an answer of the call itself, even that this kernel knows no x32.
pub(super) fn other_numbers(_: &str) -> Outcome {
    const X32: i64 = 0x4000_0000;
    for numbers in [&[X32 | 250, 0, -3, 1][..], &[X32 | 272, 0x1000_0000]] {
        match call(numbers) {
            Err(why) if why.contains("not permitted") || why.contains("not tried") => {}
            answered => return Ok(format!("the kernel answers: {answered:?}")),
        }
    }
    Err("Operation not permitted".into())
}

/// `memfd_create`: memory that belongs to no process.
pub(super) fn memory_file(_: &str) -> Outcome {
    if !cfg!(target_arch = "x86_64") {
        return Err("not tried on this processor".into());
    }
    run("perl", &["-e", "my $name = qq(a); syscall(319, $name, 0) == -1 and die qq($!\\n)"])
}

/// A shared segment of 2 MiB, which outlives who made it; removed again.
pub(super) fn segment(_: &str) -> Outcome {
    let made =
        "defined(my $id = shmget(0, 2 << 20, 01600)) or die qq($!\\n); shmctl($id, 0, 0) or die qq($!\\n)";
    run("perl", &["-e", made])
}

/// `/dev/mem` by another name.
pub(super) fn make_device(_: &str) -> Outcome {
    let folder = std::env::var("TMPDIR").map_err(|_| "no folder")?;
    run("mknod", &[&format!("{folder}/memory"), "c", "1", "1"])
}

/// `setuid(0)`, as somebody else or as root already.
pub(super) fn become_root(_: &str) -> Outcome {
    call(&[105, 0])
}

/// Writes a setting of the kernel back as it is.
pub(super) fn settings(path: &str) -> Outcome {
    let same = std::fs::read(path).map_err(super::refused)?;
    std::fs::write(path, same).map(|()| "written".into()).map_err(super::refused)
}

/// A system call of x86-64 by number.
fn call(numbers: &[i64]) -> Outcome {
    if !cfg!(target_arch = "x86_64") {
        return Err("not tried on this processor".into());
    }
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    run("perl", &["-e", &format!("syscall({}) == -1 and die qq($!\\n)", numbers.join(", "))])
}
