//! How a recording is played: where it stands, how fast it goes. It has no clock; ticks move it.

use std::time::Duration;

use loadgen::record::Missing;

/// How fast a recording may go, slow motion first.
pub const SPEEDS: [f64; 11] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
/// As fast as the run.
const SPEED_FIRST: usize = 5;

/// A recording that is played.
#[derive(Debug, Clone, PartialEq)]
pub struct Playback {
    /// How long it is.
    pub length: Duration,
    /// What it doesn't hold of its run.
    pub missing: Missing,
    /// Which moment is wanted on the screen, since the posters started.
    pub position: Duration,
    /// Whether it goes on by itself.
    pub is_playing: bool,
    /// It was looked through up to here.
    pub surveyed: Duration,
    /// An index into [`SPEEDS`].
    speed: usize,
}

impl Playback {
    /// One that begins to play at `from`.
    #[must_use]
    pub fn new(length: Duration, missing: Missing, from: Duration) -> Self {
        Self {
            length,
            missing,
            position: from.min(length),
            is_playing: true,
            surveyed: Duration::ZERO,
            speed: SPEED_FIRST,
        }
    }

    /// How fast it goes.
    #[must_use]
    pub fn speed(&self) -> f64 {
        SPEEDS[self.speed]
    }

    /// Goes faster by so many steps, or with a negative number slower.
    pub fn change_speed(&mut self, steps: isize) {
        self.speed = self.speed.saturating_add_signed(steps).min(SPEEDS.len() - 1);
    }

    /// Whether there is nothing more to come.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.position >= self.length
    }

    /// Plays or pauses. From its end it begins anew.
    pub fn toggle(&mut self) {
        self.is_playing = !self.is_playing;
        if self.is_playing && self.is_at_end() {
            self.position = Duration::ZERO;
        }
    }

    /// So much time has passed: where it stands now, if it moved.
    pub fn pass(&mut self, time: Duration) -> Option<Duration> {
        if !self.is_playing {
            return None;
        }
        let moved = time.mul_f64(self.speed());
        self.position = self.position.saturating_add(moved).min(self.length);
        self.is_playing = !self.is_at_end();
        Some(self.position)
    }
}
