//! Postings that are not accounted for (`W2`).
//!
//! A token stands for postings of one shape. It is accounted for when every job that it names was acquired,
//! or when a query of its domain that began after its arrival found nothing more.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::{Hash, Hasher};

use foldhash::HashMap;

use crate::job::{JobId, Posting, ProvisionerType, Tags};

use super::DomainId;
use super::ids::IdMap;

/// What the jobs of a token demand.
pub(super) type Shape = (ProvisionerType, Tags);

/// When something happened, in the machine's own count of inputs.
pub(super) type Moment = u64;

/// A token names so many jobs at most. Past that only a query that finds nothing more accounts for it.
const JOBS_NAMED_MAX: usize = 64;

/// The tokens of one domain, one for each shape.
#[derive(Debug, Clone, Default)]
struct Tokens(BTreeMap<Shape, Token>);

/// Postings of one shape.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// The jobs that it names, and when each was posted last. In order: they are few, and mostly one.
    named: Vec<(JobId, Moment)>,
    /// When the last posting came of a job that it stands for as well, but doesn't name.
    open: Option<Moment>,
}

impl Token {
    pub(super) fn new(posting: &Posting, arrived: Moment) -> Self {
        match posting.job_id {
            Some(job) => Self { named: vec![(job, arrived)], open: None },
            None => Self { named: Vec::new(), open: Some(arrived) },
        }
    }

    /// How many jobs it stands for; `None` when that isn't known.
    fn jobs(&self) -> Option<usize> {
        self.open.is_none().then_some(self.named.len())
    }

    /// How many jobs it names.
    pub(super) fn named(&self) -> usize {
        self.named.len()
    }

    /// Whether it stands for jobs as well that it doesn't name.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn stands_for_nothing(&self) -> bool {
        self.named.is_empty() && self.open.is_none()
    }

    /// Stands for what the other did as well; the jobs that it does not name for want of room come back.
    fn fold(&mut self, other: Self) -> Vec<JobId> {
        self.open = self.open.max(other.open);
        let mut unnamed = Vec::new();
        for (job, arrived) in other.named {
            match self.place(job) {
                Ok(place) => self.named[place].1 = self.named[place].1.max(arrived),
                Err(place) if self.named.len() < JOBS_NAMED_MAX => self.named.insert(place, (job, arrived)),
                Err(_) => {
                    self.open = self.open.max(Some(arrived));
                    unnamed.push(job);
                }
            }
        }
        unnamed
    }

    /// Names a job no longer; `false` when it didn't.
    fn strike(&mut self, job: JobId) -> bool {
        let place = self.place(job);
        if let Ok(place) = place {
            self.named.remove(place);
        }
        place.is_ok()
    }

    /// Where a job is named, or would be.
    fn place(&self, job: JobId) -> Result<usize, usize> {
        self.named.binary_search_by_key(&job, |(named, _)| *named)
    }
}

/// All tokens of all domains, and which domain has the one that names a job.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    by_domain: IdMap<DomainId, Tokens>,
    by_job: HashMap<JobId, DomainId>,
}

impl Book {
    /// The domain that already keeps a posting of this job in mind.
    pub(super) fn keeper(&self, posting: &Posting) -> Option<DomainId> {
        posting.job_id.and_then(|job| self.by_job.get(&job)).copied()
    }

    /// A domain keeps a token in mind from now on.
    pub(super) fn add(&mut self, domain: DomainId, shape: Shape, token: Token) {
        for (job, _) in &token.named {
            self.by_job.insert(*job, domain);
        }
        match self.by_domain.entry(domain).or_default().0.entry(shape) {
            Entry::Vacant(vacant) => {
                vacant.insert(token);
            }
            Entry::Occupied(mut kept) => {
                for job in kept.get_mut().fold(token) {
                    self.by_job.remove(&job);
                }
            }
        }
    }

    /// A job was acquired (a).
    pub(super) fn acquired(&mut self, job: JobId) {
        let Some(domain) = self.by_job.remove(&job) else { return };
        let Some(tokens) = self.by_domain.get_mut(&domain) else { return };
        let named =
            tokens.0.iter_mut().find_map(|(shape, token)| token.strike(job).then_some((shape, token)));
        let Some((shape, token)) = named else { return };
        if token.stands_for_nothing() {
            let shape = shape.clone();
            if tokens.0.len() > 1 {
                tokens.0.remove(&shape);
            } else {
                self.by_domain.remove(&domain);
            }
        }
    }

    /// A query of the domain that began then found nothing more (b).
    pub(super) fn nothing_more(&mut self, domain: DomainId, began: Moment) {
        let Some(tokens) = self.by_domain.get_mut(&domain) else { return };
        let by_job = &mut self.by_job;
        tokens.0.retain(|_, token| {
            token.open = token.open.filter(|arrived| *arrived > began);
            token.named.retain(|(job, arrived)| {
                let stays = *arrived > began;
                if !stays {
                    by_job.remove(job);
                }
                stays
            });
            !token.stands_for_nothing()
        });
        if tokens.0.is_empty() {
            self.by_domain.remove(&domain);
        }
    }

    /// Takes what the domain keeps in mind.
    pub(super) fn take(&mut self, domain: DomainId) -> impl Iterator<Item = (Shape, Token)> + use<> {
        let tokens = self.by_domain.remove(&domain).unwrap_or_default();
        for (job, _) in tokens.0.values().flat_map(|token| &token.named) {
            self.by_job.remove(job);
        }
        tokens.0.into_iter()
    }

    /// Whether the domain keeps nothing in mind.
    pub(super) fn is_empty(&self, domain: DomainId) -> bool {
        !self.by_domain.contains_key(&domain)
    }

    /// How many jobs its tokens stand for; `None` when that isn't known.
    pub(super) fn jobs(&self, domain: DomainId) -> Option<usize> {
        self.by_domain.get(&domain).map_or(Some(0), |tokens| tokens.0.values().map(Token::jobs).sum())
    }

    /// How many tokens it has.
    pub(super) fn tokens(&self, domain: DomainId) -> usize {
        self.by_domain.get(&domain).map_or(0, |tokens| tokens.0.len())
    }

    /// Its tokens, and what the jobs of each demand.
    pub(super) fn tokens_of(&self, domain: DomainId) -> impl Iterator<Item = (&Shape, &Token)> {
        self.by_domain.get(&domain).into_iter().flat_map(|tokens| &tokens.0)
    }

    /// Feeds what a domain keeps in mind; of the moments, which queries in flight had `begun` before.
    pub(super) fn digest(&self, domain: DomainId, begun: &[Moment], into: &mut impl Hasher) {
        let Some(tokens) = self.by_domain.get(&domain) else { return };
        for (shape, token) in &tokens.0 {
            let place = |arrived: Moment| begun.partition_point(|began| *began < arrived);
            (shape, token.open.map(place)).hash(into);
            for (job, arrived) in &token.named {
                (job, place(*arrived)).hash(into);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_bound_jobs_are_not_named_and_only_a_later_query_accounts_for_them() {
        let mut book = Book::default();
        let domain = DomainId(1);
        let posting = |job: usize| Posting {
            provisioner: ProvisionerType::Echo,
            tags: Tags::new(),
            job_id: Some(JobId::from_u128(job as u128)),
        };
        for job in 0..=JOBS_NAMED_MAX {
            let posting = posting(job);
            book.add(domain, (posting.provisioner, posting.tags.clone()), Token::new(&posting, 1));
        }
        assert_eq!(book.keeper(&posting(0)), Some(domain));
        assert_eq!(book.keeper(&posting(JOBS_NAMED_MAX)), None);
        assert_eq!((book.tokens(domain), book.jobs(domain)), (1, None));
        for job in 0..=JOBS_NAMED_MAX {
            book.acquired(JobId::from_u128(job as u128));
        }
        assert!(!book.is_empty(domain));
        book.nothing_more(domain, 1);
        assert!(book.is_empty(domain) && book.by_job.is_empty());
    }
}
