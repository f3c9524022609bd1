//! Keyless signing: an identity token becomes a certificate of ten minutes, for a key that lives as long; timestamps say
//! when it signed, logs show everybody that it did.
//!
//! One token, one certificate, one key for all statements of a run, which are stamped and logged side by side. Whatever can
//! be verified is verified before the first entry is logged: what stands in a log stays there. Tool manifests are logged
//! last, when all that they bind is.

mod ask;
mod bundle;
mod certificate;
mod error;
mod instance;
mod interrupt;
mod log;
mod services;
mod side_by_side;
mod signer;
mod timestamp;

pub use self::ask::Patience;
pub(crate) use self::ask::{Asker, Question};
pub use self::error::{KeylessError, Service, ServiceError};
pub use self::instance::{Instance, InstanceError, MAX_TRUST_CONFIG};
pub use self::interrupt::Interruption;
pub use self::log::Logged;
pub use self::services::ServicesError;
pub(crate) use self::services::below;
pub use self::signer::KeylessSigner;
