//! The walls around a started program, on Linux, without root and without `unsafe`.
//!
//! 1. *Namespaces* ([`namespaces`], [`root`], [`loopback`]): user, mount, pid, ipc, uts, and network unless the machine's is asked
//!    for. The root is a fresh tmpfs; what is not bound into it is simply not there: no home, no `/root`, no `/run`, no
//!    credentials. Bound, read-only:
//!    - the system's programs and libraries, and of `/etc` what libraries read and nobody hides ([`layout`]);
//!    - the program's own folder and its prefix, for an interpreter finds its library beside itself, and of a virtual
//!      environment the interpreter that it was made with (`needs`);
//!    - the package that a script belongs to, for a script is nothing without its dependencies;
//!    - the artifact, for it is what is started;
//!    - the current folder and the paths among arguments and variables, for whoever gives them means them: but not the home, nor what
//!      contains it, nor where credentials are kept;
//!    - what the caller names (`readable`).
//!
//!    Writable: `/tmp` with the fresh folders, and `/dev/shm`, in memory and bounded; for tools the folders that are named.
//! 2. *No rights*: a second user namespace, in which the program is an ordinary user, `no_new_privs`, limits
//!    (`limits`, `watch`).
//! 3. *[`landlock`]*, should the first wall have a hole; alone where namespaces are refused.
//! 4. *[`calls`]*: the parts of the kernel that no server needs are not there to be attacked.

pub(super) mod calls;
pub(super) mod landlock;
pub(super) mod layout;
pub(super) mod loopback;
pub(super) mod namespaces;
pub(super) mod root;

/// A step that failed, and the system's reason.
pub(super) type Failed = (&'static str, std::io::Error);
