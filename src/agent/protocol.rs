//! Which versions of the agents' protocol a program speaks, and which one two programs speak with each other.
//!
//! The number changes when a form in [`super::wire`] changes so that an older program would misread it; a new field that
//! may be missing is no change. Each program speaks its own number and the one before, so that server and kiosks can be
//! updated one after the other, in either order.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The protocol's number in this program.
pub const PROTOCOL: u16 = 1;
/// The oldest one that this program still speaks. There is none before 1.
pub const PROTOCOL_OLDEST: u16 = 1;

/// What a program speaks: both numbers count as spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Speaks {
    /// The oldest number.
    pub oldest: u16,
    /// The newest number.
    pub newest: u16,
}

impl Speaks {
    /// This program.
    pub const OURS: Speaks = Speaks { oldest: PROTOCOL_OLDEST, newest: PROTOCOL };
}

/// Two programs have no number in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Strangers {
    /// The agent is too old.
    #[error(
        "the kiosk's agent speaks protocol {agent}, this server needs {server} or newer: update Outguide on the kiosk's computer"
    )]
    AgentTooOld {
        /// Its newest.
        agent: u16,
        /// The server's oldest.
        server: u16,
    },
    /// The server is too old.
    #[error(
        "the kiosk's agent needs protocol {agent} or newer, this server speaks {server}: update Outguide on the server"
    )]
    ServerTooOld {
        /// Its oldest.
        agent: u16,
        /// The server's newest.
        server: u16,
    },
}

/// The newest number that both speak.
pub fn agree(agent: Speaks, server: Speaks) -> Result<u16, Strangers> {
    if agent.newest < server.oldest {
        return Err(Strangers::AgentTooOld { agent: agent.newest, server: server.oldest });
    }
    if server.newest < agent.oldest {
        return Err(Strangers::ServerTooOld { agent: agent.oldest, server: server.newest });
    }
    Ok(agent.newest.min(server.newest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_agree_and_strangers_say_who_is_too_old() {
        let speaks = |oldest, newest| Speaks { oldest, newest };
        assert_eq!(agree(speaks(4, 5), speaks(4, 5)), Ok(5));
        assert_eq!(agree(speaks(4, 5), speaks(5, 6)), Ok(5), "the server was updated first");
        assert_eq!(agree(speaks(5, 6), speaks(4, 5)), Ok(5), "the agent was updated first");
        assert_eq!(agree(speaks(3, 4), speaks(5, 6)), Err(Strangers::AgentTooOld { agent: 4, server: 5 }));
        assert_eq!(agree(speaks(7, 8), speaks(5, 6)), Err(Strangers::ServerTooOld { agent: 7, server: 6 }));
        assert!(Strangers::ServerTooOld { agent: 7, server: 6 }.to_string().contains("on the server"));
    }
}
