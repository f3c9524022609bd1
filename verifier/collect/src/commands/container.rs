//! `docker run` and those like it: an image by tag or digest.

use mcpsign_schemas::image::ImageReference;

use super::options::Options;
use super::{Behind, CommandError, Launched, Open, Started};

/// Of `docker run`, `podman run` and `nerdctl run`.
#[rustfmt::skip]
const RUN: Options = Options {
    flags: &[
        "-i", "-t", "-d", "-P", "-q", "--interactive", "--tty", "--detach", "--rm", "--init",
        "--privileged", "--read-only", "--publish-all", "--no-healthcheck", "--oom-kill-disable", "--quiet",
        "--sig-proxy", "--disable-content-trust", "--use-api-socket", "--replace", "--rmi", "--tls-verify",
        "--env-host", "--http-proxy", "--no-hosts", "--no-hostname", "--passwd", "--read-only-tmpfs",
        "--unsetenv-all",
    ],
    valued: &[
        "-e", "--env", "--env-file", "-v", "--volume", "--volume-driver", "--volumes-from", "--mount",
        "--tmpfs", "--name", "-p", "--publish", "--expose", "--network", "--net", "--network-alias",
        "--net-alias", "--link", "--link-local-ip", "--ip", "--ip6", "--mac-address", "--add-host", "--dns",
        "--dns-opt", "--dns-option", "--dns-search", "--domainname", "-h", "--hostname", "-w", "--workdir",
        "-u", "--user", "--userns", "--group-add", "--entrypoint", "--platform", "--pull", "-l", "--label",
        "--label-file", "--annotation", "--restart", "--runtime", "--isolation", "--security-opt",
        "--cap-add", "--cap-drop", "--device", "--device-cgroup-rule", "--device-read-bps",
        "--device-read-iops", "--device-write-bps", "--device-write-iops", "--gpus", "--ulimit", "--sysctl",
        "--shm-size", "--stop-signal", "--stop-timeout", "--storage-opt", "--log-driver", "--log-opt",
        "--ipc", "--pid", "--pids-limit", "--uts", "--cgroupns", "--cgroup-parent", "--cidfile",
        "--detach-keys", "-a", "--attach", "--health-cmd", "--health-interval", "--health-retries",
        "--health-start-interval", "--health-start-period", "--health-timeout", "-m", "--memory",
        "--memory-reservation", "--memory-swap", "--memory-swappiness", "--kernel-memory",
        "--oom-score-adj", "--blkio-weight", "--blkio-weight-device", "-c", "--cpu-shares", "--cpus",
        "--cpu-count", "--cpu-percent", "--cpu-period", "--cpu-quota", "--cpu-rt-period",
        "--cpu-rt-runtime", "--cpuset-cpus", "--cpuset-mems", "--io-maxbandwidth", "--io-maxiops", "--arch",
        "--os", "--variant", "--authfile", "--creds", "--cert-dir", "--cgroup-conf", "--cgroups",
        "--chrootdirs", "--conmon-pidfile", "--decryption-key", "--gidmap", "--uidmap", "--group-entry",
        "--passwd-entry", "--hostuser", "--image-volume", "--init-ctr", "--init-path", "--pod",
        "--pod-id-file", "--personality", "--preserve-fd", "--preserve-fds", "--pidfile", "--requires",
        "--retry", "--retry-delay", "--sdnotify", "--seccomp-policy", "--secret", "--shm-size-systemd",
        "--subgidname", "--subuidname", "--systemd", "--timeout", "--tz", "--umask", "--unsetenv",
    ],
};

/// What may stand before `run`.
const CLIENT: Options = Options {
    flags: &["-D", "--debug", "--tls", "--tlsverify", "--remote", "-r"],
    valued: &[
        "--config",
        "-c",
        "--context",
        "--connection",
        "-H",
        "--host",
        "-l",
        "--log-level",
        "--tlscacert",
        "--tlscert",
        "--tlskey",
        "--url",
        "--identity",
        "-n",
        "--namespace",
    ],
};

/// `docker [OPTIONS] run …`.
pub(super) fn client(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    match CLIENT.read(words)?.rest {
        ["run", rest @ ..] | ["container", "run", rest @ ..] => run(rest, read),
        ["compose" | "mcp", ..] => Err(CommandError::Unread),
        _ => Err(CommandError::LOCAL),
    }
}

/// What is fetched and started in the container, where its command is one that is known: what follows the image is told to the
/// image's own program, unless there is none or another is named.
fn inside(
    entrypoint: Option<&str>,
    arguments: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Option<Box<Behind>> {
    let program = entrypoint.filter(|program| !program.is_empty());
    match read(&program.into_iter().chain(arguments.iter().copied()).collect::<Vec<_>>()) {
        Ok(launched) => Some(Box::new(Ok(Started::Launched(Box::new(launched))))),
        Err(CommandError::Empty) => None,
        Err(CommandError::Local(local)) => local.behind,
        Err(error) => Some(Box::new(Err(error))),
    }
}

/// The image that is run.
fn run(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let said = RUN.read(words)?;
    let (image, arguments) = said.rest.split_first().ok_or(CommandError::Nothing)?;
    let image = ImageReference::parse(image).map_err(|_| CommandError::Nothing)?;
    let version = image.digest().map(|digest| format!("sha256:{digest}"));
    let purl = image.purl(image.digest()).map_err(|_| CommandError::Nothing)?;
    let behind = inside(said.of(&["--entrypoint"]).last().copied(), arguments, read);
    // A digest covers all that is in the image, and nothing that is fetched by it.
    let open = match (&version, &behind) {
        (Some(_), None) => Vec::new(),
        (Some(_), Some(_)) => vec![Open::Dependencies],
        (None, _) => vec![Open::Version, Open::Dependencies],
    };
    let asked = version.or_else(|| image.tag().map(str::to_owned));
    Ok(Launched { purl, asked, open, with: Vec::new(), behind })
}
