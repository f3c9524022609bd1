//! A small HTTP server that plays a registry, honest or not, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) authorization: Option<String>,
}

/// What is answered.
#[derive(Clone)]
pub(super) enum Answer {
    Bytes(&'static str, Vec<u8>),
    Status(u16),
    Redirect(String),
    /// A body that does not end.
    Endless,
}

/// Listens on a free port of this machine until it is dropped.
pub(super) struct Registry {
    pub(super) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Registry {
    /// `answer` gets the registry's own address, what is asked, and how often that path was asked before.
    pub(super) fn start(answer: impl Fn(&str, &Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let (own, log, end, answer) =
            (address.clone(), Arc::clone(&asked), Arc::clone(&ended), Arc::new(answer));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                let (own, log, answer) = (own.clone(), Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let _ = serve(stream, &own, &log, &*answer);
                });
            }
        });
        Self { address, asked, ended, thread: Some(thread) }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    mut stream: TcpStream,
    own: &str,
    log: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&str, &Asked, usize) -> Answer + Send + Sync),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut authorization = None;
    loop {
        line.clear();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("authorization")
        {
            authorization = Some(value.trim().to_owned());
        }
    }
    let asked = Asked { path, authorization };
    let before = {
        let mut log = log.lock().unwrap();
        let before = log.iter().filter(|other| other.path == asked.path).count();
        log.push(asked.clone());
        before
    };
    let head = |status: &str, more: &str| format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}\r\n");
    match answer(own, &asked, before) {
        Answer::Bytes(media_type, body) => {
            let more = format!("Content-Type: {media_type}\r\nContent-Length: {}\r\n", body.len());
            stream.write_all(head("200 OK", &more).as_bytes())?;
            stream.write_all(&body)
        }
        Answer::Status(status) => {
            stream.write_all(head(&format!("{status} x"), "Content-Length: 0\r\n").as_bytes())
        }
        Answer::Redirect(to) => {
            let more = format!("Location: {to}\r\nContent-Length: 0\r\n");
            stream.write_all(head("302 Found", &more).as_bytes())
        }
        Answer::Endless => {
            stream.write_all(head("200 OK", "Content-Type: application/json\r\n").as_bytes())?;
            let piece = vec![b' '; 1 << 20];
            loop {
                stream.write_all(&piece)?;
            }
        }
    }
}
