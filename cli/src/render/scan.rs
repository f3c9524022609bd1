//! What clients are configured to start, for people.

use std::fmt::Write as _;

use mcpsign_schemas::scan::{Open, ScanReport, Scanned, ScannedServer};

use crate::output::style::{BOLD, NOTE, WARNING};
use crate::render::human::{count, field};
use crate::render::untrusted::value;

/// Each server, and how many of them are open.
pub(crate) fn human(report: &ScanReport) -> String {
    let mut text = String::new();
    for server in &report.servers {
        one(&mut text, server);
    }
    let is_open = |server: &&ScannedServer| server.scanned.open.contains(&Open::Version);
    let open = report.servers.iter().filter(is_open).count();
    let unknown = report.servers.iter().filter(|server| server.scanned.reference.is_none()).count();
    let _ = writeln!(
        text,
        "{}: {open} in a version that the command leaves open, {unknown} without reference",
        count(report.servers.len(), "server"),
    );
    text
}

fn one(text: &mut String, server: &ScannedServer) {
    let name = server.name.as_deref().map(|name| format!("{}: ", value(name))).unwrap_or_default();
    let _ = writeln!(text, "{name}{}", heading(&server.scanned));
    details(text, &server.scanned);
    let mut behind = server.scanned.behind.as_deref();
    while let Some(scanned) = behind {
        field(text, "behind it", heading(scanned));
        details(text, scanned);
        behind = scanned.behind.as_deref();
    }
    if let Some(source) = &server.source {
        field(text, "from", format_args!("{}", value(source)));
    }
}

fn heading(scanned: &Scanned) -> String {
    match (&scanned.reference, &scanned.problem) {
        (Some(reference), _) => format!("{BOLD}{}{BOLD:#}", value(reference)),
        (None, problem) => format!("{NOTE}{}{NOTE:#}", problem.as_deref().unwrap_or_default()),
    }
}

fn details(text: &mut String, scanned: &Scanned) {
    if let Some(asked) = scanned.asked.as_ref().filter(|_| scanned.open.contains(&Open::Version)) {
        field(text, "asked for", format_args!("{}", value(asked)));
    }
    if !scanned.open.is_empty() {
        let open: Vec<&str> = scanned.open.iter().map(|open| open.as_str()).collect();
        field(text, "open", format_args!("{WARNING}{}{WARNING:#}", open.join(", ")));
    }
    for with in &scanned.with {
        field(text, "with", format_args!("{}", value(with)));
    }
}
