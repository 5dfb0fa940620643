//! Backlog by shape: how many jobs of each type and tag set are posted and not acquired, and since when.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use acquirer::job::Posting;
use acquirer::wakeup::DomainSpec;

use super::alphabet::Time;

/// So many more entries than twice what is queued are put up with before those that were acquired are looked for.
const ORDER_SLACK: u64 = 1_024;

/// The backlog of every shape that the scenario posts.
#[derive(Debug, Clone)]
pub(crate) struct Shapes {
    shapes: Vec<Shape>,
    all: Arc<[Posting]>,
}

#[derive(Debug, Clone)]
struct Shape {
    posting: Posting,
    queued: u64,
    /// In order of their commits; those that were acquired are dropped once they reach the front.
    order: VecDeque<(u64, Time)>,
}

/// Jobs that are queued and demand the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queued {
    /// The first shape that they have.
    pub(crate) shape: usize,
    /// How many there are.
    pub(crate) jobs: u64,
    /// How long the oldest has waited.
    pub(crate) oldest: Duration,
}

impl Shapes {
    pub(crate) fn new(postings: impl IntoIterator<Item = Posting>) -> Self {
        let shape = |posting| Shape { posting, queued: 0, order: VecDeque::new() };
        let all: Arc<[Posting]> = postings.into_iter().collect();
        Self { shapes: all.iter().cloned().map(shape).collect(), all }
    }

    /// What jobs demand, by shape.
    pub(crate) fn all(&self) -> &Arc<[Posting]> {
        &self.all
    }

    /// The shapes that a domain accepts.
    pub(crate) fn accepted(&self, spec: &DomainSpec) -> impl Iterator<Item = usize> {
        self.shapes
            .iter()
            .enumerate()
            .filter(|(_, shape)| spec.contains(&shape.posting))
            .map(|(number, _)| number)
    }

    pub(crate) fn queued(&mut self, shape: usize, number: u64, committed: Time) {
        let shape = &mut self.shapes[shape];
        shape.queued += 1;
        shape.order.push_back((number, committed));
    }

    /// A job left the queue. `is_queued` tells of any other whether it is still there.
    pub(crate) fn taken(&mut self, shape: usize, is_queued: impl Fn(u64) -> bool) {
        let shape = &mut self.shapes[shape];
        shape.queued -= 1;
        while shape.order.pop_front_if(|(number, _)| !is_queued(*number)).is_some() {}
        // One that nobody ever takes stays at the front, and those behind it come and go.
        if shape.order.len() as u64 > 2 * shape.queued + ORDER_SLACK {
            shape.order.retain(|(number, _)| is_queued(*number));
        }
    }

    /// A job that was taken is in the queue again, at its end.
    pub(crate) fn returned(&mut self, shape: usize, number: u64, committed: Time) {
        self.queued(shape, number, committed);
    }

    /// What is kept to know the oldest.
    #[cfg(test)]
    pub(crate) fn entries(&self) -> usize {
        self.shapes.iter().map(|shape| shape.order.len()).sum()
    }

    pub(crate) fn backlog(&self) -> u64 {
        self.shapes.iter().map(|shape| shape.queued).sum()
    }

    /// How many jobs of these shapes are queued, and how long the oldest of them has waited.
    pub(crate) fn queued_of(&self, shapes: &[usize], now: Time) -> (u64, Option<Duration>) {
        let queued = || shapes.iter().map(|shape| &self.shapes[*shape]).filter(|shape| shape.queued > 0);
        let oldest = queued().filter_map(|shape| shape.order.front()).map(|(_, committed)| *committed).min();
        (queued().map(|shape| shape.queued).sum(), oldest.map(|since| now - since))
    }
    /// The jobs of these shapes that are queued, by what they demand: several posters may post the same.
    pub(crate) fn queued_by_demand(&self, shapes: impl IntoIterator<Item = usize>, now: Time) -> Vec<Queued> {
        let mut queued: Vec<Queued> = Vec::new();
        let mut places = HashMap::new();
        for shape in shapes {
            let (jobs, Some(oldest)) = self.queued_of(&[shape], now) else { continue };
            match places.entry(&self.shapes[shape].posting) {
                Entry::Vacant(place) => {
                    place.insert(queued.len());
                    queued.push(Queued { shape, jobs, oldest });
                }
                Entry::Occupied(place) => {
                    let same = &mut queued[*place.get()];
                    same.jobs += jobs;
                    same.oldest = same.oldest.max(oldest);
                }
            }
        }
        queued
    }
}
