//! Lies about the protocol era, and about the first answer.

use std::time::Duration;

use serde_json::{Value, json};

use super::Arg;
use crate::answer::Answer;
use crate::protocol::{Fault, INVALID_REQUEST, METHOD_NOT_FOUND, MODERN};
use crate::request::Request;
use crate::seen::{Era, Seen};

fn refuse(answer: &mut Answer, request: &Request, code: i64, message: &str) {
    answer.reply = Some(Fault::new(code, message).reply(&request.id));
}

pub(super) fn legacy_only(answer: &mut Answer, request: &Request, seen: &Seen, _: &Arg) {
    if request.is("server/discover") {
        refuse(answer, request, METHOD_NOT_FOUND, "Method not found");
    } else if seen.era == Era::Modern && !seen.initialized {
        refuse(answer, request, INVALID_REQUEST, "Not initialized");
    }
}

pub(super) fn modern_only(answer: &mut Answer, request: &Request, seen: &Seen, _: &Arg) {
    if seen.era == Era::Legacy {
        refuse(answer, request, METHOD_NOT_FOUND, "Method not found");
    }
}

pub(super) fn locked(answer: &mut Answer, request: &Request, seen: &Seen, _: &Arg) {
    match (seen.first_era, seen.era) {
        (Some(Era::Legacy), Era::Modern) => {
            refuse(answer, request, INVALID_REQUEST, "This connection was initialized");
        }
        (Some(Era::Modern), Era::Legacy) if request.is("initialize") => {
            let asked = request.params.get("protocolVersion").unwrap_or(&Value::Null);
            answer.reply = Some(Fault::unsupported(&[MODERN], asked).reply(&request.id));
        }
        _ => {}
    }
}

pub(super) fn silent(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if request.is("server/discover") {
        answer.reply = None;
    }
}

pub(super) fn late(answer: &mut Answer, request: &Request, _: &Seen, arg: &Arg) {
    if request.is("server/discover") {
        answer.delay = Duration::from_millis(arg.number);
    }
}

pub(super) fn discover_error(answer: &mut Answer, request: &Request, _: &Seen, arg: &Arg) {
    if request.is("server/discover") {
        refuse(answer, request, arg.text.parse().unwrap_or_default(), "No");
    }
}

pub(super) fn modern_error(answer: &mut Answer, request: &Request, _: &Seen, arg: &Arg) {
    if request.is("server/discover") {
        let asked = request.modern_version().unwrap_or(&Value::Null);
        let supported: Vec<_> = arg.text.split(',').collect();
        answer.reply = Some(Fault::unsupported(&supported, asked).reply(&request.id));
    }
}

pub(super) fn supported_versions(answer: &mut Answer, request: &Request, _: &Seen, arg: &Arg) {
    let result = result_of(answer, request, "server/discover");
    if let Some(result) = result {
        result["supportedVersions"] = arg.text.split(',').collect();
    }
}

pub(super) fn protocol_version(answer: &mut Answer, request: &Request, _: &Seen, arg: &Arg) {
    if let Some(result) = result_of(answer, request, "initialize") {
        result["protocolVersion"] = json!(arg.text);
    }
}

pub(super) fn first_introduction(answer: &mut Answer, request: &Request, seen: &Seen, arg: &Arg) {
    if let Some(result) = result_of(answer, request, "server/discover").filter(|_| seen.discoveries == 1) {
        result["instructions"] = json!(arg.text);
    }
}

fn result_of<'a>(answer: &'a mut Answer, request: &Request, method: &str) -> Option<&'a mut Value> {
    answer.reply.as_mut().filter(|_| request.is(method))?.get_mut("result")
}
