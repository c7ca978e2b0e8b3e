//! A process of our own executable that plays one part, steered by lines of JSON.

use crate::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// The first argument of a process that plays a part.
pub const ARGUMENT: &str = "part";

/// No order takes longer.
const ANSWER_MAX: Duration = Duration::from_secs(600);

/// A process that plays a part, seen from the one that steers it. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Part {
    role: &'static str,
    process: Child,
    orders: ChildStdin,
    answers: Receiver<io::Result<String>>,
}

impl Part {
    /// Starts this executable again, to play `role`.
    pub(crate) fn start(role: &'static str) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([ARGUMENT, role]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let orders = process.stdin.take().ok_or("no pipe to a part")?;
        let lines = BufReader::new(process.stdout.take().ok_or("no pipe from a part")?).lines();
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in lines {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { role, process, orders, answers })
    }

    /// Gives an order; its answer is to be heard.
    pub(crate) fn tell(&mut self, order: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        Ok(self.orders.write_all(&line)?)
    }

    /// The answer to the first order that was not answered yet.
    pub(crate) fn hear<A: DeserializeOwned>(&mut self) -> Result<A, Failure> {
        let role = self.role;
        let line = self.answers.recv_timeout(ANSWER_MAX);
        let line = line.map_err(|error| format!("the {role} is silent: {error}"))??;
        let answer: Result<A, String> = serde_json::from_str(&line)?;
        answer.map_err(|why| format!("the {role} failed: {why}").into())
    }

    /// Gives an order and hears its answer.
    pub(crate) fn ask<A: DeserializeOwned>(
        &mut self,
        order: &impl Serialize,
    ) -> Result<A, Failure> {
        self.tell(order)?;
        self.hear()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It may have ended by itself, and keeps nothing.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What runs a client of NATS. With one thread it moves more than with several: its tasks hand
/// every message to one another.
pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Plays a part: answers every order on standard input with a line on standard output, until
/// there are no more.
pub(crate) fn play<O: DeserializeOwned, A: Serialize>(
    mut act: impl FnMut(O) -> Result<A, Failure>,
) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let order: O = serde_json::from_str(&line?)?;
        let answer = act(order).map_err(|failure| failure.to_string());
        let mut line = serde_json::to_vec(&answer)?;
        line.push(b'\n');
        out.write_all(&line)?;
        out.flush()?;
    }
    Ok(())
}
