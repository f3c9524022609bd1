//! `.netrc`: where pip and uv look for passwords that stand in no address.

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::registry::RegistryError;
use crate::registry::base::{Base, basic};
use crate::registry::credential::{Credentials, Place};
use crate::registry::surroundings::Surroundings;

/// Adds what the caller's `.netrc` says of the index's host. Its `default` entry is left alone: it would send a password
/// to whoever is asked.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn add(around: &Surroundings, index: &Base, to: &mut Credentials) -> Result<(), RegistryError> {
    let path: Option<PathBuf> = match around.named_file("NETRC")? {
        Some(named) => Some(named),
        None => around.home(".netrc"),
    };
    let text = path.map(|path| around.file(&path)).transpose()?.flatten().map(Zeroizing::new);
    let (Some(text), Some(host), Some(place)) = (text, index.url().host_str(), Place::of(index.url())) else {
        return Ok(());
    };
    if let Some((login, password)) = login(&text, host) {
        to.add(place, basic(&encoded(&login), &encoded(&password)));
    }
    Ok(())
}

/// Login and password of the first entry for `host`.
fn login(text: &str, host: &str) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let mut ours = false;
    let (mut login, mut password) = (Zeroizing::new(String::new()), None);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "machine" | "default" if ours => return password.map(|password| (login, password)),
                "machine" => ours = words.next() == Some(host),
                "default" => ours = false,
                "login" | "account" | "password" => {
                    let Some(value) = words.next().filter(|_| ours) else { continue };
                    match word {
                        "login" => login = Zeroizing::new(value.to_owned()),
                        "password" => password = Some(Zeroizing::new(value.to_owned())),
                        _ => {}
                    }
                }
                // A macro goes to the next empty line.
                "macdef" => {
                    lines.by_ref().find(|line| line.trim().is_empty());
                    break;
                }
                comment if comment.starts_with('#') => break,
                _ => {}
            }
        }
    }
    password.filter(|_| ours).map(|password| (login, password))
}

/// As in an address, from where [`basic`] takes it.
fn encoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string(),
    )
}
