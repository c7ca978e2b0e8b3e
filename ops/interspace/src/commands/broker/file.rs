//! The file that says who meets at a server: `plan.toml`.

use crate::failure::{Failure, code};
use engine::trust::certificate::Keys;
use schema::id::SpaceId;
use schema::latest::Certificate;
use schema::name::Name;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use transport_nats::{Login, Plan, PlannedSpace, ServerFiles};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    operator: String,
    store: PathBuf,
    #[serde(default)]
    links: Vec<(Name, Name)>,
    tls: TlsFiles,
    space: BTreeMap<Name, SpaceFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
    clients: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpaceFile {
    certificate: Option<PathBuf>,
    id: Option<SpaceId>,
    login: String,
}

/// Where to look for an example.
const EXAMPLE: &str = "`interspace broker plan --help` shows an example";

/// Reads a plan.
pub(super) fn read(path: &Path) -> Result<Plan, Failure> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|why| Failure::io("reading", path, &why))?;
    let unusable = |why: String| {
        let what = format!("{} is not a plan: {why}", path.display());
        Failure::new(code::USAGE, what, EXAMPLE)
    };
    let file: PlanFile = toml::from_str(&text).map_err(|why| unusable(why.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut ids = BTreeMap::new();
    let mut spaces = Vec::new();
    for (name, space) in file.space {
        let id = space.id(folder).map_err(|failure| named(&name, failure))?;
        let login = login(&space.login).map_err(|why| unusable(format!("{name}: {why}")))?;
        ids.insert(name.clone(), id);
        spaces.push((id, PlannedSpace { name, login }));
    }
    let known = |name: &Name| {
        ids.get(name).copied().ok_or_else(|| unusable(format!("links: {name} is no space of it")))
    };
    let mut links = Vec::new();
    for (one, other) in &file.links {
        links.push((known(one)?, known(other)?));
    }
    if let ([], [one, other]) = (&*file.links, &*spaces) {
        links.push((one.0, other.0));
    }
    let operator = login(&file.operator).map_err(|why| unusable(format!("operator: {why}")))?;
    let TlsFiles { certificate, key, clients } = file.tls;
    let files = ServerFiles { store: file.store, certificate, key, clients };
    Plan::new(spaces, &links, operator, files).map_err(|why| unusable(why.to_string()))
}

fn login(text: &str) -> Result<Login, transport_nats::NoLogin> {
    text.parse()
}

fn named(name: &Name, failure: Failure) -> Failure {
    Failure { what: format!("{name}: {}", failure.what), ..failure }
}

impl SpaceFile {
    /// The id of the space, from its certificate where that is named.
    fn id(&self, folder: &Path) -> Result<SpaceId, Failure> {
        let file = match (&self.certificate, self.id) {
            (None, Some(id)) => return Ok(id),
            (Some(file), None) => folder.join(file),
            (None, None) | (Some(_), Some(_)) => {
                let what = "a space needs either its certificate or its id";
                return Err(Failure::new(code::USAGE, what, EXAMPLE));
            }
        };
        let text = std::fs::read_to_string(&file);
        let text = text.map_err(|why| Failure::io("reading", &file, &why))?;
        let unbelieved = |why: String| {
            let what = format!("{} is no certificate: {why}", file.display());
            Failure::new(code::NOT_VERIFIED, what, "ask the space for it again")
        };
        let certificate = Certificate::read(&text).map_err(|why| unbelieved(why.to_string()))?;
        let keys = Keys::verify(&certificate).map_err(|why| unbelieved(why.to_string()))?;
        Ok(keys.space())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "aeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaq";
    const TWO: &str = "aibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaiba";

    fn text(folder: &Path) -> String {
        let login = |name: &str| transport_nats::login_in(&folder.join(name)).unwrap();
        format!(
            "operator = \"{}\"\nstore = \"/s\"\n[tls]\ncertificate = \"/c\"\nkey = \"/k\"\n\
             [space.A]\nid = \"{ONE}\"\nlogin = \"{}\"\n\
             [space.B]\nid = \"{TWO}\"\nlogin = \"{}\"\n",
            login("o"),
            login("a"),
            login("b")
        )
    }

    fn of(folder: &Path, text: &str) -> Result<Plan, Failure> {
        let file = folder.join("plan.toml");
        std::fs::write(&file, text).unwrap();
        read(&file)
    }

    #[test]
    fn two_spaces_of_a_plan_have_a_link_and_more_must_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let plan = of(folder.path(), &text(folder.path())).unwrap();
        let (one, two) = (ONE.parse().unwrap(), TWO.parse::<SpaceId>().unwrap());
        assert_eq!(plan.peers(&one), [two]);
        let three = transport_nats::login_in(&folder.path().join("c")).unwrap();
        let more = format!(
            "{}[space.C]\nid = \"{}\"\nlogin = \"{three}\"\n",
            text(folder.path()),
            SpaceId([7; 32])
        );
        let failure = of(folder.path(), &more).unwrap_err();
        assert!(failure.what.contains("has no link"), "{failure:?}");
    }

    #[test]
    fn a_plan_with_a_mistake_is_refused_with_what_to_do_and_no_seed_is_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let good = text(folder.path());
        let login = transport_nats::login_in(&folder.path().join("a")).unwrap().to_string();
        let seed = std::fs::read_to_string(folder.path().join("a")).unwrap();
        let cases = [
            (good.replace("store", "stoer"), "unknown field"),
            (good.replace(ONE, "nobody"), "base32"),
            (good.replace(&login, seed.trim()), "A: this is a seed"),
            (good.replace(&format!("id = \"{ONE}\""), ""), "either its certificate or its id"),
            (good.replace("[tls]", "links = [[\"A\", \"X\"]]\n[tls]"), "X is no space"),
            (good.replace("[tls]", "links = [[\"A\", \"A\"]]\n[tls]"), "with itself"),
        ];
        for (text, words) in cases {
            let failure = of(folder.path(), &text).unwrap_err();
            assert_eq!(failure.code, code::USAGE, "{words}: {failure:?}");
            assert!(failure.what.contains(words), "{words}: {failure:?}");
            assert!(!failure.what.contains(seed.trim()) && !failure.hint.is_empty());
        }
    }
}
