//! Why there is no response.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use mcpsign_schemas::untrusted::escape;
use reqwest::Url;

/// Why there is no response, or none that is used. Never holds a header that was sent, nor the query of an address.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// A file of roots cannot be read.
    #[error("cannot read the certificates in {}", .path.display())]
    Ca {
        /// Where it lies.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file of roots without any.
    #[error("{} holds no PEM certificate", .path.display())]
    CaEmpty {
        /// Where it lies.
        path: PathBuf,
    },
    /// The TLS library does not start.
    #[error("cannot make an HTTP client: {}", reasons(.source))]
    Client {
        /// Its reason.
        source: reqwest::Error,
    },
    /// An address that is not spoken to.
    #[error("`{}` is not asked: {why}", escape(.url))]
    Address {
        /// Without userinfo, query and fragment.
        url: String,
        /// Why not.
        why: &'static str,
    },
    /// Whoever answers does not prove by TLS that it is who was to be asked: its certificate leads to none of the roots, is
    /// of another name, or it speaks no TLS.
    #[error("`{}` is not asked, because of its TLS: {reason}", escape(.url))]
    Tls {
        /// Without userinfo, query and fragment.
        url: String,
        /// All reasons, outermost first.
        reason: String,
    },
    /// The connection, or the HTTP on it.
    #[error("cannot ask `{}`: {reason}", escape(.url))]
    Transport {
        /// Without userinfo, query and fragment.
        url: String,
        /// All reasons, outermost first.
        reason: String,
    },
    /// It took too long.
    #[error("`{}` did not answer in time", escape(.host))]
    TimedOut {
        /// Without userinfo, query and fragment.
        host: String,
    },
    /// A redirect to where it must not lead.
    #[error("`{}` sends elsewhere, to `{}`: {why}", escape(.from), escape(.to))]
    Redirect {
        /// Without userinfo, query and fragment.
        from: String,
        /// Likewise, or the header as received where it is no address.
        to: String,
        /// Why it is not followed.
        why: &'static str,
    },
    /// One redirect after the other.
    #[error("more than {most} redirects in a row")]
    Redirects {
        /// How many are followed.
        most: usize,
    },
    /// A compressed body, though `identity` was asked for.
    #[error("the answer is encoded as `{}`, which nobody asked for", escape(.encoding))]
    Encoding {
        /// As received.
        encoding: String,
    },
    /// Too many or too long headers.
    #[error("the answer's headers have more than {limit} bytes")]
    Headers {
        /// How many they may have.
        limit: usize,
    },
    /// Too long a body.
    #[error("the answer has more than {limit} bytes")]
    TooLarge {
        /// How many it may have.
        limit: u64,
    },
    /// A download was answered with something else than 200.
    #[error("the answer is HTTP status {status}")]
    Status {
        /// It.
        status: u16,
    },
    /// The body could not be written down.
    #[error("cannot write what was downloaded")]
    Sink {
        /// The system's reason.
        source: io::Error,
    },
}

/// What may help where the other side's TLS is not taken.
pub const TLS_HINT: &str = "if its certificate is by an authority of your own, name that authority's PEM file in the variable `SSL_CERT_FILE`, or with `--ca FILE` where the command has it; if not, somebody else answers in its place";

/// What may help where a file of roots is of no use.
pub const CA_HINT: &str = "`--ca` takes files of PEM certificates that can be read";

impl HttpError {
    /// Whether there was no answer, as opposed to one that is of no use.
    pub const fn is_unreached(&self) -> bool {
        self.may_pass() || matches!(self, Self::Tls { .. })
    }

    /// Whether there was an answer, of a form that is not taken.
    pub const fn is_answered(&self) -> bool {
        matches!(self, Self::Encoding { .. } | Self::Headers { .. } | Self::TooLarge { .. })
    }

    /// Whether to ask once more may help.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Transport { .. } | Self::TimedOut { .. })
    }

    pub(super) fn transport(url: &Url, error: reqwest::Error) -> Self {
        let url = super::address::shown(url);
        if error.is_timeout() {
            return Self::TimedOut { host: url };
        }
        let (is_tls, reason) = (is_tls(&error), reasons(&error.without_url()));
        if is_tls { Self::Tls { url, reason } } else { Self::Transport { url, reason } }
    }
}

/// Whether the TLS library refused the other side. A connection that broke off is none of its errors.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(error) = cause {
        if is_of_tls(error) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// An error of the system says as its source what the source of its content is, and its content may be another.
fn is_of_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let content = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || content.is_some_and(|content| is_of_tls(content))
}

/// Characters of the reasons of a failed connection: a certificate may have much to say.
const REASON_CHARS: usize = 300;

/// An error and what caused it, in one line. It may quote the other side (a certificate's names).
fn reasons(error: &reqwest::Error) -> String {
    let mut all = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let reason = error.to_string();
        if !all.ends_with(&reason) {
            all.push_str(": ");
            all.push_str(&reason);
        }
        source = error.source();
    }
    mcpsign_schemas::untrusted::Untrusted::bounded(&all, REASON_CHARS).to_string()
}
