//! What clients are configured to start, for people.

use std::fmt::Write as _;

use crate::commands::scan::{Scanned, Shown};
use crate::output::style::{BOLD, NOTE, WARNING};
use crate::render::human::{count, field};
use crate::render::untrusted::value;

/// Each server, and how many of them are open.
pub(crate) fn human(scanned: &Scanned) -> String {
    let mut text = String::new();
    for server in &scanned.servers {
        one(&mut text, server);
    }
    let open = scanned.servers.iter().filter(|server| server.open.contains(&"version")).count();
    let unknown = scanned.servers.iter().filter(|server| server.reference.is_none()).count();
    let _ = writeln!(
        text,
        "{}: {open} in a version that the command leaves open, {unknown} without reference",
        count(scanned.servers.len(), "server"),
    );
    text
}

fn one(text: &mut String, server: &Shown) {
    let name = server.name.as_deref().map(|name| format!("{}: ", value(name))).unwrap_or_default();
    match (&server.reference, &server.problem) {
        (Some(reference), _) => {
            let _ = writeln!(text, "{name}{BOLD}{}{BOLD:#}", value(reference));
        }
        (None, problem) => {
            let _ = writeln!(text, "{name}{NOTE}{}{NOTE:#}", problem.as_deref().unwrap_or_default());
        }
    }
    if let Some(asked) = server.asked.as_ref().filter(|_| server.open.contains(&"version")) {
        field(text, "asked for", format_args!("{}", value(asked)));
    }
    if !server.open.is_empty() {
        field(text, "open", format_args!("{WARNING}{}{WARNING:#}", server.open.join(", ")));
    }
    for with in &server.with {
        field(text, "with", format_args!("{}", value(with)));
    }
    if let Some(source) = &server.source {
        field(text, "from", format_args!("{}", value(source)));
    }
}
