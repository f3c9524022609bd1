//! The new root, built by process 1 as root of the first user namespace.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::{Path, PathBuf};

use mcpsign_schemas::manifest::Network;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::pivot_root;
use rustix::fs::{Mode, OFlags, open};

use super::layout::Layout;
use super::{Failed, namespaces};
use crate::launch::{folders, limits};

/// Where the new root is put together. What lies there stays reachable by the handles that we hold on it.
const BASE: &str = "/tmp";
/// Devices that lead nowhere.
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// Memory shared between processes. 64 MiB, what containers have.
const SHARED: &str = "mode=1777,size=64m,nr_inodes=1024";
/// The root itself: folders and links to what is bound, some hundreds.
const ROOT: &str = "mode=0755,size=4m,nr_inodes=16384";
/// An empty folder.
const EMPTY: &str = "mode=0755,size=4k,nr_inodes=2";

/// Makes the layout the only thing that there is. Gives a handle on the old `/proc`, whose files can be written.
pub(in crate::launch) fn build(layout: &Layout) -> Result<OwnedFd, Failed> {
    let step = |what| move |error: io::Error| -> Failed { (what, error) };
    unshare(CloneFlags::CLONE_NEWNS).map_err(|errno| ("make a mount namespace", errno.into()))?;
    mount_at(None, Path::new("/"), None, MsFlags::MS_REC | MsFlags::MS_PRIVATE, "")
        .map_err(step("keep mounts to ourselves"))?;
    // Handles from inside the mount namespace, or the kernel binds nothing by them.
    let proc = open("/proc", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|errno| ("open /proc", errno.into()))?;
    let shown = handles(layout).map_err(step("open what the server needs"))?;
    let devices = DEVICES.map(|name| (name, handle(&Path::new("/dev").join(name))));

    mount_at(Some("tmpfs"), Path::new(BASE), Some("tmpfs"), nothing_special(), ROOT)
        .map_err(step("mount a root"))?;
    let inside = |path: &Path| Path::new(BASE).join(path.strip_prefix("/").unwrap_or(path));
    scratch(layout, &inside).map_err(step("mount fresh folders"))?;
    dev(devices, &inside).map_err(step("mount devices"))?;
    own_proc(&inside(Path::new("/proc"))).map_err(step("mount /proc"))?;
    // Everything that is written comes before the first bind, through which it would be written outside.
    etc(layout, &inside).map_err(step("write /etc"))?;
    for (path, handle) in &shown {
        bind(handle, &inside(path)).map_err(step("bind what the server needs"))?;
    }
    for (link, target) in &layout.links {
        let link = inside(link);
        folder_of(&link).and_then(|()| symlink(target, &link)).map_err(step("make links"))?;
    }
    hide(layout, &inside).map_err(step("hide what is not the server's"))?;
    enter(Path::new(BASE)).map_err(step("enter the new root"))?;
    read_only(layout, &proc).map_err(step("make the new root read-only"))?;
    Ok(proc)
}

/// Covers folders with an empty one and files with an empty one. What nothing shows is hidden as it is.
fn hide(layout: &Layout, inside: &impl Fn(&Path) -> PathBuf) -> io::Result<()> {
    let nothing = inside(Path::new("/var/empty"));
    File::create(&nothing)?;
    let nothing = handle(&nothing)?;
    for hidden in &layout.hidden {
        let hidden = inside(hidden);
        if hidden.is_dir() {
            mount_at(Some("tmpfs"), &hidden, Some("tmpfs"), nothing_special(), EMPTY)?;
        } else if hidden.is_file() {
            bind_handle(&nothing, &hidden)?;
        }
    }
    Ok(())
}

fn handles(layout: &Layout) -> io::Result<Vec<(PathBuf, OwnedFd)>> {
    layout.shown.iter().map(|path| Ok((path.clone(), handle(path)?))).collect()
}

/// A handle on a real path, good for nothing but to be bound.
fn handle(path: &Path) -> io::Result<OwnedFd> {
    Ok(open(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?)
}

/// The only places that can be written: in memory, bounded together.
fn scratch(layout: &Layout, inside: &impl Fn(&Path) -> PathBuf) -> io::Result<()> {
    let options =
        |mode: &str| format!("mode={mode},size={},nr_inodes={}", limits::SCRATCH, limits::SCRATCH_FILES);
    let tmp = inside(Path::new("/tmp"));
    fs::create_dir(&tmp)?;
    mount_at(Some("tmpfs"), &tmp, Some("tmpfs"), nothing_special(), &options("1777"))?;
    fs::create_dir(inside(Path::new("/var")))?;
    // Relative: as long as we build, `/` is the machine's.
    symlink("../tmp", inside(Path::new("/var/tmp")))?;
    let root = inside(&layout.root);
    if !layout.root.starts_with("/tmp") {
        fs::create_dir_all(&root)?;
        mount_at(Some("tmpfs"), &root, Some("tmpfs"), nothing_special(), &options("0700"))?;
    } else if let Some(parent) = root.parent() {
        fs::create_dir_all(parent)?;
    }
    folders::make(&root)
}

fn dev(devices: [(&str, io::Result<OwnedFd>); 5], inside: &impl Fn(&Path) -> PathBuf) -> io::Result<()> {
    let dev = inside(Path::new("/dev"));
    fs::create_dir_all(dev.join("shm"))?;
    for (name, handle) in devices {
        bind_file(&handle?, &dev.join(name))?;
    }
    mount_at(Some("tmpfs"), &dev.join("shm"), Some("tmpfs"), nothing_special(), SHARED)?;
    for (name, target) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
        symlink(format!("/proc/self/fd{target}"), dev.join(name))?;
    }
    Ok(())
}

/// Processes that one cannot look into are not shown: ours is none of the server's business (M24).
fn own_proc(proc: &Path) -> io::Result<()> {
    fs::create_dir(proc)?;
    let flags = nothing_special() | MsFlags::MS_NOEXEC;
    // The older form, of kernels before 5.8, makes an exception for a group.
    mount_at(Some("proc"), proc, Some("proc"), flags, "hidepid=4")
        .or_else(|_| mount_at(Some("proc"), proc, Some("proc"), flags, "hidepid=2"))?;
    // Linux 6.14 counts processes by namespace. Before that the resource limit does, for everybody but root.
    let _ = fs::write(proc.join("sys/kernel/pid_max"), limits::PROCESSES.to_string());
    Ok(())
}

/// What names users and machines: not the caller, and nobody else.
fn etc(layout: &Layout, inside: &impl Fn(&Path) -> PathBuf) -> io::Result<()> {
    let etc = inside(Path::new("/etc"));
    fs::create_dir_all(&etc)?;
    let (user, home) = (namespaces::USER, layout.root.join("home"));
    let passwd =
        [format!("user:x:{user}:{user}::").as_bytes(), home.as_os_str().as_bytes(), b":/bin/sh\n"].concat();
    fs::write(etc.join("passwd"), passwd)?;
    fs::write(etc.join("group"), format!("user:x:{user}:\n"))?;
    if layout.network != Some(Network::Host) {
        fs::write(etc.join("hosts"), "127.0.0.1 localhost\n::1 localhost\n")?;
    }
    Ok(())
}

fn bind(handle: &OwnedFd, at: &Path) -> io::Result<()> {
    // By the handle: the path may lie where the new root covers it.
    if !in_proc(handle).metadata()?.is_dir() {
        return bind_file(handle, at);
    }
    fs::create_dir_all(at)?;
    bind_handle(handle, at)
}

fn bind_file(handle: &OwnedFd, at: &Path) -> io::Result<()> {
    folder_of(at)?;
    File::create(at)?;
    bind_handle(handle, at)
}

fn bind_handle(handle: &OwnedFd, at: &Path) -> io::Result<()> {
    mount_at(in_proc(handle).to_str(), at, None, MsFlags::MS_BIND | MsFlags::MS_REC, "")
}

fn in_proc(handle: &OwnedFd) -> PathBuf {
    format!("/proc/self/fd/{}", handle.as_raw_fd()).into()
}

fn folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| DirBuilder::new().recursive(true).mode(0o755).create(parent))
}

fn enter(root: &Path) -> io::Result<()> {
    std::env::set_current_dir(root)?;
    // The old root ends up on top of the new one, and is taken off.
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    std::env::set_current_dir("/")
}

/// Every mount that there is now but what is to be written; what a bound folder had mounted in it, too.
fn read_only(layout: &Layout, proc: &OwnedFd) -> io::Result<()> {
    use rustix::fs::openat;
    let table = openat(proc, "self/mountinfo", OFlags::CLOEXEC, Mode::empty())?;
    let table = io::read_to_string(File::from(table))?;
    for line in table.lines() {
        // id parent device root MOUNT-POINT OPTIONS …
        let mut fields = line.split(' ').skip(4);
        let (Some(point), Some(options)) = (fields.next(), fields.next()) else { continue };
        let point = unescaped(point);
        let written = point == layout.root
            || point == Path::new("/tmp")
            || point == Path::new("/dev/shm")
            || layout.writable.iter().any(|folder| point.starts_with(folder));
        // Of a folder that is to be written, nothing can be made a device either.
        let read_only = if written { MsFlags::empty() } else { MsFlags::MS_RDONLY };
        // Devices stay devices, which are written all the same; what is read-only is their owner, mode and times.
        let device = DEVICES.iter().any(|name| point == Path::new("/dev").join(name));
        let special = if device { MsFlags::MS_NOSUID } else { nothing_special() };
        let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | special | read_only | kept(options);
        mount_at(None, &point, None, flags, "")?;
    }
    Ok(())
}

/// What a mount from outside has, and must keep: the kernel refuses to give it up. Where nothing is said of access times, it
/// leaves them as they are.
fn kept(options: &str) -> MsFlags {
    let flag = |option| match option {
        "ro" => MsFlags::MS_RDONLY,
        "noexec" => MsFlags::MS_NOEXEC,
        _ => MsFlags::empty(),
    };
    options.split(',').map(flag).collect()
}

/// Space, tabulator, newline and backslash stand as three octal digits in the kernel's table.
fn unescaped(point: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(point.len());
    let mut rest = point.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let octal = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (first, octal) {
            (b'\\', Some(byte)) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    std::ffi::OsString::from_vec(bytes).into()
}

fn nothing_special() -> MsFlags {
    MsFlags::MS_NOSUID | MsFlags::MS_NODEV
}

fn mount_at(
    source: Option<&str>,
    at: &Path,
    kind: Option<&str>,
    flags: MsFlags,
    options: &str,
) -> io::Result<()> {
    let options = (!options.is_empty()).then(|| OsStr::new(options));
    Ok(mount(source, at, kind, flags, options)?)
}
