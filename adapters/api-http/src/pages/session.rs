//! Sign-ins: sessions of browsers, and codes that begin one. Both are 256 random bits, kept as
//! hashes, in memory only, bounded in number and in time.

use schema::hash::{Hash, sha256};
use schema::id::base32;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long a session lasts.
pub(super) const SESSION: Duration = Duration::from_secs(12 * 60 * 60);

/// How long a code is good.
pub(super) const CODE: Duration = Duration::from_secs(5 * 60);

/// Sessions or codes of one token, at the most; the oldest makes room.
const OF_ONE_MAX: usize = 16;

/// Sessions or codes of all tokens, at the most; nobody pushes out somebody else's.
const OF_ALL_MAX: usize = 1024;

/// Everybody who is signed in, and every code that is still good.
#[derive(Default)]
pub(super) struct Sessions {
    sessions: Mutex<BTreeMap<Hash, Session>>,
    codes: Mutex<BTreeMap<Hash, Session>>,
}

/// One of either.
struct Session {
    token: Hash,
    until: Instant,
    /// Dropped with the session, which ends what is still being told to it.
    open: watch::Sender<()>,
}

/// A session that was found.
pub(super) struct Found {
    /// The hash of the token that began it.
    pub(super) token: Hash,
    /// When it ends.
    pub(super) until: Instant,
    /// How many hold it open, this one included.
    pub(super) listeners: usize,
    /// Closed when it is signed out.
    pub(super) open: watch::Receiver<()>,
}

/// Why there is no new session or code.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoRoom {
    /// There are too many.
    Full,
    /// The system has no random bytes.
    NoRandom,
}

impl Sessions {
    /// Signs in whoever has the token of this hash; gives the session's secret.
    pub(super) fn open(&self, token: Hash, now: Instant) -> Result<String, NoRoom> {
        add(&mut lock(&self.sessions), token, now, SESSION)
    }

    /// The session with this secret.
    pub(super) fn find(&self, secret: &str, now: Instant) -> Option<Found> {
        let sessions = lock(&self.sessions);
        let session = sessions.get(&hashed(secret)).filter(|session| session.until > now)?;
        let open = session.open.subscribe();
        let listeners = session.open.receiver_count();
        Some(Found { token: session.token, until: session.until, listeners, open })
    }

    /// Signs out.
    pub(super) fn close(&self, secret: &str) {
        lock(&self.sessions).remove(&hashed(secret));
    }

    /// Makes a code that signs in once whoever has the token of this hash.
    pub(super) fn code(&self, token: Hash, now: Instant) -> Result<String, NoRoom> {
        add(&mut lock(&self.codes), token, now, CODE)
    }

    /// Uses a code up: the hash of the token that it stands for, if it is good.
    pub(super) fn redeem(&self, code: &str, now: Instant) -> Option<Hash> {
        let used = lock(&self.codes).remove(&hashed(code))?;
        (used.until > now).then_some(used.token)
    }
}

fn add(
    all: &mut BTreeMap<Hash, Session>,
    token: Hash,
    now: Instant,
    lasts: Duration,
) -> Result<String, NoRoom> {
    all.retain(|_, session| session.until > now);
    let own = all.iter().filter(|(_, session)| session.token == token);
    let own: Vec<(Instant, Hash)> = own.map(|(hash, session)| (session.until, *hash)).collect();
    if own.len() >= OF_ONE_MAX
        && let Some((_, oldest)) = own.iter().min()
    {
        all.remove(oldest);
    }
    if all.len() >= OF_ALL_MAX {
        return Err(NoRoom::Full);
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| NoRoom::NoRandom)?;
    let secret = base32(&bytes);
    let (open, _) = watch::channel(());
    all.insert(hashed(&secret), Session { token, until: now + lasts, open });
    Ok(secret)
}

fn hashed(secret: &str) -> Hash {
    sha256(&[b"interspace/v1/session\0", secret.as_bytes()])
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these hold is whole after every single change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DANA: Hash = [1; 32];
    const ERIK: Hash = [2; 32];

    #[test]
    fn a_code_is_good_once_and_not_for_long() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let code = sessions.code(DANA, now).unwrap();
        assert_eq!(sessions.redeem("another", now), None);
        assert_eq!(sessions.redeem(&code, now), Some(DANA));
        assert_eq!(sessions.redeem(&code, now), None);
        let late = sessions.code(DANA, now).unwrap();
        assert_eq!(sessions.redeem(&late, now + CODE), None);
        assert!(sessions.find(&late, now).is_none(), "a code is no session");
    }

    #[test]
    fn a_session_ends_with_time_and_with_signing_out() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let secret = sessions.open(DANA, now).unwrap();
        let found = sessions.find(&secret, now + SESSION - Duration::from_secs(1)).unwrap();
        assert_eq!(found.token, DANA);
        assert!(sessions.find(&secret, now + SESSION).is_none());
        assert!(found.open.has_changed().is_ok());
        assert_eq!(sessions.find(&secret, now).unwrap().listeners, 2);
        sessions.close(&secret);
        assert!(sessions.find(&secret, now).is_none());
        assert!(found.open.has_changed().is_err(), "what is told to it ends");
    }

    #[test]
    fn nobody_pushes_out_the_session_of_somebody_else() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let erik = sessions.open(ERIK, now).unwrap();
        let first = sessions.open(DANA, now).unwrap();
        for after in 1..=OF_ONE_MAX {
            sessions.open(DANA, now + Duration::from_millis(after as u64)).unwrap();
        }
        let later = now + Duration::from_secs(1);
        assert!(sessions.find(&first, later).is_none(), "her oldest made room");
        assert!(sessions.find(&erik, later).is_some());
        assert_eq!(lock(&sessions.sessions).len(), OF_ONE_MAX + 1);
    }

    #[test]
    fn secrets_are_long_never_alike_and_not_kept() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (one, other) = (sessions.open(DANA, now).unwrap(), sessions.open(DANA, now).unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 52, "256 bits");
        let kept: Vec<Hash> = lock(&sessions.sessions).keys().copied().collect();
        assert!(kept.iter().all(|kept| base32(kept) != one && base32(kept) != other));
    }
}
