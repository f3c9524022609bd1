//! RFC 3161 over HTTP (§3.4).

use der::asn1::{Int, ObjectIdentifier};
use der::{Decode as _, Sequence};
use jiff::Timestamp;

use super::fault::Fault;
use super::{Answer, Asked};
use crate::Simulator;
use crate::lie::Lie;
use crate::rekor::after;
use crate::tsa::{MessageImprint, Request, Tsa, imprint};

/// RFC 3161 §2.4.1, without extensions.
#[derive(Sequence)]
struct TimeStampReq {
    version: u8,
    message_imprint: MessageImprint,
    #[asn1(optional = "true")]
    req_policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(default = "no")]
    cert_req: bool,
}

const fn no() -> bool {
    false
}

pub(super) fn answer(
    simulator: &Simulator,
    tsa: Tsa,
    asked: &Asked,
    fault: Option<&Fault>,
    now: Timestamp,
) -> Answer {
    if asked.method != "POST" || asked.path != "api/v1/timestamp" {
        return Answer::refused(404, "there is nothing here");
    }
    let Ok(request) = TimeStampReq::from_der(&asked.body) else {
        return Answer::refused(400, "the request cannot be read");
    };
    let lies = Fault::lies(fault);
    let mut stamped = request.message_imprint.hashed_message.as_bytes().to_vec();
    let (mut by, mut time) = (tsa, now);
    for lie in &lies {
        match lie {
            Lie::TimestampOfOtherSignature => stamped = imprint(b"another signature").1,
            Lie::StampedBy(other) => by = *other,
            Lie::StampedAt(seconds) => time = after(now, *seconds),
            _ => {}
        }
    }
    let request = Request {
        imprint: (request.message_imprint.hash_algorithm.oid, stamped),
        nonce: request.nonce,
        time,
        lies: &lies,
    };
    Answer {
        status: 201,
        content_type: "application/timestamp-reply",
        headers: Vec::new(),
        body: simulator.tsas[&by].response(&request),
    }
}
