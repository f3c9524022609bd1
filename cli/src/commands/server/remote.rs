//! Asking a server that runs elsewhere, over HTTP.

use std::path::PathBuf;

use clap::Args;
use mcpsign_collect::capture::{CaptureError, Captured, Headers, Limits, RemoteRequest, capture_remote};
use mcpsign_collect::http;
use mcpsign_schemas::endpoint::{Endpoint, EndpointError, PlainHttp};
use zeroize::Zeroizing;

use super::{Plan, not_ours, producer};
use crate::failure::Failure;
use crate::render::untrusted::value;

/// How a remote server is reached.
#[derive(Debug, Args)]
pub(crate) struct RemoteArgs {
    /// Ask the server at this address over Streamable HTTP in place of starting one, e.g. `--url https://acme.example/mcp`
    #[arg(long, value_name = "URL", conflicts_with = "command")]
    url: Option<String>,
    /// A header for the server, recorded by name alone; `{secret:NAME}` stands for a variable of ours, e.g.
    /// `--header 'Authorization=Bearer {secret:TOKEN}'`
    #[arg(long, value_name = "NAME=VALUE")]
    header: Vec<String>,
    /// Trust the PEM certificates in this file beside the system's roots, of a remote server or of the registry that a package is
    /// fetched from, e.g. `--ca acme-root.pem`
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Vec<PathBuf>,
    /// Speak HTTP without TLS with a server on this machine, e.g. `--url http://127.0.0.1:3000/mcp --insecure-loopback`
    #[arg(long)]
    insecure_loopback: bool,
}

/// What `--ca` is for where no remote server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ca {
    /// Nothing.
    #[default]
    OfServer,
    /// The registry that a package is fetched from.
    OfRegistry,
}

/// A server's address: what is signed, and the query that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) endpoint: Endpoint,
    pub(crate) query: Option<String>,
}

impl RemoteArgs {
    /// The address as it is recorded and shown, if one is asked.
    ///
    /// # Errors
    /// As [`Self::address`].
    pub(crate) fn shown(&self) -> Result<Option<String>, Failure> {
        Ok(self.address()?.map(|address| address.endpoint.as_str().to_owned()))
    }

    /// Whether nothing was said about how a remote server is reached.
    pub(super) const fn is_empty(&self, ca: Ca) -> bool {
        self.url.is_none() && self.is_only_spelling(ca) && !self.insecure_loopback
    }

    /// Whether nothing is said but which addresses may be meant.
    pub(super) const fn is_only_spelling(&self, ca: Ca) -> bool {
        self.header.is_empty() && (self.ca.is_empty() || matches!(ca, Ca::OfRegistry))
    }

    /// Whether plain HTTP is spoken with this machine.
    pub(crate) const fn plain_http(&self) -> PlainHttp {
        if self.insecure_loopback { PlainHttp::Loopback } else { PlainHttp::Never }
    }

    /// The address of `--url`.
    ///
    /// # Errors
    /// When it is none of a server.
    pub(crate) fn address(&self) -> Result<Option<Address>, Failure> {
        let Some(url) = &self.url else {
            return Ok(None);
        };
        // Everything after the first `?` is the query, up to a fragment, which the endpoint's parser refuses.
        let (base, query) = match url.split_once('?') {
            Some((base, query)) if !query.contains('#') => (base, Some(query.to_owned())),
            _ => (url.as_str(), None),
        };
        let endpoint = Endpoint::parse(base, self.plain_http()).map_err(|error| {
            // A password on the command line need not stand in a log as well.
            let shown = match (&error, base.split_once("://")) {
                (EndpointError::Userinfo, Some((scheme, _))) => format!("{scheme}://…"),
                _ => base.to_owned(),
            };
            Failure::usage(format!("`--url {}` is no address of a server", value(&shown)))
                .because(error)
                .hint("write it as `https://HOST/PATH`; `--insecure-loopback` allows http with this machine")
        })?;
        Ok(Some(Address { endpoint, query }))
    }

    /// Names and values of what must be found nowhere: variables that stand in headers, and what headers say as it is.
    pub(super) fn secrets(&self) -> Vec<(String, Zeroizing<String>)> {
        let mut secrets = Vec::new();
        for (name, text) in self.header.iter().filter_map(|header| header.split_once('=')) {
            for part in parts(text) {
                secrets.push(match part {
                    Part::Secret(variable) => (variable.to_owned(), read(variable)),
                    Part::Text(text) => {
                        // `Bearer ` is no secret, what follows is.
                        let last = text.rsplit(' ').next().unwrap_or_default();
                        (format!("--header {name}"), Zeroizing::new(last.to_owned()))
                    }
                });
            }
        }
        secrets.retain(|(_, value)| !value.is_empty());
        secrets
    }

    fn headers(&self) -> Result<Headers, Failure> {
        let mut headers = Headers::default();
        for header in &self.header {
            // What is shown of it must not hold its value.
            let (name, text) = header.split_once('=').ok_or_else(|| {
                Failure::usage("a `--header` has no `=`").hint("write it as `--header NAME=VALUE`")
            })?;
            let mut filled = Zeroizing::new(String::new());
            for part in parts(text) {
                match part {
                    Part::Text(text) => filled.push_str(text),
                    Part::Secret(variable) => {
                        not_ours(variable)?;
                        let secret = read(variable);
                        if secret.is_empty() {
                            let message = format!(
                                "`--header {}`: the variable `{}` is not set",
                                value(name),
                                value(variable)
                            );
                            return Err(Failure::usage(message).hint(
                                "set it in the environment that mcpsign is run in; its value is not recorded",
                            ));
                        }
                        filled.push_str(&secret);
                    }
                }
            }
            headers.add(name, filled).map_err(|error| {
                Failure::from_error(&error).hint("`--header NAME=VALUE`, each name once, values on one line")
            })?;
        }
        Ok(headers)
    }
}

impl Plan<'_> {
    /// Asks the server at `address` for everything.
    ///
    /// # Errors
    /// Usage errors of the plan itself, before anybody is asked.
    pub(crate) fn capture_remote(&self, address: Address) -> Result<Result<Captured, CaptureError>, Failure> {
        if !self.server.env.is_empty() {
            return Err(Failure::usage("`--env` is for a server that is started, and a remote one is asked")
                .hint("leave it out; `--header` is what a remote server can be told"));
        }
        if self.server.sandbox.is_some() || self.server.network.is_some() {
            return Err(Failure::usage(
                "`--sandbox` and `--network` are for a server that is started, and a remote one is asked",
            )
            .hint("leave them out"));
        }
        let remote = &self.server.remote;
        let request = RemoteRequest {
            profile: self.profile.to_owned(),
            endpoint: address.endpoint,
            query: address.query,
            headers: remote.headers()?,
            ca: remote.ca.clone(),
            plain_http: match remote.plain_http() {
                PlainHttp::Never => http::PlainHttp::Never,
                PlainHttp::Loopback => http::PlainHttp::Loopback,
            },
            client_info: producer(),
            client_capabilities: self.client_capabilities.clone(),
            protocol: self.server.protocol(),
            limits: Limits::remote(),
            allow: self.allow.clone(),
        };
        Ok(capture_remote(&request))
    }
}

/// A piece of a header's value.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    /// Name of a variable.
    Secret(&'a str),
}

/// Cuts a value at its `{secret:NAME}`.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{secret:") {
        let Some((name, after)) = after.split_once('}') else { break };
        parts.push(Part::Text(before));
        parts.push(Part::Secret(name));
        rest = after;
    }
    parts.push(Part::Text(rest));
    parts
}

fn read(variable: &str) -> Zeroizing<String> {
    Zeroizing::new(std::env::var(variable).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(url: &str) -> RemoteArgs {
        RemoteArgs { url: Some(url.into()), header: vec![], ca: vec![], insecure_loopback: true }
    }

    #[test]
    fn the_query_is_told_from_the_endpoint() {
        let address = |url: &str| args(url).address().map(Option::unwrap);
        let found = address("https://acme.example/mcp?a=1?b").unwrap();
        assert_eq!(
            (found.endpoint.as_str(), found.query.as_deref()),
            ("https://acme.example/mcp", Some("a=1?b"))
        );
        assert_eq!(address("http://[::1]:9/").unwrap().query, None);
        for bad in
            ["https://acme.example/#x", "https://acme.example/?a#x", "http://acme.example/", "acme.example"]
        {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_cut_at_their_secrets() {
        use Part::{Secret, Text};
        assert_eq!(parts("Bearer {secret:T}"), [Text("Bearer "), Secret("T"), Text("")]);
        assert_eq!(parts("{secret:A}{secret:B}"), [Text(""), Secret("A"), Text(""), Secret("B"), Text("")]);
        assert_eq!(parts("{secret:A"), [Text("{secret:A")]);
    }
}
