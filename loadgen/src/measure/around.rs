//! What follows from looking around several times a second: how long workers waited, and what the load generator
//! itself cost.

use std::time::Duration;

use super::alphabet::{Surroundings, Time};
use super::state::Window;

/// What was seen so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched {
    /// When it was looked last, and how many waited then.
    last: Option<(Time, usize)>,
    waited: Duration,
    /// Processor time used until the first and until the last look inside the window.
    cpu: Option<(CpuUsed, CpuUsed)>,
}

/// Processor time used until some moment.
#[derive(Debug, Clone, Copy)]
struct CpuUsed {
    at: Time,
    used: Duration,
}

impl Watched {
    pub(super) fn look(&mut self, around: &Surroundings, window: Window, at: Time) {
        self.wait_until(at);
        let waiting = around.standing.iter().flatten().map(|domain| domain.waiting).sum();
        self.last = Some((at, waiting));
        if let Some(used) = around.cpu_used.filter(|_| window.holds(at)) {
            let now = CpuUsed { at, used };
            self.cpu = Some((self.cpu.map_or(now, |(first, _)| first), now));
        }
    }

    /// How long workers have waited until the last look, all together.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    /// Processor time that the load generator used while it was measured, as a share of one core's time; `None`
    /// if it wasn't looked at twice.
    pub(super) fn cpu_share(&self) -> Option<f64> {
        let (first, last) = self.cpu?;
        let time = (last.at - first.at).as_secs_f64();
        (time > 0.0).then(|| last.used.saturating_sub(first.used).as_secs_f64() / time)
    }

    fn wait_until(&mut self, at: Time) {
        if let Some((last, waiting)) = self.last {
            self.waited += (at - last).saturating_mul(u32::try_from(waiting).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::StandingDomain;
    use crate::snapshot::DomainPhase;
    use acquirer::wakeup::DomainId;

    fn at(ms: u64) -> Time {
        Time::new(Duration::from_millis(ms))
    }

    #[test]
    fn workers_that_wait_add_up_and_processor_time_counts_inside_the_window() {
        let window = Window { from: Some(at(1_000)), to: Some(at(3_000)) };
        let around = |waiting, cpu_ms| Surroundings {
            standing: vec![vec![StandingDomain {
                id: DomainId(1),
                waiting,
                phase: DomainPhase::Idle,
                pending: false,
                next_poll: at(0),
            }]],
            cpu_used: Some(Duration::from_millis(cpu_ms)),
            ..Surroundings::default()
        };
        let mut watched = Watched::default();
        for (ms, waiting, cpu_ms) in
            [(0, 10, 7), (1_000, 4, 500), (2_000, 0, 900), (3_000, 1, 1_500), (4_000, 0, 9_000)]
        {
            watched.look(&around(waiting, cpu_ms), window, at(ms));
        }
        assert_eq!(watched.waited(), Duration::from_secs(10 + 4 + 1));
        assert_eq!(watched.cpu_share(), Some(0.5));
    }
}
