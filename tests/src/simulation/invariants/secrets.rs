//! `secrets`: the value of a secret is in no log and on no way in the clear, and each deployment
//! has the secrets that are meant for it, all of them and no other.

use super::{Check, Invariant, Seen};
use crate::base64::inside;
use crate::simulation::beside::{BEGINS, SECRETS};
use crate::simulation::settings::TARGETS;
use crate::world::World;
use engine::run::Plan;
use schema::latest::Record;

/// Every value that a secret was given, and how each begins as bytes, in a document, and in one
/// inside of another.
#[derive(Debug)]
pub struct Secrets {
    values: Vec<String>,
    begins: Vec<Vec<u8>>,
}

impl Default for Secrets {
    fn default() -> Self {
        let plain = BEGINS.as_bytes().to_vec();
        let once: Vec<_> = in_base64(&plain);
        let twice = once.iter().flat_map(|it| in_base64(it));
        let begins = [plain].into_iter().chain(once.iter().cloned()).chain(twice).collect();
        Self { values: Vec::new(), begins }
    }
}

/// These bytes as Base64 has them, wherever they begin in it.
fn in_base64(bytes: &[u8]) -> Vec<Vec<u8>> {
    (0..3).map(|before| inside(before, bytes).into_bytes()).collect()
}

impl Secrets {
    fn is_in(&self, bytes: &[u8]) -> bool {
        // Nothing else in these worlds begins like that.
        self.begins.iter().any(|it| bytes.windows(it.len()).any(|found| found == it))
    }
}

impl Invariant for Secrets {
    fn name(&self) -> &'static str {
        "secrets"
    }

    fn hides(&mut self, secret: &str) {
        self.values.push(secret.to_owned());
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        let bytes = match seen.record {
            Record::Own(own) => own.entry.bytes(),
            Record::Mirrored(mirrored) => mirrored.entry.as_slice(),
            // It was on its way before, sealed.
            Record::Evidence(_) => &[],
        };
        if self.is_in(bytes) {
            return Err(format!("site {} has a secret in its log at {}", seen.site, seen.position));
        }
        Ok(())
    }

    fn sent(&mut self, site: usize, envelope: &[u8]) -> Check {
        if self.is_in(envelope) {
            return Err(format!("site {site} sent a secret that anybody can read"));
        }
        Ok(())
    }

    fn ran(&mut self, world: &World, site: usize, plan: &Plan) -> Check {
        let [shared, kept] = SECRETS;
        let meant =
            if world.sites[site].called == TARGETS[0] { vec![kept, shared] } else { vec![shared] };
        let mut given: Vec<&str> = plan.secrets.iter().map(|it| it.name.as_str()).collect();
        given.sort_unstable();
        let what = format!("deployment {} at site {site}", plan.deployment);
        if given != meant {
            return Err(format!("{what} has the secrets {given:?}, not {meant:?}"));
        }
        let known = |value: &str| self.values.iter().any(|it| it == value);
        if !plan.secrets.iter().all(|it| known(it.value.expose())) {
            return Err(format!("{what} has a value that no secret was given"));
        }
        if plan.variables.iter().any(|it| self.is_in(it.value.as_str().as_bytes())) {
            return Err(format!("{what} has a secret among its open values"));
        }
        Ok(())
    }
}
