//! Postings that are not accounted for (`W2`).
//!
//! A token stands for postings of one shape. It is accounted for when every job that it names was acquired,
//! or when a query of its domain that began after its arrival found nothing more.

use std::hash::{Hash, Hasher};

use foldhash::HashMap;
use smallvec::{SmallVec, smallvec};

use crate::job::{JobId, Posting, ProvisionerType, Tags};

use super::DomainId;
use super::ids::IdMap;

/// What the jobs of a token demand.
pub(super) type Shape = (ProvisionerType, Tags);

/// When something happened, in the machine's own count of inputs.
pub(super) type Moment = u64;

/// A token names so many jobs at most. Past that only a query that finds nothing more accounts for it.
const JOBS_NAMED_MAX: usize = 64;

/// The tokens of one domain, one for each shape, in order. They are few, and mostly one: a shape's tags are some of the
/// domain's own.
#[derive(Debug, Clone, Default)]
struct Tokens(SmallVec<[(Shape, Token); 1]>);

/// Postings of one shape.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// The jobs that it names, and when each was posted last. In order: they are few, and mostly one.
    named: SmallVec<[(JobId, Moment); 1]>,
    /// When the last posting came of a job that it stands for as well, but doesn't name.
    open: Option<Moment>,
}

impl Token {
    /// Of a posting that names this job, or none.
    pub(super) fn new(job: Option<JobId>, arrived: Moment) -> Self {
        match job {
            Some(job) => Self { named: smallvec![(job, arrived)], open: None },
            None => Self { named: SmallVec::new(), open: Some(arrived) },
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

    /// Names a job no longer.
    fn strike(&mut self, job: JobId) {
        if let Ok(place) = self.place(job) {
            self.named.remove(place);
        }
    }

    /// Where a job is named, or would be.
    fn place(&self, job: JobId) -> Result<usize, usize> {
        self.named.binary_search_by_key(&job, |(named, _)| *named)
    }
}

impl Tokens {
    /// Where the token of a shape is, or would be.
    fn place(&self, shape: &Shape) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(shape))
    }
}

/// All tokens of all domains, and which token names a job.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    by_domain: IdMap<DomainId, Tokens>,
    by_job: HashMap<JobId, (DomainId, Shape)>,
}

impl Book {
    /// The domain that already keeps a posting of this job in mind.
    pub(super) fn keeper(&self, posting: &Posting) -> Option<DomainId> {
        posting.job_id.and_then(|job| self.by_job.get(&job)).map(|(domain, _)| *domain)
    }

    /// A domain keeps a token in mind from now on.
    pub(super) fn add(&mut self, domain: DomainId, shape: Shape, token: Token) {
        for (job, _) in &token.named {
            self.by_job.insert(*job, (domain, shape.clone()));
        }
        let tokens = self.by_domain.entry(domain).or_default();
        match tokens.place(&shape) {
            Ok(place) => {
                for job in tokens.0[place].1.fold(token) {
                    self.by_job.remove(&job);
                }
            }
            Err(place) => tokens.0.insert(place, (shape, token)),
        }
    }

    /// A job was acquired (a).
    pub(super) fn acquired(&mut self, job: JobId) {
        let Some((domain, shape)) = self.by_job.remove(&job) else { return };
        let Some(tokens) = self.by_domain.get_mut(&domain) else { return };
        let Ok(place) = tokens.place(&shape) else { return };
        let token = &mut tokens.0[place].1;
        token.strike(job);
        if token.stands_for_nothing() {
            tokens.0.remove(place);
            if tokens.0.is_empty() {
                self.by_domain.remove(&domain);
            }
        }
    }

    /// A query of the domain that began then found nothing more (b).
    pub(super) fn nothing_more(&mut self, domain: DomainId, began: Moment) {
        let Some(tokens) = self.by_domain.get_mut(&domain) else { return };
        let by_job = &mut self.by_job;
        tokens.0.retain(|(_, token)| {
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
        for (job, _) in tokens.0.iter().flat_map(|(_, token)| &token.named) {
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
        self.tokens_of(domain).map(|(_, token)| token.jobs()).sum()
    }

    /// How many tokens it has.
    pub(super) fn tokens(&self, domain: DomainId) -> usize {
        self.by_domain.get(&domain).map_or(0, |tokens| tokens.0.len())
    }

    /// Its tokens, and what the jobs of each demand.
    pub(super) fn tokens_of(&self, domain: DomainId) -> impl Iterator<Item = (&Shape, &Token)> {
        let tokens = self.by_domain.get(&domain);
        tokens.into_iter().flat_map(|tokens| &tokens.0).map(|(shape, token)| (shape, token))
    }

    /// Feeds what a domain keeps in mind; of the moments, which queries in flight had `begun` before.
    pub(super) fn digest(&self, domain: DomainId, begun: &[Moment], into: &mut impl Hasher) {
        for (shape, token) in self.tokens_of(domain) {
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
            book.add(domain, (posting.provisioner, posting.tags.clone()), Token::new(posting.job_id, 1));
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
