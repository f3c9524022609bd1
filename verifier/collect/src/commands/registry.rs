//! Registries that a command names: what is fetched from one is not the package of that name that its ecosystem's registry has.

use mcpsign_schemas::purl::Purl;

use super::client::remote;
use super::{CommandError, Launched};
use crate::catalog::UNREADABLE;

/// What cargo calls its default registry.
const CRATES_IO: &str = "crates-io";

/// Lets what is started, and what is fetched beside it, be of the registry that the last of `named` names.
///
/// # Errors
/// Never for an address that was cleaned.
pub(super) fn of(mut launched: Launched, named: &[&str]) -> Result<Launched, CommandError> {
    let Some(named) = named.last().filter(|named| **named != CRATES_IO) else { return Ok(launched) };
    let registry = shown(named);
    let of_it = |purl: Purl| match Purl::is_default_registry(purl.ty(), &registry) {
        true => Ok(purl),
        false => purl.with_qualifier("repository_url", registry.clone()).map_err(|_| CommandError::Nothing),
    };
    launched.purl = of_it(launched.purl)?;
    launched.with = launched.with.into_iter().map(of_it).collect::<Result<_, _>>()?;
    Ok(launched)
}

/// An address without what may be secret, or the name that one goes by. uv writes names before addresses.
fn shown(named: &str) -> String {
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let address =
        named.split_once('=').filter(|(name, _)| is_name(name)).map_or(named, |(_, address)| address);
    match remote(address) {
        Some(address) => address,
        None if is_name(address) && !address.is_empty() => address.to_owned(),
        None => UNREADABLE.to_owned(),
    }
}
