//! A mirror on loopback that serves what it is told to, honest or not.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::support::workspace;

/// What is answered for one path.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Bytes(Vec<u8>),
    /// Zeroes, as long as anybody reads.
    Endless,
    Status(u16),
}

type Answers = BTreeMap<String, Answer>;

/// Ends with its value.
pub(crate) struct Mirror {
    address: SocketAddr,
    answers: Arc<Mutex<Answers>>,
    asked: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Mirror {
    /// Serves a repository of `tests/tuf/`.
    pub(crate) fn of(repository: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers = Arc::new(Mutex::new(files(repository)));
        let (asked, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let thread = std::thread::spawn({
            let (answers, asked, ended) = (answers.clone(), asked.clone(), ended.clone());
            move || {
                for stream in listener.incoming() {
                    if ended.load(Ordering::SeqCst) {
                        return;
                    }
                    asked.fetch_add(1, Ordering::SeqCst);
                    let _ = answer(stream.unwrap(), &answers.lock().unwrap());
                }
            }
        });
        Self { address, answers, asked, ended, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/tuf", self.address)
    }

    /// Lets nobody have an answer as long as the value lives.
    pub(crate) fn hold(&self) -> impl Sized + '_ {
        self.answers.lock().unwrap()
    }

    /// How many connections there were.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Serves another repository from now on.
    pub(crate) fn serve(&self, repository: &str) {
        *self.answers.lock().unwrap() = files(repository);
    }

    /// Puts the files of another folder over those that are served.
    pub(crate) fn overlay(&self, folder: &str) {
        self.answers.lock().unwrap().extend(files(folder));
    }

    pub(crate) fn answer(&self, file: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(format!("/tuf/{file}"), answer);
    }

    /// The bytes of the one file whose name ends so.
    pub(crate) fn file(&self, end: &str) -> (String, Vec<u8>) {
        let answers = self.answers.lock().unwrap();
        let (path, answer) = answers.iter().find(|(path, _)| path.ends_with(end)).unwrap();
        let Answer::Bytes(bytes) = answer else { panic!("{end}") };
        (path.trim_start_matches("/tuf/").to_owned(), bytes.clone())
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

/// A file of `tests/tuf/`.
pub(crate) fn fixture(path: &str) -> std::path::PathBuf {
    workspace().join("tests/tuf").join(path)
}

fn files(folder: &str) -> Answers {
    let mut answers = Answers::new();
    let mut add = |folder: &Path, prefix: &str| {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                answers.insert(format!("{prefix}{name}"), Answer::Bytes(std::fs::read(&path).unwrap()));
            }
        }
    };
    add(&fixture(folder), "/tuf/");
    add(&fixture(folder).join("targets"), "/tuf/targets/");
    answers
}

fn answer(mut stream: TcpStream, answers: &Answers) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 << 10 && stream.read(&mut byte)? > 0 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let status = |code: u16| format!("HTTP/1.1 {code} -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    match answers.get(path) {
        None => stream.write_all(status(404).as_bytes()),
        Some(Answer::Status(code)) => stream.write_all(status(*code).as_bytes()),
        Some(Answer::Bytes(bytes)) => {
            let length = bytes.len();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
            stream.write_all(bytes)
        }
        Some(Answer::Endless) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            // 1 GiB, which nobody reads.
            (0..1 << 14).try_for_each(|_| stream.write_all(&[b' '; 1 << 16]))
        }
    }
}
