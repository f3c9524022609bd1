//! Lies: what they can be told with, and how one is named on the command line.

mod confusing;
mod definitions;
mod eras;
mod extensions;
mod frames;
mod literals;
mod paging;
mod processes;
mod reports;
pub(crate) mod table;
mod varying;

use std::io;

use serde_json::Value;

pub(crate) use self::definitions::evil_tool;

use crate::answer::Answer;
use crate::items::Items;
use crate::protocol::Page;
use crate::request::Request;
use crate::seen::Seen;

/// One lie. Adding one is a line in the table and, mostly, a function.
pub(crate) struct Lie {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    pub(crate) tells: &'static [Tell],
    /// What the server does, in one sentence.
    pub(crate) says: &'static str,
}

/// The value after `=`; each kind holds one, as an example for people and tests.
pub(crate) enum Takes {
    Nothing,
    Number(u64),
    Text(&'static str),
    /// May be left out, and is this then.
    Maybe(&'static str),
}

/// Where a lie takes hold.
pub(crate) enum Tell {
    /// Once, before the first line is read; `Some` exits with that code.
    AtStart(fn(&Arg) -> io::Result<Option<u8>>),
    /// In what the server has, anew for each request.
    InItems(fn(&mut Items, &Seen, &Arg)),
    /// In how the tools are cut into pages.
    InToolPages(Pager),
    /// In how any list is.
    InAllPages(Pager),
    /// In the finished answer to one request.
    InAnswer(fn(&mut Answer, &Request, &Seen, &Arg)),
    /// In the bytes of a reply, before its line end is added.
    InBytes(fn(&mut Vec<u8>, &Arg)),
    /// When stdin has ended.
    AtEnd(fn()),
}

/// (All items, the cursor asked for): `None` refuses the cursor.
pub(crate) type Pager = fn(&[Value], Option<&Value>, &Arg) -> Option<Page>;

#[derive(Debug, Default)]
pub(crate) struct Arg {
    pub(crate) text: String,
    /// Zero unless the lie takes a number.
    pub(crate) number: u64,
}

pub(crate) struct Told {
    pub(crate) lie: &'static Lie,
    pub(crate) arg: Arg,
}

impl Lie {
    /// The lie as it can be given on the command line.
    pub(crate) fn example(&self) -> String {
        let name = self.name;
        match self.takes {
            Takes::Nothing | Takes::Maybe(_) => name.to_owned(),
            Takes::Number(number) => format!("{name}={number}"),
            Takes::Text(text) => format!("{name}={text}"),
        }
    }
}

pub(crate) fn parse(given: &str) -> Result<Told, String> {
    let (name, value) = match given.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (given, None),
    };
    let lie = table::LIES
        .iter()
        .find(|lie| lie.name == name)
        .ok_or_else(|| format!("unknown lie `{name}`; `--list-lies` names them"))?;
    let text = match (&lie.takes, value) {
        (Takes::Nothing, None) => "",
        (Takes::Nothing, Some(_)) => return Err(format!("the lie `{name}` takes no value")),
        (Takes::Maybe(default), None) => default,
        (Takes::Number(_) | Takes::Text(_), None) => {
            return Err(format!("the lie `{name}` needs a value, as in `{}`", lie.example()));
        }
        (_, Some(value)) => value,
    };
    let number = match lie.takes {
        Takes::Number(_) => {
            text.parse().map_err(|_| format!("the lie `{name}` needs a number, not `{text}`"))?
        }
        _ => 0,
    };
    Ok(Told { lie, arg: Arg { text: text.to_owned(), number } })
}
