//! The printed link and the sessions it opens, in memory: a restart ends them all and prints a new link.
//!
//! Only digests of secrets are kept. A look-up by digest needs no constant time: who could time it does not choose the digest.

use policy::view::{Caller, CallerKind};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// A session that nobody uses ends after this time.
pub(super) const IDLE: Duration = Duration::from_hours(8);
/// Every session ends after this time.
pub(super) const LONGEST: Duration = Duration::from_hours(24);

/// 256 random bits, as 64 hexadecimal digits. It says nothing of itself in a log.
pub struct Secret(String);

impl Secret {
    fn random() -> Self {
        let bits: [u8; 32] = rand::random();
        Self(bits.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The digits: for the one place that hands them out.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

type Fingerprint = [u8; 32];

fn fingerprint(secret: &str) -> Fingerprint {
    Sha256::digest(secret.as_bytes()).into()
}

/// Who is signed in.
pub struct Sessions {
    operator: Caller,
    state: Mutex<State>,
}

struct State {
    link: Option<Fingerprint>,
    open: HashMap<Fingerprint, Session>,
}

struct Session {
    began: Instant,
    used: Instant,
    ended: CancellationToken,
}

impl Session {
    fn lives(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.used) < IDLE && now.saturating_duration_since(self.began) < LONGEST
    }
}

/// A signed-in request.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    /// Who makes it.
    pub(super) caller: Caller,
    /// Cancelled when the session ends.
    pub(super) ended: CancellationToken,
    /// When it ends at the latest.
    pub(super) until: Instant,
}

impl Sessions {
    /// Nobody is signed in. The secret opens one session; whoever brings it is called by the name of the `operator`.
    #[must_use]
    pub fn new(operator: &str) -> (Self, Secret) {
        let secret = Secret::random();
        let operator = Caller { id: format!("link:{operator}"), name: operator.to_owned(), kind: CallerKind::Link, way: None };
        let state = State { link: Some(fingerprint(secret.reveal())), open: HashMap::new() };
        (Self { operator, state: Mutex::new(state) }, secret)
    }

    /// Takes the link's secret, once, for the token of a new session.
    pub(super) fn exchange(&self, secret: &str, now: Instant) -> Option<Secret> {
        let mut state = self.state();
        if !state.link.as_ref().is_some_and(|link| same(link, &fingerprint(secret))) {
            return None;
        }
        state.link = None;
        let token = Secret::random();
        state.open.insert(fingerprint(token.reveal()), Session { began: now, used: now, ended: CancellationToken::new() });
        Some(token)
    }

    /// Who brings this token, while its session lives; it counts as a use.
    pub(super) fn visit(&self, token: &str, now: Instant) -> Option<Visit> {
        let mut state = self.state();
        state.open.retain(|_, session| {
            let lives = session.lives(now);
            if !lives {
                session.ended.cancel();
            }
            lives
        });
        let session = state.open.get_mut(&fingerprint(token))?;
        session.used = now;
        Some(Visit { caller: self.operator.clone(), ended: session.ended.clone(), until: session.began + LONGEST })
    }

    /// Ends the session of this token.
    pub(super) fn end(&self, token: &str) {
        if let Some(session) = self.state().open.remove(&fingerprint(token)) {
            session.ended.cancel();
        }
    }

    // Nothing here panics while it holds the lock, and every state in between is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Compares in a time that does not depend on where the two differ.
fn same(a: &Fingerprint, b: &Fingerprint) -> bool {
    a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_one_session_once() {
        let (sessions, secret) = Sessions::new("ada");
        let now = Instant::now();
        assert!(sessions.exchange("", now).is_none());
        assert!(sessions.exchange(&secret.reveal()[..63], now).is_none(), "a wrong guess must not use the link up");
        let token = sessions.exchange(secret.reveal(), now).expect("the secret opens a session");
        assert!(sessions.exchange(secret.reveal(), now).is_none());
        assert_ne!(token.reveal(), secret.reveal());
        assert_eq!(token.reveal().len(), 64);
        assert_eq!(sessions.visit(token.reveal(), now).expect("the token is known").caller.name, "ada");
        assert!(sessions.visit(secret.reveal(), now).is_none());
    }

    #[test]
    fn a_session_ends_when_idle_when_old_and_when_ended() {
        let (sessions, secret) = Sessions::new("ada");
        let began = Instant::now();
        let token = sessions.exchange(secret.reveal(), began).expect("the secret opens a session");
        let mut now = began;
        let visit = sessions.visit(token.reveal(), now).expect("it lives");
        // Used often, it lives to its longest age and not beyond.
        while now + IDLE / 2 < began + LONGEST {
            now += IDLE / 2;
            assert!(sessions.visit(token.reveal(), now).is_some(), "{:?}", now - began);
        }
        assert!(!visit.ended.is_cancelled());
        assert!(sessions.visit(token.reveal(), began + LONGEST).is_none());
        assert!(visit.ended.is_cancelled(), "streams of an old session end");

        let (sessions, secret) = Sessions::new("ada");
        let token = sessions.exchange(secret.reveal(), began).expect("the secret opens a session");
        assert!(sessions.visit(token.reveal(), began + IDLE).is_none());
        assert!(sessions.visit(token.reveal(), began).is_none(), "an ended session stays ended");

        let (sessions, secret) = Sessions::new("ada");
        let token = sessions.exchange(secret.reveal(), began).expect("the secret opens a session");
        let visit = sessions.visit(token.reveal(), began).expect("it lives");
        sessions.end(token.reveal());
        assert!(visit.ended.is_cancelled());
        assert!(sessions.visit(token.reveal(), began).is_none());
    }

    #[test]
    fn a_secret_is_not_in_what_it_prints() {
        let (_, secret) = Sessions::new("ada");
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
