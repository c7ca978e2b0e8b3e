//! The at-rest keys of a running space: which one is to be made, and what is lost with those that
//! are not here.

use super::Engine;
use schema::latest::AtRest;
use std::collections::BTreeSet;

impl Engine {
    /// The number of the at-rest key that is to be made, because there is none; none if there is.
    /// It is a number that nothing in the log is sealed to: the key that is lost may come back.
    #[must_use]
    pub fn missing_at_rest(&self) -> Option<u32> {
        let newest = self.state.secrets.newest_key();
        self.identity.at_rest().is_empty().then(|| newest.saturating_add(1))
    }

    /// Seals to this at-rest key from now on. Its file is durable.
    pub fn learn_at_rest(&mut self, number: u32, key: [u8; 32]) {
        self.identity.learn_at_rest(number, key);
    }

    /// What is lost with at-rest keys that are not here, one sentence each, for people.
    #[must_use]
    pub fn lost_secrets(&self) -> Vec<String> {
        let keys = self.identity.at_rest();
        let gone: BTreeSet<u32> = self.sealed_at_rest().map(|sealed| sealed.key).collect();
        let gone: Vec<u32> = gone.into_iter().filter(|key| !keys.has(*key)).collect();
        if gone.is_empty() {
            return Vec::new();
        }
        let lost = |sealed: &AtRest| gone.contains(&sealed.key);
        let numbers: Vec<String> = gone.iter().map(ToString::to_string).collect();
        let mut said = vec![format!(
            "at-rest key {} is not here: put its file back into keys/at-rest, from a backup of the \
             node's folder, and start again; without it, what follows is lost",
            numbers.join(", ")
        )];
        let set = self.state.secrets.all().filter(|(_, _, set)| lost(&set.sealed));
        said.extend(set.map(|(project, secret, _)| {
            let name = &secret.name;
            format!("the secret {name} of {project}: `interspace secret set \"{project}\" {name}`")
        }));
        let releases = self.state.releases.all().filter(|(_, release)| {
            self.state.kept_secrets(release).iter().any(|kept| lost(&kept.sealed))
        });
        said.extend(releases.map(|(id, _)| {
            format!(
                "the secrets of {} {}: it cannot be deployed or promoted; a new version can",
                id.project.name, id.version
            )
        }));
        said
    }

    /// Everything that is sealed at rest and may still be opened.
    fn sealed_at_rest(&self) -> impl Iterator<Item = &AtRest> {
        let releases = self.state.releases.all().map(|(_, release)| release);
        let kept = releases.flat_map(|release| self.state.kept_secrets(release));
        let set = self.state.secrets.all().map(|(_, _, set)| &set.sealed);
        set.chain(kept.map(|kept| &kept.sealed))
    }
}
