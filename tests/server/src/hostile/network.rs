//! The machine's network, and sockets that are no files.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::{Outcome, refused, run};

/// A port of 127.0.0.1.
pub(super) fn loopback(port: &str) -> Outcome {
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse().map_err(|_| "no port")?));
    TcpStream::connect_timeout(&address, Duration::from_secs(2)).map(|_| "connected".into()).map_err(refused)
}

#[cfg(target_os = "linux")]
pub(super) fn abstract_socket(name: &str) -> Outcome {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixStream};

    let connect = || -> io::Result<_> { UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?) };
    connect().map(|_| "connected".into()).map_err(refused)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn abstract_socket(_: &str) -> Outcome {
    Err(refused(io::ErrorKind::Unsupported.into()))
}

/// Whoever listens at a path: a container engine, an agent. No mount is read-only for it.
pub(super) fn socket_file(path: &str) -> Outcome {
    std::os::unix::net::UnixStream::connect(path).map(|_| "connected".into()).map_err(refused)
}

/// A socket to the machine that this one runs in, which no network namespace keeps apart.
pub(super) fn vsock(_: &str) -> Outcome {
    run("perl", &["-e", "socket(my $s, 40, 1, 0) or die qq($!\\n)"])
}
