//! The pages of one list, put together to whole listings: a client may have listed more than once.

use std::collections::BTreeMap;

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::untrusted::Untrusted;

use crate::capture::{List, Page};

/// The listings of one list. Pages of one come in any order; one that names what was named before, after an end was seen, begins
/// another.
#[derive(Default)]
pub(super) struct Listings {
    /// The first that was whole.
    before: Option<BTreeMap<String, Json>>,
    current: BTreeMap<String, Json>,
    /// Whether a page of the current one said that none comes after it.
    has_ended: bool,
}

impl Listings {
    /// Adds a page.
    ///
    /// # Errors
    /// When it names an item twice, or what the current listing has named before it ended; when the listing that it is behind is
    /// not the one before that.
    pub(super) fn add(&mut self, list: &List, page: Page) -> Result<(), Finding> {
        let ends = page.next.is_none();
        let is_another = self.has_ended && page.items.iter().any(|(key, _)| self.current.contains_key(key));
        if is_another {
            self.close(list)?;
        }
        for (key, item) in page.items {
            if self.current.insert(key.clone(), item).is_some() {
                let message = format!("two items of kind {} are called {}", list.kind, Untrusted::new(&key));
                return Err(Finding::new(code::DUPLICATE_ITEM, message).found(key));
            }
        }
        self.has_ended |= ends;
        Ok(())
    }

    /// What was listed.
    ///
    /// # Errors
    /// When two listings differ, or the last one goes on behind what is there.
    pub(super) fn finish(mut self, list: &List) -> Result<BTreeMap<String, Json>, Finding> {
        if !self.has_ended {
            let message =
                format!("the last page of {} says that there are more, and none is there", list.method);
            return Err(Finding::new(code::SERVER_FAILED, message));
        }
        self.close(list)?;
        Ok(self.before.unwrap_or_default())
    }

    fn close(&mut self, list: &List) -> Result<(), Finding> {
        let whole = std::mem::take(&mut self.current);
        self.has_ended = false;
        match &self.before {
            Some(before) if *before != whole => {
                let message = format!("the server answers {} twice, differently", list.method);
                Err(Finding::new(code::PASSES_DISAGREE, message))
            }
            Some(_) => Ok(()),
            None => {
                self.before = Some(whole);
                Ok(())
            }
        }
    }
}
