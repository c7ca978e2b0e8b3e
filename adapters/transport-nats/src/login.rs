//! The login of a space at a server: an NKey, whose seed never leaves the machine it was made on.

use crate::settings::{BadSettings, secret};
use nkeys::{KeyPair, KeyPairType};
use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr;
use thiserror::Error;

/// The public half of a login: what the operator of a server is told. 56 characters, the first a U.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Login(String);

/// A text that is no login.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoLogin {
    /// It is a seed, which nobody else should ever see. It is not repeated.
    #[error(
        "this is a seed, the secret half of a login: give the public one, which begins with U, and \
         make a new login if somebody saw it"
    )]
    Seed,
    /// It is something else.
    #[error("not the public NKey of a user: 56 letters and digits that begin with U")]
    Other,
}

impl FromStr for Login {
    type Err = NoLogin;

    fn from_str(text: &str) -> Result<Self, NoLogin> {
        if text.starts_with('S') {
            return Err(NoLogin::Seed);
        }
        match KeyPair::from_public_key(text) {
            Ok(key) if key.key_pair_type() == KeyPairType::User => Ok(Self(key.public_key())),
            Ok(_) | Err(_) => Err(NoLogin::Other),
        }
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The login whose seed a file holds; makes the file, with mode 0600, where there is none.
///
/// # Errors
/// When it cannot be made or read, others may read it, or it holds something else.
pub fn login_in(path: &Path) -> Result<Login, BadSettings> {
    let no_seed = || BadSettings::NotThat(path.to_owned(), "the seed of a user's NKey");
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let unwritable = |why| BadSettings::Unwritable(path.to_owned(), why);
    match made {
        Ok(mut file) => {
            let key = KeyPair::new_user();
            let seed = key.seed().map_err(|_| no_seed())?;
            writeln!(file, "{seed}").and_then(|()| file.sync_all()).map_err(unwritable)?;
            Ok(Login(key.public_key()))
        }
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {
            let key = KeyPair::from_seed(&secret(path)?).map_err(|_| no_seed())?;
            key.public_key().parse().map_err(|_| no_seed())
        }
        Err(why) => Err(unwritable(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_login_is_made_once_and_only_its_owner_may_read_its_seed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prod.nkey");
        let login = login_in(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let seed = std::fs::read_to_string(&path).unwrap();
        assert!(seed.starts_with("SU") && !login.to_string().contains(seed.trim()));
        assert_eq!(login_in(&path).unwrap(), login, "it stays");
        assert_eq!(login.to_string().parse(), Ok(login));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(login_in(&path), Err(BadSettings::TooOpen(..))));
    }

    #[test]
    fn what_is_no_login_is_refused_and_a_seed_is_not_repeated() {
        let (user, account) = (KeyPair::new_user(), KeyPair::new_account());
        let seed = user.seed().unwrap();
        assert_eq!(seed.parse::<Login>(), Err(NoLogin::Seed));
        assert!(!NoLogin::Seed.to_string().contains(&seed));
        let mut mistyped = user.public_key();
        mistyped.replace_range(9..10, if &mistyped[9..10] == "A" { "B" } else { "A" });
        for text in [account.public_key(), mistyped, "U".to_owned(), "\" } ]".to_owned()] {
            assert_eq!(text.parse::<Login>(), Err(NoLogin::Other), "{text}");
        }
    }
}
