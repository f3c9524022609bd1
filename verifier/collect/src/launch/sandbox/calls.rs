//! System calls that no server needs, and that attacks on kernels begin with.

use std::collections::BTreeMap;
use std::io;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

/// Refused whatever their arguments.
const DENIED: &[libc::c_long] = &[
    // Other namespaces, other roots, other mounts.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // Keys of the caller's session.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // Much code in the kernel, and most of its holes.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    // The machine itself.
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    libc::SYS_nfsservctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
];

/// Memory in files that lie nowhere, which no limit counts. C libraries and programs go on to `/dev/shm`, which has one.
const MEMORY_FILES: [libc::c_long; 2] = [libc::SYS_memfd_create, libc::SYS_memfd_secret];
/// Bytes of one shared segment at the most: it stays when nobody holds it, and a namespace has 4,096 of them. 1 MiB: databases mark
/// their folders with one of some bytes.
const SEGMENT: u64 = 1 << 20;
/// Address families that a server may use: IPv4, IPv6, and asking the kernel for interfaces. Not `vsock`, which reaches the host
/// of a virtual machine past every network namespace; nor local sockets, which reach whoever listens at a path that is shown
/// (a container engine, an agent), and which no read-only mount closes. Pairs of them are another call, and allowed.
const FAMILIES: [libc::c_int; 3] = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
/// Of `clone`: a user namespace.
const NEW_USER: u64 = libc::CLONE_NEWUSER as u64;
/// The same calls under other numbers, with pointers of 32 bits; few kernels still know them.
#[cfg(target_arch = "x86_64")]
const X32: libc::c_long = 0x4000_0000;

/// Denies them to this thread and to all that it starts.
pub(in crate::launch) fn deny() -> io::Result<()> {
    let mut denied: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for call in DENIED {
        denied.extend(numbers(*call).map(|call| (call, Vec::new())));
    }
    let makes_user = condition(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(NEW_USER), NEW_USER)?;
    let makes_user = rule(vec![makes_user])?;
    denied.extend(numbers(libc::SYS_clone).map(|call| (call, vec![makes_user.clone()])));
    apply(denied, libc::EPERM)?;

    // Its arguments lie in memory, which no filter sees. C libraries go on to `clone`.
    let unknown = MEMORY_FILES.into_iter().chain([libc::SYS_clone3]).flat_map(numbers);
    apply(unknown.map(|call| (call, Vec::new())).collect(), libc::ENOSYS)?;

    let large = condition(1, SeccompCmpArgLen::Qword, SeccompCmpOp::Gt, SEGMENT)?;
    let large = rule(vec![large])?;
    apply(numbers(libc::SYS_shmget).map(|call| (call, vec![large.clone()])).collect(), libc::ENOMEM)?;

    let other = FAMILIES.map(|family| {
        condition(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, u64::from(family.unsigned_abs()))
    });
    let other = rule(other.into_iter().collect::<io::Result<_>>()?)?;
    apply(numbers(libc::SYS_socket).map(|call| (call, vec![other.clone()])).collect(), libc::EAFNOSUPPORT)
}

/// Denies them every socket of the internet's families: where there is no network but the machine's. Landlock could forbid
/// connections alone, and neither datagrams nor other protocols than TCP.
pub(in crate::launch) fn deny_network() -> io::Result<()> {
    let internet = [libc::AF_INET, libc::AF_INET6].map(|family| {
        let family = u64::from(family.unsigned_abs());
        rule(vec![condition(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, family)?])
    });
    let internet = internet.into_iter().collect::<io::Result<Vec<_>>>()?;
    apply(numbers(libc::SYS_socket).map(|call| (call, internet.clone())).collect(), libc::EAFNOSUPPORT)
}

/// Every number that a call has.
fn numbers(call: libc::c_long) -> impl Iterator<Item = libc::c_long> {
    #[cfg(target_arch = "x86_64")]
    let other = Some(call | X32);
    #[cfg(not(target_arch = "x86_64"))]
    let other = None;
    [call].into_iter().chain(other)
}

fn condition(
    argument: u8,
    length: SeccompCmpArgLen,
    operator: SeccompCmpOp,
    value: u64,
) -> io::Result<SeccompCondition> {
    SeccompCondition::new(argument, length, operator, value).map_err(io::Error::other)
}

fn rule(conditions: Vec<SeccompCondition>) -> io::Result<SeccompRule> {
    SeccompRule::new(conditions).map_err(io::Error::other)
}

fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: libc::c_int) -> io::Result<()> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let refuse = SeccompAction::Errno(errno.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).map_err(io::Error::other)?;
    let program = BpfProgram::try_from(filter).map_err(io::Error::other)?;
    seccompiler::apply_filter(&program).map_err(io::Error::other)
}
