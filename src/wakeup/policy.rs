//! The choices that the rules leave open, as plain data. Each is about one interleaving.

/// Which rules a machine follows. Every switch can be set alone; [`Policy::seed`] and [`Policy::default`]
/// are the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// When an acquiree that is done clears the next (`W6`).
    pub chain: Chain,
    /// How long a posting is kept in mind (`W2`).
    pub postings: Postings,
    /// Which of several domains a posting wakes (`W2b`).
    pub route: Route,
    /// Which of its acquirees a domain clears (`W8`).
    pub order: Order,
    /// What becomes of a job that was found for a caller who has left (`W10`).
    pub departed: Departed,
    /// When a domain queries again after a store error (`W11`).
    pub after_error: AfterError,
    /// When a domain's first backup poll is due (`W13`).
    pub first_poll: FirstPoll,
    /// What becomes of a posting whose query failed, when nobody is left who could query again (`W3`).
    pub doubtful: Doubtful,
    /// At most so many jobs are claimed by one query; at least 1 (`W7`).
    ///
    /// The default is 16. Up to there the rate of a drain grows with it and stays at pgbench's with the same
    /// statement; at 64 twice as much is drained, but at 0.6 of pgbench's rate, since waking the workers takes
    /// longer than claiming. A larger claim also holds up its first job until its last is written, gives more of a
    /// short queue to the replica that comes first, and leaves more rows to one failed query.
    pub claim_batch: usize,
}

/// When an acquiree that is done clears the next one of its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// Always: the domain drains the table until it finds nothing or runs out of acquirees (`S7`).
    ///
    /// ```text
    /// posting J ─▶ query finds J ─▶ chained query finds nothing       two queries for one job
    /// ```
    Always,
    /// While there is a reason to think that more is there: a posting that is not accounted for, or a clearance
    /// whose cause says nothing about how many jobs wait (first, backup poll, recovered).
    WhileUnaccounted,
}

/// How long a posting is kept in mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Postings {
    /// Until the domain's next query begins, or the domain is gone.
    ///
    /// ```text
    /// D1: its only acquiree queries          D2: idle, accepts J2 as well
    /// posting J2 ─▶ D1 (pending)
    /// D1: the query returns an older J1; D1 is empty and gone, and pending with it
    ///                                        D2 sleeps beside J2 until its poll
    /// ```
    Forgotten,
    /// As [`Accounted`](Self::Accounted), but a domain that has nobody left hands what it has in mind to an idle
    /// domain only. It is here to be seen failing:
    ///
    /// ```text
    /// x joins D1, y joins D2: both query, and neither has seen J
    /// x leaves; D1's query is still in flight
    /// posting J ─▶ D2 (pending)
    /// D2: the query fails y; D2 is gone, and D1, busy for z who joined it meanwhile, isn't told
    ///                                        z sleeps beside J until its poll
    /// ```
    HandedToIdle,
    /// Until the job that it names was acquired, or a query that began after its arrival found nothing more.
    /// A domain that has nobody left hands what it has in mind to another: to an idle one, else to one that is
    /// busy, which looks again when its query has found nothing.
    Accounted,
}

/// Which of several domains that contain a posting is woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Any.
    ///
    /// ```text
    /// D1: queries       D2: idle, with waiters
    /// posting ─▶ D1 (pending): waits for D1's query although D2 could look at once
    /// ```
    Any,
    /// An idle one if there is one; among those the one whose oldest acquiree has waited longest.
    IdleFirst,
}

/// Which of its acquirees a domain clears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Any: nothing bounds how long one of many waits.
    Any,
    /// First come, first served; one whose query found nothing keeps its place (`FAIR`).
    FirstCome,
}

/// What becomes of a job that was found for a caller who has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departed {
    /// It stays marked as running, and nobody runs it.
    ///
    /// ```text
    /// caller: acquire_job ─▶ UPDATE … committing
    /// caller: gone
    ///                        UPDATE … done: the row says "running, worker = caller"
    /// ```
    Stranded,
    /// It is released and posted anew.
    GivenBack,
}

/// When a domain queries again after a store error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterError {
    /// At once: a failing store is asked by every acquiree in turn, and by callers that try again at once
    /// for ever (`S16`).
    AtOnce,
    /// After a pause that doubles from 10 ms to 10 s, with jitter, until a query succeeds.
    BackOff,
}

/// When a domain's first backup poll is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstPoll {
    /// A period after its birth: domains born together poll together for ever.
    AfterPeriod,
    /// At a random moment of the first period.
    Spread,
}

/// What becomes of a posting whose query failed, when nobody is left here who could query again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubtful {
    /// It is let go.
    ///
    /// ```text
    /// R1: UPDATE locks J          R2: skips J (SKIP LOCKED), finds nothing, sleeps
    /// R1: the connection breaks, J is unlocked; R1's caller gets the error and goes
    ///                             R2 sleeps beside J until its poll
    /// ```
    LetGo,
    /// What is available to the domain is posted anew, for whoever skipped a row meanwhile.
    PostedAnew,
}

impl Policy {
    /// The rules of the seed, weaknesses included; but for a job whose caller has left, which is given back
    /// here too: every run ends with callers leaving, and would fail its audit. `departed` shows that weakness.
    #[must_use]
    pub const fn seed() -> Self {
        Self {
            chain: Chain::Always,
            postings: Postings::Forgotten,
            route: Route::Any,
            order: Order::Any,
            departed: Departed::GivenBack,
            after_error: AfterError::AtOnce,
            first_poll: FirstPoll::AfterPeriod,
            doubtful: Doubtful::LetGo,
            claim_batch: 1,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            chain: Chain::WhileUnaccounted,
            postings: Postings::Accounted,
            route: Route::IdleFirst,
            order: Order::FirstCome,
            departed: Departed::GivenBack,
            after_error: AfterError::BackOff,
            first_poll: FirstPoll::Spread,
            doubtful: Doubtful::PostedAnew,
            claim_batch: 16,
        }
    }
}
