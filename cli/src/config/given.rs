//! From what the file says to what a server is given.

use mcpsign_collect::launch::SandboxMode;
use mcpsign_schemas::manifest::Network;

use super::{NetworkChoice, Profile, ProtocolChoice, SandboxChoice, Settings};
use crate::commands::server::{Given, ProtocolArg};

impl Settings {
    /// What a profile's server is given where the command line does not say otherwise.
    pub(crate) fn given(&self, profile: &Profile) -> Given {
        Given {
            env: profile.env.clone(),
            secret_env: profile.secret_env.clone(),
            protocol: profile.protocol.map(|protocol| match protocol {
                ProtocolChoice::Auto => ProtocolArg::Auto,
                ProtocolChoice::Legacy => ProtocolArg::Legacy,
            }),
            sandbox: self.sandbox.map(|sandbox| match sandbox {
                SandboxChoice::Required => SandboxMode::Required,
                SandboxChoice::Auto => SandboxMode::Auto,
                SandboxChoice::Off => SandboxMode::Off,
            }),
            network: self.network.map(|network| match network {
                NetworkChoice::None => Network::None,
                NetworkChoice::Host => Network::Host,
            }),
            ..Given::default()
        }
    }
}
