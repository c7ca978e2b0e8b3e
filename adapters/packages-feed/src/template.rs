//! What the file of a package is called below a feed.

use crate::BadSettings;
use schema::v1::model::Package;
use std::str::FromStr;

const ID: &str = "{id}";
const VERSION: &str = "{version}";

/// A relative path with the id and the version of a package in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(String);

impl FromStr for Template {
    type Err = BadSettings;

    fn from_str(text: &str) -> Result<Self, BadSettings> {
        let names = text.contains(ID) && text.contains(VERSION);
        let odd = |part: &str| part.is_empty() || part == "." || part == "..";
        let rest = text.replace(ID, "").replace(VERSION, "");
        let plain =
            !rest.contains(['{', '}', '\\', '?', '#', '%']) && !rest.contains(char::is_control);
        if names && plain && !text.split('/').any(odd) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadSettings::Pattern(text.to_owned()))
        }
    }
}

impl Template {
    /// The path for a package. Ids and versions are file names by their grammar: they begin with a
    /// letter or a digit and have no slash, so the path stays where the template puts it.
    pub(crate) fn of(&self, package: &Package) -> String {
        self.0.replace(ID, package.id.as_str()).replace(VERSION, package.version.as_str())
    }
}
