//! Somebody who visits pages: a browser as far as HTTP goes, and no further.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Longest wait for an answer. It is no measure of speed: only what hangs gets here.
const PATIENCE: Duration = Duration::from_secs(120);

/// A visitor with at most one cookie.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Where the node listens.
    pub address: String,
    /// The cookie that it sends, `name=value`.
    pub cookie: Option<String>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The status.
    pub status: u16,
    /// The headers, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// An event of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: Option<u64>,
    /// Its kind.
    pub kind: String,
    /// Its data.
    pub data: String,
    /// Its comments.
    pub comments: Vec<String>,
}

impl Seen {
    /// A header; empty if it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

/// What a browser sends with a form of the page itself.
pub const FORM: [(&str, &str); 2] =
    [("Sec-Fetch-Site", "same-origin"), ("Content-Type", "application/x-www-form-urlencoded")];

impl Visitor {
    /// Somebody who is not signed in.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), cookie: None }
    }

    /// Somebody who signs in with a token.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn signed_in(address: &str, token: &str) -> Self {
        let mut visitor = Self::new(address);
        let seen = visitor.send("POST", "/sign-in", &FORM, &format!("token={token}"));
        assert_eq!(seen.status, 303, "{seen:?}");
        visitor.keep(&seen);
        visitor
    }

    /// Keeps the cookie that came.
    pub fn keep(&mut self, seen: &Seen) {
        let pair = seen.header("set-cookie").split(';').next().unwrap_or_default();
        self.cookie = Some(pair.to_owned());
    }

    /// Gets a page.
    #[must_use]
    pub fn get(&self, path: &str) -> Seen {
        self.send("GET", path, &[("Accept", "text/html")], "")
    }

    /// Sends a request and reads the answer to its end.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Seen {
        let answer = self.bytes(method, path, headers, body);
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let (status, headers) = parsed(head.lines());
        Seen { status, headers, body: body.to_owned() }
    }

    /// Sends a request and reads the answer to its end, head and body as they come.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn bytes(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
        let mut stream = self.open(method, path, headers, body);
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        answer
    }

    /// Opens a stream of events; `last` is the id of the last one that was heard.
    ///
    /// # Panics
    /// When there is no stream.
    #[must_use]
    pub fn listen(&self, path: &str, last: Option<u64>) -> Events {
        let last = last.map(|last| last.to_string());
        let headers: Vec<_> = last.iter().map(|last| ("Last-Event-ID", last.as_str())).collect();
        let mut lines = BufReader::new(self.open("GET", path, &headers, ""));
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).expect("a head");
            if line.trim_end().is_empty() {
                break;
            }
            head.push(line.trim_end().to_owned());
        }
        let (status, headers) = parsed(head.iter().map(String::as_str));
        Events { status, headers, lines }
    }

    fn open(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("a node");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        // HTTP/1.0, so that what comes is not cut into chunks.
        let mut request = format!("{method} {path} HTTP/1.0\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(cookie) = &self.cookie {
            request.push_str(&format!("Cookie: other=1; {cookie}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(request.as_bytes()).expect("a node that reads");
        stream
    }
}

/// The status and the headers of an answer.
fn parsed<'a>(mut head: impl Iterator<Item = &'a str>) -> (u16, Vec<(String, String)>) {
    let status = head.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
    let headers = head.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    (status.parse().expect("a number"), headers)
}

/// A stream of events.
#[derive(Debug)]
pub struct Events {
    /// The status of the answer.
    pub status: u16,
    /// Its headers, in lower case.
    pub headers: Vec<(String, String)>,
    lines: BufReader<TcpStream>,
}

impl Iterator for Events {
    type Item = Event;

    /// The next event, also one that is only a comment; none when the stream has ended.
    fn next(&mut self) -> Option<Event> {
        let mut event = Event::default();
        let mut data = Vec::new();
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).expect("a stream that goes on or ends") == 0 {
                return None;
            }
            let line = line.trim_end_matches(['\r', '\n']);
            match line.split_once(':') {
                None => {
                    event.data = data.join("\n");
                    return Some(event);
                }
                Some(("", comment)) => event.comments.push(comment.trim().to_owned()),
                Some(("id", id)) => event.id = id.trim().parse().ok(),
                Some(("event", kind)) => kind.trim().clone_into(&mut event.kind),
                Some(("data", text)) => {
                    data.push(text.strip_prefix(' ').unwrap_or(text).to_owned());
                }
                Some(_) => {}
            }
        }
    }
}

impl Events {
    /// The next event that shows something.
    ///
    /// # Panics
    /// When the stream ends before.
    pub fn shown(&mut self) -> Event {
        self.find(|event| event.kind == "show").expect("the stream goes on")
    }
}
