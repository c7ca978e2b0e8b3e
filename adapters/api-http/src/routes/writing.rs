//! Routes that change something.

use super::{Answer, Context, blocking};
use crate::authority::Who;
use crate::gate::Entered;
use crate::problem::Problem;
use crate::shape::command::{Asked, Did, command};
use crate::shape::configuration::{Applied, SpaceFile, describe};
use crate::shape::space::{self, Founding};
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use engine::command::{Command, Request};
use engine::decide::configuration::{changes, forgotten};
use engine::decide::permission;
use engine::decide::rights::Rights;
use engine::engine::Engine;
use http_body_util::BodyExt as _;
use schema::id::{CommandId, SpaceId};
use schema::name::{Name, PackageName, Version};
use schema::v1::event::{Change, Definition};
use schema::v1::model::{HexHash, Package};
use serde::Deserialize;
use std::io::Read;
use tokio::sync::mpsc;

/// The JSON of a body, or what is wrong with it.
pub(super) fn body<T>(json: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    json.map(|Json(body)| body)
        .map_err(|why| Problem::invalid(why.body_text(), "see the description of the interface"))
}

pub(super) async fn found(
    State(context): State<Context>,
    json: Result<Json<Founding>, JsonRejection>,
) -> Answer<space::Space> {
    let founding = body(json)?;
    blocking(move || {
        let id = context.node.found(&founding.name)?;
        context.look(&id, |engine, _| space::show(engine, &Rights::whole()))
    })
    .await
    .map(Json)
}

/// Asks a space in somebody's name. The entries bear the name of the person, whichever of their
/// tokens they use; which one it was is traced.
pub(super) fn ask_as(
    context: &Context,
    space: &SpaceId,
    who: Who,
    id: CommandId,
    command: Command,
) -> Result<Did, Problem> {
    let id = own_id(&who, id);
    if let Some(token) = who.token {
        tracing::info!(%space, person = %who.name, %token, command = %id, "asked through a token");
    }
    let request = Request { id, actor: who.actor(), token: who.token, command };
    Ok(context.node.ask(space, request)??.into())
}

pub(super) async fn ask(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    json: Result<Json<Asked>, JsonRejection>,
) -> Answer<Did> {
    let Asked { id, ask } = body(json)?;
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let command = context.look(&space, move |engine, _| command(ask, engine))?;
        ask_as(&context, &space, who, id, command)
    })
    .await
    .map(Json)
}

/// The id under which somebody's command is logged: theirs, bound to their name, so that nobody
/// takes an id of another person or of policy.
pub(super) fn own_id(who: &Who, id: CommandId) -> CommandId {
    CommandId::of(&[b"person", &id.0, who.name.as_str().as_bytes()])
}

/// How to apply.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct How {
    #[serde(default)]
    dry_run: bool,
}

pub(super) async fn apply(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Query(how): Query<How>,
    json: Result<Json<SpaceFile>, JsonRejection>,
) -> Answer<Applied> {
    let file = body(json)?;
    blocking(move || {
        let Entered { who, space: id, name: called, .. } = entered;
        if called != file.space.name {
            return Err(Problem::invalid(
                format!("the file is for the space {}, not for {called}", file.space.name),
                "choose the space with --space, or mend [space] name in the file",
            ));
        }
        let tokens = context.node.tokens(&id, &file.people())?;
        let definitions = file.definitions(tokens);
        let (wanted, looked) = (definitions.clone(), definitions.clone());
        let would = context.look(&id, move |engine, _| {
            let state = engine.state();
            let words = |change: &Change| {
                let known = matches!(change, Change::Put(definition)
                    if state.configuration.get(definition.kind(), &definition.key()).is_some());
                describe(change, known)
            };
            let mut would: Vec<String> = changes(state, &looked)?.iter().map(words).collect();
            let gone = forgotten(state, &looked)
                .map(|(project, secret)| format!("- value of secret {} of {project}", secret.name));
            would.extend(gone);
            Ok::<_, engine::command::Rejection>(would)
        })??;
        if !how.dry_run && !would.is_empty() {
            let unique = unique_id(&definitions, &would);
            let gone = context.look(&id, move |engine, _| missing(engine, &definitions))?;
            ask_as(&context, &id, who, unique, Command::Apply { definitions: wanted })?;
            context.node.forget(&id, &gone)?;
        }
        Ok(Applied { changes: would, dry_run: how.dry_run })
    })
    .await
    .map(Json)
}

/// Those who are users now and are not among `definitions`.
fn missing(engine: &Engine, definitions: &[Definition]) -> Vec<Name> {
    let mut people: Vec<Name> = engine.state().configuration.users().cloned().collect();
    people.retain(|name| {
        !definitions.iter().any(|kept| matches!(kept, Definition::User(user) if user.name == *name))
    });
    people
}

/// An id that no other change has: the change and this very moment. Applying is repeatable by
/// itself, because a configuration that is in force already changes nothing.
pub(super) fn unique_id<T: std::fmt::Debug>(definitions: &T, would: &[String]) -> CommandId {
    let now = format!("{:?} {definitions:?} {would:?}", std::time::SystemTime::now());
    CommandId::of(&[now.as_bytes()])
}

pub(super) async fn push(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, package, version)): Path<(String, String, String)>,
    body: Body,
) -> Answer<Package> {
    let (sender, receiver) = mpsc::channel(4);
    let reading = tokio::spawn(forward(body, sender));
    let pushed = blocking(move || {
        let Entered { who, space, rights, .. } = entered;
        let invalid = |why: schema::name::BadName| {
            Problem::invalid(why.to_string(), "rename the package or version")
        };
        let package: PackageName = package.parse().map_err(invalid)?;
        let version: Version = version.parse().map_err(invalid)?;
        let (id, actor) = (package.clone(), who.actor());
        // Before anything is stored.
        context.look(&space, move |engine, _| {
            permission::push(engine.state(), &rights, &actor, &id)
        })??;
        let mut reader = Chunks { receiver, chunk: Vec::new(), at: 0 };
        let stored = context.node.push(&space, &mut reader)?;
        let package = Package {
            id: package,
            version,
            size: stored.size,
            sha256: HexHash(stored.sha256),
            object: stored.object,
        };
        // The same package again is the same command.
        let name = format!("push {} {}", package.id, package.version);
        let id = CommandId::of(&[&package.object.0, name.as_bytes()]);
        let command = Command::PushPackage { package: package.clone() };
        ask_as(&context, &space, who, id, command)?;
        Ok(package)
    })
    .await;
    reading.abort();
    pushed.map(Json)
}

/// Hands a body on, piece by piece, to a thread that may block.
async fn forward(mut body: Body, sender: mpsc::Sender<Result<Vec<u8>, String>>) {
    while let Some(frame) = body.frame().await {
        let chunk = match frame {
            Ok(frame) => match frame.into_data() {
                Ok(data) => Ok(data.to_vec()),
                Err(_) => continue,
            },
            Err(why) => Err(why.to_string()),
        };
        if sender.send(chunk).await.is_err() {
            return;
        }
    }
}

/// A body as something that is read.
struct Chunks {
    receiver: mpsc::Receiver<Result<Vec<u8>, String>>,
    chunk: Vec<u8>,
    at: usize,
}

impl Read for Chunks {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.chunk.len() {
            match self.receiver.blocking_recv() {
                None => return Ok(0),
                Some(Ok(chunk)) => (self.chunk, self.at) = (chunk, 0),
                Some(Err(why)) => return Err(std::io::Error::other(why)),
            }
        }
        let count = out.len().min(self.chunk.len() - self.at);
        out[..count].copy_from_slice(&self.chunk[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
