//! Conversations: one for all modern requests, one for each legacy client.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::lies::Told;
use crate::mind::Mind;

pub(crate) struct Sessions {
    told: &'static [Told],
    modern: Arc<Session>,
    legacy: Mutex<BTreeMap<String, Arc<Session>>>,
    /// Sessions so far, those that have ended included.
    begun: AtomicU64,
}

pub(crate) struct Session {
    /// Empty for the modern one.
    pub(crate) id: String,
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) mind: Mind<'static>,
    /// Answers of the client to requests of ours.
    pub(crate) responses: usize,
    /// The stream for what nobody asked for.
    pub(crate) standing: Option<Sender<Vec<u8>>>,
    /// What a client that comes back gets.
    pub(crate) pending: Vec<Vec<u8>>,
}

impl Session {
    fn new(id: String, told: &'static [Told]) -> Arc<Self> {
        let state = State { mind: Mind::new(told), responses: 0, standing: None, pending: Vec::new() };
        Arc::new(Self { id, state: Mutex::new(state) })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions {
    pub(crate) fn new(told: Vec<Told>) -> Self {
        // As long as the process.
        let told: &'static [Told] = Vec::leak(told);
        Self {
            told,
            modern: Session::new(String::new(), told),
            legacy: Mutex::default(),
            begun: AtomicU64::new(0),
        }
    }

    pub(crate) fn modern(&self) -> Arc<Session> {
        Arc::clone(&self.modern)
    }

    pub(crate) fn begin(&self) -> Arc<Session> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let session = Session::new(format!("session-{number}"), self.told);
        self.legacy().insert(session.id.clone(), Arc::clone(&session));
        session
    }

    pub(crate) fn get(&self, id: Option<&str>) -> Option<Arc<Session>> {
        self.legacy().get(id?).cloned()
    }

    pub(crate) fn end(&self, id: Option<&str>) -> bool {
        id.is_some_and(|id| self.legacy().remove(id).is_some())
    }

    fn legacy(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Session>>> {
        self.legacy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
