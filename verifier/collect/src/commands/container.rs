//! `docker run` and those like it: an image by tag or digest.

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::purl::Purl;

use super::options::Options;
use super::{CommandError, Launched, Open};

const RUN: Options = Options {
    flags: &[
        "-i",
        "-t",
        "-d",
        "-P",
        "-q",
        "--interactive",
        "--tty",
        "--detach",
        "--rm",
        "--init",
        "--privileged",
        "--read-only",
        "--publish-all",
        "--no-healthcheck",
        "--oom-kill-disable",
        "--quiet",
        "--sig-proxy",
        "--disable-content-trust",
        "--replace",
        "--tls-verify",
    ],
    valued: &[
        "-e",
        "--env",
        "--env-file",
        "-v",
        "--volume",
        "--mount",
        "--name",
        "-p",
        "--publish",
        "--network",
        "--net",
        "-w",
        "--workdir",
        "-u",
        "--user",
        "--entrypoint",
        "--platform",
        "-l",
        "--label",
        "--add-host",
        "-m",
        "--memory",
        "--cpus",
        "--pull",
        "-h",
        "--hostname",
        "--gpus",
        "--cap-add",
        "--cap-drop",
        "--security-opt",
        "--ulimit",
        "--restart",
        "--device",
        "--dns",
        "--tmpfs",
        "--ipc",
        "--pid",
        "--pids-limit",
        "--volumes-from",
        "--shm-size",
        "--runtime",
        "--stop-signal",
        "--stop-timeout",
        "--cidfile",
        "--link",
        "--expose",
        "--ip",
        "--log-driver",
        "--log-opt",
        "--userns",
        "--uts",
        "--cgroupns",
        "--sysctl",
        "--group-add",
        "-a",
        "--attach",
        "-c",
        "--cpu-shares",
    ],
};

/// The image that is run.
pub(super) fn run(words: &[&str]) -> Result<Launched, CommandError> {
    let (_, rest) = RUN.read(words, &[])?;
    let image = rest.first().ok_or(CommandError::Nothing)?;
    let (named, digest) = match image.split_once('@') {
        Some((named, digest)) => {
            let hex = digest.strip_prefix("sha256:").ok_or(CommandError::Nothing)?;
            (named, Some(hex.parse::<Sha256Digest>().map_err(|_| CommandError::Nothing)?))
        }
        None => (*image, None),
    };
    // A colon before the last slash is that of a port.
    let (repository, tag) = match named.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (named, None),
    };
    let fits = |text: &str| {
        text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-/:".contains(&b))
    };
    let base = repository.rsplit('/').next().unwrap_or_default();
    if base.is_empty() || !fits(repository) {
        return Err(CommandError::Nothing);
    }
    let version = digest.map(|digest| format!("sha256:{digest}"));
    let purl = Purl::oci(base, version.as_deref())
        // Without one the client adds its own registry and folder, which are not the command's to say.
        .and_then(|purl| match repository.contains('/') {
            true => purl.with_qualifier("repository_url", repository.to_owned()),
            false => Ok(purl),
        })
        .and_then(|purl| match tag {
            Some(tag) => purl.with_qualifier("tag", tag.to_owned()),
            None => Ok(purl),
        })
        .map_err(|_| CommandError::Nothing)?;
    // A digest covers all that is in the image.
    let open = if version.is_some() { Vec::new() } else { vec![Open::Version, Open::Dependencies] };
    Ok(Launched { purl, asked: version.or_else(|| tag.map(str::to_owned)), open })
}
