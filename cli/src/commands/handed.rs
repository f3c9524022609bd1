//! What is handed in besides artifact and evidence: lists of revocations, earlier releases, other servers, advisories.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use mcpsign_advisories::snapshot::WholeSnapshot;
use mcpsign_evidence::advisories::AdvisoriesError;
use mcpsign_evidence::advisories::store::{self, Demands};
use mcpsign_evidence::alongside::{OtherServers, alongside};
use mcpsign_evidence::handed::{self, SignedFiles};
use mcpsign_schemas::code;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_verifier::policy::{Alongside, History};
use mcpsign_verifier::{Gap, Got, Measured, MeasuredArtifact, SignedFile};

use crate::failure::Failure;

/// Where it lies.
#[derive(Debug, Default)]
pub(crate) struct Places<'a> {
    pub(crate) revocations: &'a [PathBuf],
    pub(crate) history: Option<&'a Path>,
    pub(crate) alongside: &'a [PathBuf],
    pub(crate) advisories: Option<&'a Path>,
}

/// What was handed in.
pub(crate) struct HandedIn {
    revocations: Option<SignedFiles>,
    /// Whom the lists are said to be of.
    authorities: Vec<String>,
    history: Option<Got<SignedFiles>>,
    /// Other servers, which nothing signed here has to be about.
    alongside: Option<OtherServers>,
    advisories: Got<Arc<WholeSnapshot>>,
    /// Who signed those.
    advisories_signed: Got<Arc<[SignedFile]>>,
}

impl HandedIn {
    /// Reads all of it. What is wrong with advisories is a reason not to decide, whatever was asked for.
    ///
    /// # Errors
    /// Files that cannot be used.
    pub(crate) fn read(places: &Places<'_>, now: Timestamp) -> Result<Self, Failure> {
        let unreadable = |error: &dyn std::error::Error, hint| Failure::from_error(error).hint(hint);
        let (revocations, authorities) = match places.revocations {
            [] => (None, Vec::new()),
            paths => {
                let hint = "name a list that `mcpsign revoke` made";
                let files = handed::lists(paths).map_err(|error| unreadable(&error, hint))?;
                let authorities = handed::authorities(&files).map_err(|error| unreadable(&error, hint))?;
                (Some(files), authorities)
            }
        };
        let history = places.history.map(handed::history).transpose().map_err(|error| {
            unreadable(&error, "name a folder that holds nothing but evidence files of earlier releases")
        })?;
        let alongside = match places.alongside {
            [] => None,
            paths => Some(alongside(paths).map_err(|error| {
                let hint = "name an evidence file with the other server's tool manifest, or a file of `mcpsign manifest capture`";
                unreadable(&error, hint)
            })?),
        };
        let (advisories, advisories_signed) = match places.advisories {
            Some(dir) => snapshot(dir, now),
            None => (Got::not_asked(), Got::not_asked()),
        };
        Ok(Self { revocations, authorities, history, alongside, advisories, advisories_signed })
    }

    /// Whom the lists are said to be of.
    pub(crate) fn authorities(&self) -> &[String] {
        &self.authorities
    }

    pub(crate) const fn history_given(&self) -> History {
        if self.history.is_some() { History::Given } else { History::NotGiven }
    }

    pub(crate) const fn others_given(&self) -> Alongside {
        if self.alongside.is_some() { Alongside::Given } else { Alongside::NotGiven }
    }

    /// What is measured of the artifact itself, with what was handed in.
    pub(crate) fn measured(&self, artifact: MeasuredArtifact, observed: Got<ObservedServer>) -> Measured {
        let mut measured = Measured {
            observed,
            advisories: self.advisories.clone(),
            advisories_signed: self.advisories_signed.clone(),
            ..Measured::of(artifact)
        };
        if let Some(files) = &self.revocations {
            measured.revocations = Got::Some(files.clone());
        }
        if let Some(history) = &self.history {
            measured.history = history.clone();
        }
        if let Some(others) = &self.alongside {
            measured.alongside = Got::Some(others.clone());
        }
        measured
    }
}

/// The advisories of a folder, whole, and who signed them.
fn snapshot(dir: &Path, now: Timestamp) -> (Got<Arc<WholeSnapshot>>, Got<Arc<[SignedFile]>>) {
    let gap = |error: &AdvisoriesError| {
        let code = error.code().unwrap_or(code::advisories::DAMAGED);
        Gap { code, message: error.to_string() }
    };
    let snapshot = match store::read(dir, Demands::default(), now) {
        Ok(snapshot) => snapshot,
        Err(error) => return (Got::Missing(gap(&error)), Got::not_asked()),
    };
    let signed = match store::signature(dir, snapshot.digest) {
        Ok(file) => Got::Some(file.into_iter().collect()),
        Err(error) => Got::Missing(gap(&error)),
    };
    (Got::Some(Arc::new(snapshot)), signed)
}
