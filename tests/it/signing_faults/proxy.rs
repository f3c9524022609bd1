//! Stands between `mcpsign` and one real service, and passes on what the test lets it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

/// Runs until it is dropped.
pub(super) struct Proxy {
    pub(super) host: String,
    thread: Option<JoinHandle<()>>,
}

/// One request on its way.
pub(super) struct Passing<'a> {
    /// Which one it is, from 1.
    pub(super) number: usize,
    upstream: &'a str,
    request: &'a [u8],
}

impl Passing<'_> {
    /// The identity token that is in it.
    pub(super) fn token(&self) -> String {
        let request = String::from_utf8_lossy(self.request);
        let rest = request.split("\"oidcIdentityToken\":\"").nth(1).expect("it holds a token");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// What the real service answers, as it is on the wire.
    pub(super) fn forward(&self) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.upstream).expect("the service is there");
        stream.write_all(self.request).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        answer
    }
}

const END: &str = "GET /end-of-test";

impl Proxy {
    /// Passes requests on to `upstream` (`HOST:PORT`), as `answer` wants.
    pub(super) fn start(
        upstream: String,
        mut answer: impl FnMut(&Passing<'_>) -> Vec<u8> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let host = listener.local_addr().expect("it has an address").to_string();
        let thread = std::thread::spawn(move || {
            let mut number = 0;
            for stream in listener.incoming() {
                let mut stream = stream.expect("it comes");
                let Some(request) = read(&stream) else { continue };
                if request.starts_with(END.as_bytes()) {
                    return;
                }
                number += 1;
                let answer = answer(&Passing { number, upstream: &upstream, request: &request });
                // Whoever asked may have left.
                let _ = stream.write_all(&answer);
            }
        });
        Self { host, thread: Some(thread) }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let ended =
            TcpStream::connect(&self.host).and_then(|mut stream| write!(stream, "{END} HTTP/1.1\r\n\r\n"));
        if ended.is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// One request, made one that closes: the answer ends where the connection does.
fn read(stream: &TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    Some([head.into_bytes(), body].concat())
}
