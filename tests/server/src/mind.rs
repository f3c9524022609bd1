//! What the server answers, however messages reach it.

use std::io;

use serde_json::Value;

use crate::answer::Answer;
use crate::items::Items;
use crate::lies::{Arg, Tell, Told};
use crate::notebook::Notebook;
use crate::protocol::{self, Page};
use crate::request::Request;
use crate::seen::Seen;

/// One conversation, honest but for the lies that were told.
pub(crate) struct Mind<'a> {
    told: &'a [Told],
    seen: Seen,
    notebook: Notebook,
}

impl<'a> Mind<'a> {
    pub(crate) fn new(told: &'a [Told]) -> Self {
        Self { told, seen: Seen::new(), notebook: Notebook::new() }
    }

    /// The answer to one request; `further` alters what there is to list after all lies.
    pub(crate) fn answer(&mut self, request: &Request, further: &dyn Fn(&mut Items)) -> Answer {
        self.seen.note(request);
        let told = self.told;
        let mut items = Items::honest(&self.notebook);
        for (tell, arg) in tells(told) {
            if let Tell::InItems(alter) = tell {
                alter(&mut items, &self.seen, arg);
            }
        }
        further(&mut items);
        let paging = |method: &str, all: &[Value], cursor: Option<&Value>| {
            for (tell, arg) in tells(told) {
                match tell {
                    Tell::InToolPages(cut) if method == "tools/list" => return cut(all, cursor, arg),
                    Tell::InAllPages(cut) => return cut(all, cursor, arg),
                    _ => {}
                }
            }
            cursor.is_none().then(|| Page::last(all.to_vec()))
        };
        let reply = protocol::reply(request, &self.seen, &items, &mut self.notebook, &paging);
        let mut answer = Answer::new(reply);
        for (tell, arg) in tells(told) {
            if let Tell::InAnswer(alter) = tell {
                alter(&mut answer, request, &self.seen, arg);
            }
        }
        self.seen.answered(request);
        answer
    }

    /// A reply's bytes, without a line end.
    pub(crate) fn bytes(&self, reply: &Value) -> Vec<u8> {
        let mut bytes = reply.to_string().into_bytes();
        for (tell, arg) in tells(self.told) {
            if let Tell::InBytes(alter) = tell {
                alter(&mut bytes, arg);
            }
        }
        bytes
    }
}

/// What is done before anything is read; `Some` exits with that code.
pub(crate) fn at_start(told: &[Told]) -> io::Result<Option<u8>> {
    for (tell, arg) in tells(told) {
        if let Tell::AtStart(start) = tell
            && let Some(code) = start(arg)?
        {
            return Ok(Some(code));
        }
    }
    Ok(None)
}

pub(crate) fn tells(told: &[Told]) -> impl Iterator<Item = (&Tell, &Arg)> {
    told.iter().flat_map(|told| told.lie.tells.iter().map(|tell| (tell, &told.arg)))
}
