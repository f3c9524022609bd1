//! The loop: read a line, answer honestly, let the lies that were asked for take hold.

use std::collections::VecDeque;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use serde_json::Value;

use crate::answer::{self, Answer, Then};
use crate::hostile;
use crate::lies::{Tell, Told};
use crate::mind::{Mind, at_start, tells};
use crate::protocol::{self, Fault};
use crate::request::Message;

/// `report`: what came of attacks.
pub(crate) fn serve(told: &[Told], report: &[String]) -> io::Result<ExitCode> {
    if let Some(code) = at_start(told)? {
        return Ok(ExitCode::from(code));
    }
    let mut server = Server { mind: Mind::new(told), early: VecDeque::new() };
    let attacks = (!report.is_empty()).then(|| hostile::resource(report));
    while let Some(line) = server.next_line()? {
        let answer = match Message::read(&line) {
            Message::Request(request) => {
                server.mind.answer(&request, &|items| items.resources.extend(attacks.clone()))
            }
            Message::Unreadable => {
                Answer::new(Fault::new(protocol::PARSE_ERROR, "Parse error").reply(&Value::Null))
            }
            Message::Response | Message::Notification => continue,
        };
        if let Some(code) = server.send(answer)? {
            return Ok(code);
        }
    }
    for (tell, _) in tells(told) {
        if let Tell::AtEnd(end) = tell {
            end();
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Server<'a> {
    mind: Mind<'a>,
    /// Lines read while an answer of the client was awaited.
    early: VecDeque<Vec<u8>>,
}

impl Server<'_> {
    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.early.pop_front().map_or_else(read_line, |line| Ok(Some(line)))
    }

    fn send(&mut self, answer: Answer) -> io::Result<Option<ExitCode>> {
        let mut reply = Vec::new();
        if let Some(message) = answer.reply {
            reply = self.mind.bytes(&message);
            reply.push(b'\n');
        }
        if !answer.delay.is_zero() {
            let bytes = [answer.before, reply, answer.after].concat();
            std::thread::spawn(move || {
                std::thread::sleep(answer.delay);
                answer::write(&bytes)
            });
            return Ok(None);
        }
        answer::write(&answer.before)?;
        if !self.await_client(answer.awaits)? {
            return Ok(None);
        }
        if answer.drip.is_zero() {
            answer::write(&reply)?;
        } else {
            answer::drip(&reply, answer.drip)?;
        }
        answer::write(&answer.after)?;
        match answer.then {
            Then::GoOn => Ok(None),
            Then::Fill(count) => answer::fill(count).map(|()| None),
            Then::Exit { code, stderr } => {
                io::stderr().lock().write_all(stderr.as_bytes())?;
                Ok(Some(ExitCode::from(code)))
            }
        }
    }

    /// Whether the client sent so many answers before it closed its end.
    fn await_client(&mut self, mut count: usize) -> io::Result<bool> {
        while count > 0 {
            let Some(line) = read_line()? else {
                return Ok(false);
            };
            match Message::read(&line) {
                Message::Response => count -= 1,
                _ => self.early.push_back(line),
            }
        }
        Ok(true)
    }
}

fn read_line() -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let size = io::stdin().lock().read_until(b'\n', &mut line)?;
    Ok((size > 0).then_some(line))
}
