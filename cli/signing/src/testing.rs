//! A server on loopback for tests: answers each request as the test says, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use url::Url;

/// Runs until it is dropped.
pub(crate) struct Server {
    pub(crate) url: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
    thread: Option<JoinHandle<()>>,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `METHOD /path?query`
    pub(crate) what: String,
    pub(crate) headers: String,
    pub(crate) body: String,
}

const END: &str = "GET /end-of-test";

impl Server {
    /// `answer` gives the raw answer, status line and all; an empty one leaves the other side without.
    pub(crate) fn start(answer: impl Fn(&Asked) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(request) = read(&stream) else { continue };
                if request.what == END {
                    return;
                }
                let answer = answer(&request);
                seen.lock().unwrap().push(request);
                // The client may have left already.
                let _ = stream.write_all(&answer);
            }
        });
        Self { url, asked, thread: Some(thread) }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let host = format!("{}:{}", self.url.host_str().unwrap(), self.url.port().unwrap());
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "{END} HTTP/1.1\r\n\r\n").unwrap();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut headers) = (String::new(), String::new());
    reader.read_line(&mut first).ok()?;
    while !headers.ends_with("\r\n\r\n") && headers != "\r\n" {
        if reader.read_line(&mut headers).ok()? == 0 {
            return None;
        }
    }
    let length = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let what = first.trim_end().rsplit_once(' ')?.0.to_owned();
    Some(Asked { what, headers, body: String::from_utf8(body).unwrap() })
}

/// A whole answer with this status (`200 OK`), more headers (each ending in CRLF) and this body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}")
        .into_bytes()
}

/// As little patience as makes a failure quick to see.
pub(crate) fn patience() -> crate::keyless::Patience {
    use std::time::Duration;
    crate::keyless::Patience {
        run: Duration::from_secs(20),
        exchange: Duration::from_secs(2),
        pause: Duration::from_millis(10),
    }
}

/// For those who never answer.
pub(crate) fn little_patience() -> crate::keyless::Patience {
    use std::time::Duration;
    crate::keyless::Patience {
        run: Duration::from_millis(1500),
        exchange: Duration::from_millis(400),
        ..patience()
    }
}

/// Something that takes connections as long as it lives, and never answers; with its address.
pub(crate) fn silent() -> (std::net::TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}
