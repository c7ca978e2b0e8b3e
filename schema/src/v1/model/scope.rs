//! Where a part of a project applies: as people write it, by the names that spaces have here, and
//! as a release freezes it, by their ids.

use crate::id::SpaceId;
use crate::name::{BadName, Name};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The name that stands for everything.
const ALL: &str = "*";

/// Projects, or environments: `*` is all of them everywhere, `Web` that of this space, `Prod: Web`
/// that of the space that is called so here, `Prod: *` all of that space's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Pattern {
    /// The space by the name that it has here; this space if none is given.
    pub space: Option<Name>,
    /// The name, or `*`.
    pub name: Name,
}

impl Pattern {
    /// All of them everywhere.
    ///
    /// # Panics
    /// Never: `*` is a name.
    #[must_use]
    pub fn all() -> Self {
        Self { space: None, name: ALL.parse().expect("`*` is a name") }
    }

    /// Whether it stands for all of them everywhere.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.space.is_none() && self.is_any_name()
    }

    /// Whether it stands for all names of its space.
    #[must_use]
    pub fn is_any_name(&self) -> bool {
        self.name.as_str() == ALL
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.space {
            Some(space) => write!(f, "{space}: {}", self.name),
            None => write!(f, "{}", self.name),
        }
    }
}

impl FromStr for Pattern {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        match text.split_once(": ") {
            Some((space, name)) => Ok(Self { space: Some(space.parse()?), name: name.parse()? }),
            None => Ok(Self { space: None, name: text.parse()? }),
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where something applies, as people write it: in all of these respects, and in each of them
/// where one of its names fits. A respect that names nothing fits everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Encode, Decode, Serialize)]
pub struct Where {
    /// In these environments, of this space or of others.
    pub environments: Vec<Pattern>,
    /// For these tenants of this space.
    pub tenants: Vec<Name>,
    /// In releases of these channels.
    pub channels: Vec<Name>,
    /// In these steps.
    pub steps: Vec<Name>,
}

/// An environment of a space, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// The space.
    pub space: SpaceId,
    /// The environment; all of that space's if none is named.
    pub environment: Option<Name>,
}

/// Where a part of a release applies: in all of these respects, and in each of them where one of
/// its members fits. A respect without members fits everywhere. The channel is not among them: what
/// does not apply in the channel of a release was not frozen into it.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Encode, Decode, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// In these environments.
    pub sites: Vec<Site>,
    /// For these tenants of the space that owns the project.
    pub tenants: Vec<Name>,
    /// In these steps.
    pub steps: Vec<Name>,
}

impl Scope {
    /// Whether it fits everywhere.
    #[must_use]
    pub const fn is_everywhere(&self) -> bool {
        self.sites.is_empty() && self.tenants.is_empty() && self.steps.is_empty()
    }

    /// Whether it can fit in any environment of `space`, for whatever tenant that has.
    #[must_use]
    pub fn reaches(&self, space: &SpaceId) -> bool {
        self.tenants.is_empty()
            && (self.sites.is_empty() || self.sites.iter().any(|site| site.space == *space))
    }

    /// The one text that stands for it, in commitments: its JSON, and nothing where it fits
    /// everywhere.
    ///
    /// # Panics
    /// Never: it is plain data, and the limits of a project keep it below that of a text.
    #[must_use]
    pub fn text(&self) -> String {
        if self.is_everywhere() {
            return String::new();
        }
        serde_json::to_string(self).expect("plain data is JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_read_as_it_is_written() {
        for text in ["*", "Web", "Prod EU: Web", "Prod EU: *"] {
            assert_eq!(text.parse::<Pattern>().unwrap().to_string(), text);
        }
        for text in ["", "a: b: c", "a:b", ": b", "a: "] {
            assert!(text.parse::<Pattern>().is_err(), "{text:?}");
        }
        assert!(Pattern::all().is_all());
        assert!(!"Prod: *".parse::<Pattern>().unwrap().is_all());
    }

    #[test]
    fn a_scope_reaches_the_spaces_that_it_names_and_no_tenant_of_theirs() {
        let (here, there) = (SpaceId([1; 32]), SpaceId([2; 32]));
        let site = |environment: Option<&str>| Site {
            space: there,
            environment: environment.map(|name| name.parse().unwrap()),
        };
        let everywhere = Scope::default();
        let one = Scope { sites: vec![site(Some("Production"))], ..Scope::default() };
        let all = Scope { sites: vec![site(None)], ..Scope::default() };
        let tenant = Scope { tenants: vec!["acme".parse().unwrap()], ..all.clone() };
        assert!(everywhere.reaches(&here) && everywhere.reaches(&there));
        assert!(!one.reaches(&here) && one.reaches(&there) && all.reaches(&there));
        assert!(!tenant.reaches(&there));
        let mut texts = [everywhere, one, all, tenant].map(|scope| scope.text());
        assert_eq!(texts[0], "");
        texts.sort();
        assert!(texts.windows(2).all(|two| two[0] != two[1]));
    }
}
