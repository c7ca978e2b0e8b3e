//! The options of commands about bundles of other spaces.

use super::{Meant, Which};
use api_http::shape::command::Value;
use clap::Subcommand;
use schema::name::{BadName, Name, Text};

const VALUES: &str = "\
For what a value is:
  NAME=VALUE                      everything that the template asks
  ENVIRONMENT/NAME=VALUE          one environment
  TENANT@/NAME=VALUE              one tenant
  TENANT@ENVIRONMENT/NAME=VALUE   one tenant in one environment
--no-value takes the same without `=VALUE`: that there is no value is an answer too.";

#[derive(Debug, Subcommand)]
pub(crate) enum Inbox {
    /// All bundles
    List,
    /// One bundle: packages, questions, process, proofs
    Show {
        #[command(flatten)]
        release: Which,
        /// What it asks in this lifecycle [default: by rule, or the only one]
        #[arg(long, value_name = "NAME")]
        lifecycle: Option<Name>,
    },
    /// Accept a bundle; asks for what is missing where it can
    #[command(after_long_help = VALUES)]
    Accept {
        #[command(flatten)]
        release: Meant,
        /// The lifecycle it goes through [default: by rule, or the only one]
        #[arg(long, value_name = "NAME")]
        lifecycle: Option<Name>,
        /// `NAME=VALUE` or `ENVIRONMENT/NAME=VALUE`, with `TENANT@` before; may be repeated
        #[arg(long, value_name = "VALUE", value_parser = value)]
        value: Vec<Value>,
        /// `NAME` or `ENVIRONMENT/NAME`, alike: explicitly no value; may be repeated
        #[arg(long, value_name = "NAME", value_parser = no_value)]
        no_value: Vec<Value>,
    },
    /// Reject a bundle; the reason travels back
    Reject {
        #[command(flatten)]
        release: Meant,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
}

fn value(text: &str) -> Result<Value, String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let value: Text = value.parse().map_err(|why: BadName| why.to_string())?;
    Ok(Value { value: Some(value), ..no_value(name)? })
}

fn no_value(text: &str) -> Result<Value, String> {
    let name = |text: &str| text.parse::<Name>().map_err(|why| why.to_string());
    // What a step sees as an environment variable has no slash; environments may have one.
    let Some((place, template)) = text.rsplit_once('/') else {
        let template = name(text)?;
        return Ok(Value { template, environment: None, tenant: None, value: None });
    };
    let template = name(template)?;
    let (tenant, environment) = match place.split_once('@') {
        None => (None, Some(name(place)?)),
        Some((tenant, "")) => (Some(name(tenant)?), None),
        Some((tenant, environment)) => (Some(name(tenant)?), Some(name(environment)?)),
    };
    Ok(Value { template, environment, tenant, value: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_says_for_what_it_is() {
        for (text, tenant, environment) in [
            ("URL=x=y", None, None),
            ("Prod EU/URL=x=y", None, Some("Prod EU")),
            ("a/b/URL=x=y", None, Some("a/b")),
            ("acme@/URL=x=y", Some("acme"), None),
            ("acme@Prod EU/URL=x=y", Some("acme"), Some("Prod EU")),
        ] {
            let given = value(text).unwrap();
            assert_eq!(given.tenant.as_ref().map(Name::as_str), tenant, "{text}");
            assert_eq!(given.environment.as_ref().map(Name::as_str), environment, "{text}");
            assert_eq!(given.template.as_str(), "URL");
            assert_eq!(given.value.as_ref().map(Text::as_str), Some("x=y"));
        }
        assert_eq!(no_value("acme@Prod/URL").unwrap().value, None);
        for odd in ["URL", "/URL=x", "@/URL=x", "@Prod/URL=x", "Prod/=x"] {
            assert!(value(odd).is_err(), "{odd}");
        }
    }
}
