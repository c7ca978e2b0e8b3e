//! Channels: which releases of a project go which way, by their versions.

use crate::command::Rejection;
use schema::name::{Name, Version};
use schema::pattern::covers;
use schema::v1::model::{Channel, Project, VersionRule};

/// What a rule names that wants versions without a pre-release part.
pub const NO_PRE_RELEASE: &str = "none";

/// The channel of a release of this version; none where the project has no channels.
///
/// # Errors
/// When the channel that is named is not there or does not let the version in, or none does.
pub fn choose<'a>(
    project: &'a Project,
    version: &Version,
    named: Option<&Name>,
) -> Result<Option<&'a Name>, Rejection> {
    let all = &project.channels;
    let list = all.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    let Some(named) = named else {
        if all.is_empty() {
            return Ok(None);
        }
        let fits = all.iter().find(|channel| why_not(channel, version).is_none());
        return fits.map(|channel| Some(&channel.name)).ok_or_else(|| {
            Rejection::invalid(
                format!("no channel of {} lets version {version} in", project.name),
                format!("choose another version; the channels are: {list}"),
            )
        });
    };
    let Some(channel) = all.iter().find(|channel| channel.name == *named) else {
        let hint = match all.is_empty() {
            true => "leave it out: the project has no channels".to_owned(),
            false => format!("there are: {list}"),
        };
        let what = format!("project {} has no channel {named}", project.name);
        return Err(Rejection::not_found(what, hint));
    };
    match why_not(channel, version) {
        None => Ok(Some(&channel.name)),
        Some(why) => Err(Rejection::invalid(
            format!("channel {named} does not let version {version} in: {why}"),
            "choose another version or another channel",
        )),
    }
}

/// Why a channel does not let a version in; none if it does.
fn why_not(channel: &Channel, version: &Version) -> Option<String> {
    let VersionRule { from, below, pre_release } = &channel.versions;
    if let Some(from) = from.as_ref().filter(|from| version.precedence(from).is_lt()) {
        return Some(format!("it begins with {from}"));
    }
    if let Some(below) = below.as_ref().filter(|below| version.precedence(below).is_ge()) {
        return Some(format!("it ends before {below}"));
    }
    let pattern = pre_release.as_ref()?;
    let tag = version.as_str().split_once('-').map(|(_, tag)| tag);
    match (pattern.as_str(), tag) {
        (NO_PRE_RELEASE, None) => None,
        (NO_PRE_RELEASE, Some(_)) => Some("it takes no pre-releases".to_owned()),
        (_, None) => Some(format!("it takes only pre-releases like {pattern}")),
        (_, Some(tag)) => {
            // Build metadata says nothing about what a version is.
            let tag = tag.split_once('+').map_or(tag, |(tag, _)| tag);
            let fits = tag.parse::<Name>().is_ok_and(|tag| covers(pattern, &tag));
            (!fits).then(|| format!("it takes only pre-releases like {pattern}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(from: &str, below: &str, pre_release: &str) -> Channel {
        let some = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        Channel {
            name: "C".parse().unwrap(),
            lifecycle: None,
            versions: VersionRule {
                from: some(from),
                below: some(below),
                pre_release: (!pre_release.is_empty()).then(|| pre_release.parse().unwrap()),
            },
        }
    }

    #[test]
    fn a_channel_lets_in_the_versions_that_its_rule_names() {
        for (from, below, pre, fits, odd) in [
            ("", "", "", vec!["0.1", "9.9.9-beta"], vec![]),
            ("1.0.0", "2.0.0", "", vec!["1.0.0", "1.9.9"], vec!["0.9.9", "2.0.0", "1.0.0-rc.1"]),
            ("", "", "none", vec!["1.0.0"], vec!["1.0.0-rc.1"]),
            ("", "", "beta*", vec!["1.0.0-beta", "1.0.0-beta.2"], vec!["1.0.0", "1.0.0-rc.1"]),
        ] {
            let channel = channel(from, below, pre);
            let why = |version: &str| why_not(&channel, &version.parse().unwrap());
            assert!(fits.into_iter().all(|version| why(version).is_none()), "{channel:?}");
            assert!(odd.into_iter().all(|version| why(version).is_some()), "{channel:?}");
        }
    }
}
