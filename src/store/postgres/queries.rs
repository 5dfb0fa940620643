//! Acquire queries as they are sent. What those of a domain have in common is encoded once, and kept for the domains
//! that asked last.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use foldhash::HashMap;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo};
use sqlx::types::Json;
use sqlx::{Arguments as _, Encode, Postgres, Type};

use crate::job::{ProvisionerType, Tags, WorkerId};

use super::acquire::{shapes, text};

/// A query that can be run.
pub type Query = sqlx::query::Query<'static, Postgres, PgArguments>;

/// What all queries of a domain have in common, as it is sent: the statement, and which types and tags to look for.
/// Encoding it anew for each would be a good part of all that is done between a notice and its query.
#[derive(Debug)]
pub struct DomainQuery {
    shapes: Option<usize>,
    types: Encoded,
    tags: Encoded,
}

impl DomainQuery {
    /// What queries of workers with these types and tags have in common.
    pub fn new(types: &[ProvisionerType], tags: &Tags) -> Result<Self, sqlx::Error> {
        let shapes = shapes(types, tags);
        let length = shapes.as_ref().map(Vec::len);
        let (types, tags) = if let Some(shapes) = shapes {
            let (types, tags): (Vec<_>, Vec<_>) =
                shapes.into_iter().map(|(kind, tags)| (kind.as_str(), Json(tags))).unzip();
            (Encoded::new(types), Encoded::new(tags))
        } else {
            let types: Vec<&str> = types.iter().map(|kind| kind.as_str()).collect();
            (Encoded::new(types), Encoded::new(Json(tags)))
        };
        let encoded = || Ok(Self { shapes: length, types: types?, tags: tags? });
        encoded().map_err(sqlx::Error::Encode)
    }

    /// The query for these workers, whose jobs start `now`, in microseconds since 1970.
    pub fn for_workers(&self, workers: &[WorkerId], now_us: i64) -> Result<Query, sqlx::Error> {
        let mut arguments = PgArguments::default();
        let bytes = self.types.bytes.len() + self.tags.bytes.len() + BYTES_OF_THE_REST + size_of_val(workers);
        arguments.reserve(4, bytes);
        let mut add = || {
            arguments.add(Stamp(now_us))?;
            match workers {
                [worker] => arguments.add(*worker)?,
                workers => arguments.add(workers)?,
            }
            arguments.add(&self.types)?;
            arguments.add(&self.tags)
        };
        add().map_err(sqlx::Error::Encode)?;
        Ok(sqlx::query_with(text(workers.len(), self.shapes), arguments))
    }
}

/// So many are kept; one more, and all are made anew. The largest, of 64 shapes, takes some 10 KB.
const KEPT_MAX: usize = 512;

/// The queries that are kept. A domain asks with one set of tags, which clones share, so that its query is found by
/// where that lies in memory, without hashing names.
#[derive(Debug, Default)]
pub(super) struct DomainQueries(Mutex<HashMap<u64, Kept>>);

#[derive(Debug)]
struct Kept {
    types: Box<[ProvisionerType]>,
    /// Held, so that no others come to lie in their place.
    _tags: Tags,
    query: Arc<DomainQuery>,
}

impl DomainQueries {
    /// The query of the domain with these types and tags.
    pub(super) fn of(&self, types: &[ProvisionerType], tags: &Tags) -> Result<Arc<DomainQuery>, sqlx::Error> {
        let place = tags.place();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.get(&place)
            && *found.types == *types
        {
            return Ok(Arc::clone(&found.query));
        }
        let query = Arc::new(DomainQuery::new(types, tags)?);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(place, Kept { types: types.into(), _tags: tags.clone(), query: Arc::clone(&query) });
        Ok(query)
    }
}

/// Lengths, the stamp, and the head of an array of workers.
const BYTES_OF_THE_REST: usize = 64;

/// A value as it is sent.
#[derive(Debug)]
struct Encoded {
    bytes: Vec<u8>,
    kind: PgTypeInfo,
}

impl Encoded {
    fn new<T: Encode<'static, Postgres> + Type<Postgres>>(value: T) -> Result<Self, BoxDynError> {
        let kind = value.produces().unwrap_or_else(T::type_info);
        let mut buffer = PgArgumentBuffer::default();
        let is_null = value.encode(&mut buffer)?;
        assert!(!is_null.is_null(), "what a worker takes is never null");
        Ok(Self { bytes: buffer.to_vec(), kind })
    }
}

impl Type<Postgres> for Encoded {
    /// Each says itself which it is.
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("unknown")
    }
}

impl Encode<'_, Postgres> for Encoded {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.kind.clone())
    }

    fn size_hint(&self) -> usize {
        self.bytes.len()
    }
}

/// A moment in microseconds since 1970, which needs no calendar to be sent.
struct Stamp(i64);

/// Postgres counts from the year 2000.
const EPOCH_US: i64 = 946_684_800_000_000;

impl Type<Postgres> for Stamp {
    fn type_info() -> PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Stamp {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.0.saturating_sub(EPOCH_US).to_be_bytes());
        Ok(IsNull::No)
    }

    fn size_hint(&self) -> usize {
        size_of::<i64>()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const ECHO: [ProvisionerType; 1] = [ProvisionerType::Echo];

    fn tags(nth: usize) -> Tags {
        Tags::from_pairs([("nth", nth.to_string())]).unwrap()
    }

    fn encoded<'t, T: Encode<'t, Postgres>>(value: T) -> Vec<u8> {
        let mut buffer = PgArgumentBuffer::default();
        let _ = value.encode(&mut buffer).unwrap();
        buffer.to_vec()
    }

    #[test]
    fn a_domain_has_its_query_made_once() {
        let queries = DomainQueries::default();
        let carried = tags(1);
        let first = queries.of(&ECHO, &carried).unwrap();
        assert!(Arc::ptr_eq(&first, &queries.of(&ECHO, &carried.clone()).unwrap()));
        let of_both = queries.of(&ProvisionerType::ALL, &carried).unwrap();
        assert_eq!((first.shapes, of_both.shapes), (Some(2), Some(4)));
        assert_eq!(queries.of(&ECHO, &carried).unwrap().shapes, Some(2));
    }

    #[test]
    fn tags_that_are_gone_leave_no_query_to_others_in_their_place() {
        let queries = DomainQueries::default();
        for nth in 0..3 * KEPT_MAX {
            let query = queries.of(&ECHO, &tags(nth)).unwrap();
            assert_eq!(query.tags.bytes, encoded(vec![Json(Tags::new()), Json(tags(nth))]), "{nth}");
            assert!(queries.0.lock().unwrap().len() <= KEPT_MAX);
        }
    }

    #[test]
    fn a_stamp_is_sent_as_a_moment_is() {
        for us in [0, 1, EPOCH_US, 1_795_990_514_123_456, -1] {
            assert_eq!(encoded(Stamp(us)), encoded(DateTime::<Utc>::from_timestamp_micros(us).unwrap()));
        }
    }
}
