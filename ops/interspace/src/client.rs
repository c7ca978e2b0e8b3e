//! The command line's way to the node: HTTP on loopback, with somebody's token.

use crate::cli::Options;
use crate::failure::{Failure, code};
use crate::node::folder::{Folder, NodeFile};
use api_http::problem::Problem;
use api_http::shape::command::{Ask, Asked, Did};
use api_http::shape::space::Space;
use schema::id::CommandId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use ureq::http::Response;
use ureq::{Agent, Body};

/// Longest wait for an answer of the node.
const ANSWER: Duration = Duration::from_secs(60);

/// Pause between two tries while something is not there yet.
const RETRY: Duration = Duration::from_millis(100);

/// A way to the node as somebody.
pub(crate) struct Client {
    agent: Agent,
    address: String,
    token: String,
    options: Options,
}

impl Client {
    /// The way to the node in the folder of `options`.
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        let folder = Folder::of(options)?;
        let NodeFile { address, .. } = folder.node_file()?.ok_or_else(|| nobody(&folder))?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_recv_response(Some(ANSWER))
            .proxy(None)
            .build();
        let token = token(&folder, options)?;
        Ok(Self { agent: config.into(), address, token, options: options.clone() })
    }

    /// Looks at something of the node.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let request = self.agent.get(self.url(path)).header("authorization", self.bearer());
        self.json(request.call())
    }

    /// Looks at something that is text.
    pub(crate) fn text(&self, path: &str) -> Result<String, Failure> {
        let request = self.agent.get(self.url(path)).header("authorization", self.bearer());
        let mut response = self.checked(request.call())?;
        response.body_mut().read_to_string().map_err(|why| self.broken(&why))
    }

    /// Gets bytes, at most so many as one answer has.
    pub(crate) fn bytes(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let request = self.agent.get(self.url(path)).header("authorization", self.bearer());
        let mut response = self.checked(request.call())?;
        let limit = 64 * 1024 * 1024;
        let body = response.body_mut().with_config().limit(limit).read_to_vec();
        body.map_err(|why| self.broken(&why))
    }

    /// Copies something that may be long.
    pub(crate) fn download(&self, path: &str, out: &mut dyn Write) -> Result<(), Failure> {
        let request = self.agent.get(self.url(path)).header("authorization", self.bearer());
        let mut response = self.checked(request.call())?;
        let copied = std::io::copy(&mut response.body_mut().as_reader(), out);
        copied.map(|_| ()).map_err(|why| {
            let what = format!("what the node sends could not be kept: {why}");
            Failure::new(code::FAILED, what, "the node's output may say more; try again")
        })
    }

    /// Sends something new.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let request = self.agent.post(self.url(path)).header("authorization", self.bearer());
        self.json(request.send_json(body))
    }

    /// Replaces something.
    pub(crate) fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let request = self.agent.put(self.url(path)).header("authorization", self.bearer());
        self.json(request.send_json(body))
    }

    /// Removes something.
    pub(crate) fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let request = self.agent.delete(self.url(path)).header("authorization", self.bearer());
        self.json(request.call())
    }

    /// Sends a file.
    pub(crate) fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        mut file: impl Read,
    ) -> Result<T, Failure> {
        let request = self.agent.put(self.url(path)).header("authorization", self.bearer());
        self.json(request.send(ureq::SendBody::from_reader(&mut file)))
    }

    /// The id that was given for this command, or a new one.
    pub(crate) fn command_id(&self) -> Result<CommandId, Failure> {
        Ok(match &self.options.command_id {
            None => CommandId(random()?),
            Some(given) => CommandId::of(&[given.as_bytes()]),
        })
    }

    /// Asks the space for something, under the id that was given, or a new one.
    pub(crate) fn ask(&self, ask: Ask) -> Result<Did, Failure> {
        let id = self.command_id()?;
        let path = self.path("commands")?;
        let asked = Asked { id, ask };
        self.patiently(|| self.post(&path, &asked))
    }

    /// Whether `--wait` was given.
    pub(crate) const fn waits(&self) -> bool {
        self.options.wait > 0
    }

    /// Tries again until it is there, for as long as `--wait` says.
    pub(crate) fn patiently<T>(
        &self,
        mut attempt: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let until = Instant::now() + Duration::from_secs(self.options.wait);
        loop {
            match attempt() {
                Err(failure) if failure.not_yet && Instant::now() < until => {
                    std::thread::sleep(RETRY);
                }
                result => return result,
            }
        }
    }

    /// All spaces of the node that may be seen.
    pub(crate) fn spaces(&self) -> Result<Vec<Space>, Failure> {
        self.get("/v1/spaces")
    }

    /// The path of something of the chosen space.
    pub(crate) fn path(&self, rest: &str) -> Result<String, Failure> {
        let name = match &self.options.space {
            Some(name) => name.to_string(),
            None => self.only_space()?,
        };
        let slash = if rest.is_empty() { "" } else { "/" };
        Ok(format!("/v1/spaces/{}{slash}{rest}", encoded(&name)))
    }

    /// The path of something of the chosen space that is asked for with these parts, as far as they
    /// are given.
    pub(crate) fn query(
        &self,
        rest: &str,
        parts: &[(&str, Option<&str>)],
    ) -> Result<String, Failure> {
        let given = parts.iter().filter_map(|(key, value)| Some((key, (*value)?)));
        let parts: Vec<String> =
            given.map(|(key, value)| format!("{key}={}", encoded(value))).collect();
        Ok(format!("{}?{}", self.path(rest)?, parts.join("&")))
    }

    fn only_space(&self) -> Result<String, Failure> {
        let spaces = self.spaces()?;
        match spaces.as_slice() {
            [only] => Ok(only.name.clone()),
            [] => Err(Failure::new(
                code::NOT_FOUND,
                "the node has no spaces yet",
                "found one: `interspace space create NAME`",
            )),
            several => {
                let names: Vec<&str> = several.iter().map(|space| space.name.as_str()).collect();
                let what = format!("the node has several spaces: {}", names.join(", "));
                Err(Failure::new(code::USAGE, what, "choose one with --space"))
            }
        }
    }

    /// The address of something of the node.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn json<T: DeserializeOwned>(
        &self,
        answer: Result<Response<Body>, ureq::Error>,
    ) -> Result<T, Failure> {
        let mut response = self.checked(answer)?;
        let limit = 64 * 1024 * 1024;
        response.body_mut().with_config().limit(limit).read_json().map_err(|why| self.broken(&why))
    }

    fn checked(
        &self,
        answer: Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, Failure> {
        let mut response = answer.map_err(|why| self.broken(&why))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        match response.body_mut().read_json::<Problem>() {
            Ok(problem) => Err(problem.into()),
            Err(_) => {
                let what = format!("the node answered {status}");
                Err(Failure::new(code::FAILED, what, "the node's output says more"))
            }
        }
    }

    fn broken(&self, why: &ureq::Error) -> Failure {
        let what = format!("the node at {} cannot be reached: {why}", self.address);
        Failure::new(code::UNREACHABLE, what, "is it running? `interspace up`, with the same --dir")
    }
}

fn nobody(folder: &Folder) -> Failure {
    let path = folder.path().display();
    let what = format!("no node runs in {path}");
    Failure::new(code::UNREACHABLE, what, format!("start one: `interspace up --dir {path}`"))
}

/// The token of the person who acts.
fn token(folder: &Folder, options: &Options) -> Result<String, Failure> {
    let path = match (&options.token_file, &options.person) {
        (Some(file), _) => file.clone(),
        (None, None) => folder.operator_token(),
        (None, Some(person)) => {
            let space = options.space.as_ref().ok_or_else(|| {
                let what = "--as needs the space in which the person is known";
                Failure::new(code::USAGE, what, "choose it with --space")
            })?;
            folder.person_token(space, person)?
        }
    };
    let token = std::fs::read_to_string(&path).map_err(|why| {
        let failure = Failure::io("reading the token file", &path, &why);
        Failure { code: code::DENIED, ..failure }
    })?;
    Ok(token.trim().to_owned())
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|why| {
        let what = format!("the system has no random bytes: {why}");
        Failure::new(code::FAILED, what, "nothing safe can be done without them")
    })?;
    Ok(bytes)
}

/// A text as one part of a path or query.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
