//! The values of each switch, each with the interleaving that tells it from the others.

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
    ///
    /// ```text
    /// posting J ─▶ query finds J ─▶ J is accounted for, all sleep      one query for one job
    /// ```
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
    /// D1: x is cleared                       D2: y's query has found nothing, its answer is on its way
    /// posting J ─▶ D1 (token)
    /// x leaves; D1 is gone                   D2 is busy: it isn't told
    ///                                        D2 has its answer: y sleeps beside J until its poll
    /// ```
    HandedToIdle,
    /// Until the job that it names was acquired, or a query that began after its arrival found nothing more.
    /// A domain that has nobody left hands what it has in mind to another: to an idle one, else to one that is
    /// busy, which looks again when its query has found nothing.
    ///
    /// ```text
    /// D1: its only acquiree queries          D2: idle, accepts J2 as well
    /// posting J2 ─▶ D1 (token)
    /// D1: the query returns an older J1; D1 is empty and hands the token on
    ///                                        D2 is cleared and finds J2
    /// ```
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
    ///
    /// ```text
    /// D1: queries       D2: idle, with waiters
    /// posting ─────────▶ D2 is cleared and looks at once
    /// ```
    IdleFirst,
}

/// Which of its acquirees a domain clears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Any: nothing bounds how long one of many waits.
    ///
    /// ```text
    /// A waits          B waits
    /// posting J1 ─────▶ B is cleared, finds J1, runs it, comes back
    /// posting J2 ─────▶ B again
    /// A still waits, and may do so for ever
    /// ```
    Any,
    /// First come, first served; one whose query found nothing keeps its place (`FAIR`).
    ///
    /// ```text
    /// A waits          B waits
    /// posting J1 ─▶ A is cleared, finds J1, runs it, comes back behind B
    /// posting J2 ─────▶ B is cleared
    /// ```
    FirstCome,
}

/// What becomes of a job that was found for a caller who has left.
///
/// It is about callers who leave of their own accord. Those whom `Acquirer::close` sends away
/// strand nothing under either value.
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
    ///
    /// ```text
    /// caller: acquire_job ─▶ UPDATE … committing
    /// caller: gone
    ///                        UPDATE … done: the row says "running, worker = caller"
    ///                        the acquirer, whose query it was: UPDATE … available, NOTIFY
    /// next:                  is cleared and finds it
    /// ```
    GivenBack,
}

/// When a domain queries again after a store error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterError {
    /// At once: a failing store is asked by every acquiree in turn, and by callers that try again at once
    /// for ever (`S16`).
    ///
    /// ```text
    /// the store is down; A, B and C wait
    /// A: query fails ─▶ B: query fails ─▶ C: query fails ─▶ A, who has come again: query fails ─▶ …
    /// ```
    AtOnce,
    /// After a pause that doubles from 10 ms to 10 s, with jitter, until a query succeeds. The error still goes
    /// to whose query failed.
    ///
    /// ```text
    /// the store is down; A, B and C wait
    /// A: query fails ─▶ (5 to 10 ms) ─▶ B: query fails ─▶ (10 to 20 ms) ─▶ C: …
    /// A, who has come again, waits for its turn
    /// ```
    BackOff,
}

/// When a domain's first backup poll is due. All further ones follow a period apart (`S10`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstPoll {
    /// A period after its birth: domains born together poll together for ever.
    ///
    /// ```text
    /// deployed at 0 s     D1 D2 D3 … born at once
    /// 30 s                D1 D2 D3 … query at once
    /// 60 s                D1 D2 D3 … and again
    /// ```
    AfterPeriod,
    /// At a random moment of the first period.
    ///
    /// ```text
    /// deployed at 0 s     D1 D2 D3 … born at once
    /// 4 s, 17 s, 26 s     D2, D3, D1
    /// 34 s, 47 s, 56 s    D2, D3, D1
    /// ```
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
    ///
    /// ```text
    /// R1: UPDATE locks J          R2: skips J (SKIP LOCKED), finds nothing, sleeps
    /// R1: the connection breaks, J is unlocked; R1's caller gets the error and goes
    /// R1: NOTIFY J ─────────────▶ R2 is cleared and finds J
    /// ```
    PostedAnew,
}
