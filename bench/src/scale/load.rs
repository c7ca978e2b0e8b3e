//! A space under load, driven as a node drives it: by commands, turn by turn, and by what its
//! runner answers.

use super::commands;
use crate::Failure;
use crate::history::{NOW, entropy, seeds};
use engine::command::{Command, Rejection, Request};
use engine::decide::configuration::OPERATOR;
use engine::space::Space;
use engine::step::{Effect, Input};
use log_memory::LogMemory;
use schema::id::CommandId;
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::event::Definition;

/// A space whose log is in memory, and the operator who fills it.
pub(super) struct Load {
    pub(super) space: Space<LogMemory>,
    operator: Name,
    asked: u64,
}

impl Load {
    /// A space without anything in it.
    pub(super) fn found() -> Result<Self, Failure> {
        let name = "harbour".parse()?;
        let space = Space::found(&name, &seeds(), entropy(), NOW, LogMemory::create)?;
        Ok(Self { space, operator: OPERATOR.parse()?, asked: 0 })
    }

    /// Makes the configuration this, by one command however much it is.
    pub(super) fn apply(&mut self, definitions: Vec<Definition>) -> Result<(), Failure> {
        self.must(vec![Command::Apply { definitions }])
    }

    /// Pushes the package of a release and creates the release, in one turn.
    pub(super) fn release(&mut self, project: u32, release: u32) -> Result<(), Failure> {
        let push = commands::push(project, release)?;
        let create = commands::create(project, release)?;
        self.must(vec![push, create])
    }

    /// Deploys a release in every environment, phase by phase: the phases of `commanded` by
    /// command, what lies between them by policy.
    pub(super) fn deploy(
        &mut self,
        project: u32,
        release: u32,
        commanded: &[Vec<Name>],
    ) -> Result<(), Failure> {
        for phase in commanded {
            let deploys = phase.iter().map(|name| commands::deploy(project, release, name));
            self.must(deploys.collect::<Result<_, _>>()?)?;
        }
        Ok(())
    }

    /// Asks for all of this in one turn; nothing may be rejected.
    fn must(&mut self, commands: Vec<Command>) -> Result<(), Failure> {
        self.ask(commands)?.map_or(Ok(()), |rejection| Err(rejection.into()))
    }

    /// Asks for all of this in one turn, runs what follows until nothing runs any more, and gives
    /// the first rejection.
    fn ask(&mut self, commands: Vec<Command>) -> Result<Option<Rejection>, Failure> {
        let mut inputs: Vec<Input> =
            commands.into_iter().map(|command| self.asked(command)).collect();
        let mut rejected = None;
        while !inputs.is_empty() {
            let effects = self.space.turn(NOW, std::mem::take(&mut inputs))?;
            for effect in effects {
                match effect {
                    Effect::Reply { answer, .. } => rejected = rejected.or(answer.err()),
                    Effect::Run(plan) => inputs.push(commands::ended(&plan)?),
                    Effect::Alarm(what) => return Err(what.into()),
                    // There is no peer, and no store that pieces would go to.
                    // Nor is anything cancelled or done by hand.
                    Effect::Cancel(_)
                    | Effect::AnswerManual { .. }
                    | Effect::Publish { .. }
                    | Effect::Send { .. }
                    | Effect::Look { .. }
                    | Effect::Store(_)
                    | Effect::Discard { .. }
                    | Effect::ReadPiece { .. }
                    | Effect::GiveBack(_) => {}
                }
            }
        }
        Ok(rejected)
    }

    fn asked(&mut self, command: Command) -> Input {
        self.asked += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.asked.to_be_bytes());
        let actor = Actor::Person(self.operator.clone());
        let request = Request { id: CommandId(id), actor, token: None, command };
        Input::Asked { request, reply: self.asked }
    }
}

#[cfg(test)]
mod tests {
    use super::super::definitions;
    use super::*;

    #[test]
    fn what_does_not_fit_into_one_entry_is_applied_by_one_command() {
        let mut load = Load::found().unwrap();
        let before = load.space.engine().checkpoint().0;
        let large = definitions::all(300, 40).unwrap();
        load.apply(large.clone()).unwrap();
        let engine = load.space.engine();
        assert_eq!(engine.state().configuration.all().count(), large.len());
        assert!(engine.checkpoint().0 > before + 1, "it is meant to be large");
    }
}
