//! What a profile can say of itself: members that have a form, and launches that there can have been.

use super::{Binding, Launch, Profile, Transport};

/// Whether a profile is of its form.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(profile: &Profile) -> Result<(), &'static str> {
    let mut order: Vec<&String> = profile.tool_order.iter().collect();
    order.sort();
    let rules = [
        (profile.name.trim().is_empty(), "it has no name"),
        (profile.protocol_version.trim().is_empty(), "`protocolVersion` is empty"),
        (profile.client_capabilities.as_object().is_none(), "`clientCapabilities` is no object"),
        (!order.into_iter().eq(profile.tools.keys()), "`toolOrder` does not list each of its tools once"),
    ];
    first(&rules)?;
    launch(&profile.launch)
}

/// A process and its command line, or an address; of an address nothing was unpacked or installed.
fn launch(launch: &Launch) -> Result<(), &'static str> {
    match launch.transport {
        Transport::Stdio => first(&[
            (launch.argv.is_empty(), "a process without a command line"),
            (launch.url.is_some() || !launch.headers.is_empty(), "a process with an address or headers"),
            (launch.binding == Binding::Endpoint, "a process that is an endpoint"),
        ]),
        Transport::StreamableHttp => first(&[
            (!launch.argv.is_empty(), "an address with a command line"),
            (launch.url.is_none(), "no address to be asked"),
            (
                matches!(launch.binding, Binding::Unpacked | Binding::Installed),
                "an address bound to an artifact",
            ),
        ]),
    }
}

/// What the first rule says that is broken.
pub(crate) fn first(rules: &[(bool, &'static str)]) -> Result<(), &'static str> {
    rules.iter().find(|(broken, _)| *broken).map_or(Ok(()), |(_, what)| Err(what))
}
