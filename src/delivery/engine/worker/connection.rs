//! The connection that a worker sends over.

use std::time::Duration;

use super::super::EngineError;
use super::{Connected, IDLE_MAX, Worker};
use crate::delivery::traffic::Line;
use crate::delivery::transport::RelayTrouble;

/// A connection that the relay did not take beside the others is tried again after this.
const CROWDED_WAIT: Duration = Duration::from_secs(30);

impl Worker {
    /// Makes sure of a connection that can carry a message.
    pub(super) async fn connect(&mut self) -> Result<Connected, EngineError> {
        let is_good =
            |line: &Line| !line.connection.is_spent() && !line.connection.has_announced() && line.used.elapsed() < IDLE_MAX;
        if self.line.as_ref().is_some_and(is_good) {
            self.floor.has_opened(self.seat);
            return Ok(Connected::Yes);
        }
        // A new connection takes its time, and what is known must not wait for it.
        self.record_settled().await?;
        self.hang_up().await;
        let opened = tokio::select! {
            opened = self.open() => opened,
            () = self.floor.is_to_end() => None,
        };
        let Some(opened) = opened else { return Ok(Connected::No) };
        let connected = match opened {
            Ok(line) => {
                self.line = Some(line);
                Connected::Yes
            }
            Err(trouble) if self.lane.open_lines() > 0 => {
                tracing::info!(relay = %self.lane.route.relay.name, %trouble, "going on with fewer connections");
                Connected::Crowded
            }
            Err(trouble) => {
                self.floor.blame(self.place, trouble);
                Connected::No
            }
        };
        match connected {
            Connected::Yes => self.floor.has_opened(self.seat),
            Connected::No | Connected::Crowded => self.floor.has_tried(self.seat),
        }
        Ok(connected)
    }

    /// A new connection, once there is a seat for it.
    async fn open(&self) -> Option<Result<Line, RelayTrouble>> {
        let permit = self.lane.seat().await?;
        Some(self.lane.connect(permit).await)
    }

    pub(super) async fn rest_after(&self, connected: Connected) {
        if connected == Connected::Crowded {
            tokio::select! {
                () = tokio::time::sleep(CROWDED_WAIT) => {}
                () = self.floor.is_to_end() => {}
            }
        }
    }

    pub(super) async fn hang_up(&mut self) {
        if let Some(line) = self.line.take() {
            line.connection.quit().await;
        }
    }
}
