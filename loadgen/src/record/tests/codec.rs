use proptest::prelude::*;

use crate::measure::{Input, Surroundings, Time};
use crate::snapshot::RunPhase;

use super::super::decode::{Decoder, Malformed, Specs};
use super::super::encode::Encoder;
use super::inputs::{Drawn, SHAPES, drawn};

proptest! {
    #[test]
    fn what_was_told_is_read_again_block_by_block(
        blocks in prop::collection::vec(prop::collection::vec(drawn(), 0..20), 1..4),
    ) {
        let mut encoder = Encoder::default();
        let mut told = Vec::new();
        encoder.begin(Time::ZERO, Vec::new());
        for (place, inputs) in blocks.iter().enumerate() {
            for drawn in inputs {
                encoder.put(drawn.at(), &drawn.input());
            }
            let next = blocks.get(place + 1).and_then(|next| next.first());
            told.push(encoder.begin(next.map_or(Time::ZERO, Drawn::at), Vec::new()));
        }
        let (mut decoder, mut specs) = (Decoder::new(SHAPES), Specs::new());
        for (place, (inputs, bytes)) in blocks.iter().zip(told).enumerate() {
            let begins = if place == 0 { Time::ZERO } else { inputs.first().map_or(Time::ZERO, Drawn::at) };
            decoder.begin(begins, bytes);
            for drawn in inputs {
                prop_assert_eq!(decoder.peek(), Ok(Some(drawn.at())));
                let (at, input) = decoder.next(&mut specs).unwrap().unwrap();
                prop_assert_eq!(at, drawn.at());
                prop_assert_eq!(format!("{input:?}"), format!("{:?}", drawn.input()));
            }
            prop_assert_eq!(decoder.peek(), Ok(None));
            prop_assert!(decoder.next(&mut specs).unwrap().is_none());
        }
    }

    #[test]
    fn bytes_that_are_no_inputs_are_refused_rather_than_believed(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let (mut decoder, mut specs) = (Decoder::new(SHAPES), Specs::new());
        decoder.begin(Time::ZERO, bytes);
        while let Ok(Some(_)) = decoder.next(&mut specs) {}
    }
}

#[test]
fn what_a_run_cannot_hold_is_refused() {
    let refused = |bytes: &[u8]| {
        let mut decoder = Decoder::new(SHAPES);
        decoder.begin(Time::ZERO, bytes.to_vec());
        decoder.next(&mut Specs::new()).map(drop)
    };
    // Each begins with the time since the input before, and what kind it is.
    assert_eq!(refused(&[0, 2]), Ok(()));
    assert_eq!(refused(&[0, 255, 0]), Err(Malformed), "an unknown kind");
    assert_eq!(refused(&[0, 7, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), Err(Malformed), "job 2^48");
    assert_eq!(refused(&[0, 5, 1, 0, SHAPES as u8]), Err(Malformed), "a shape that is not posted");
    assert_eq!(refused(&[0, 5, 100, 0, 0]), Err(Malformed), "more jobs than bytes");
    assert_eq!(refused(&[0, 35, 64]), Err(Malformed), "a 65th replica");
    let century = [0x80, 0x80, 0xc0, 0xb4, 0xd1, 0xb6, 0xe8, 0xaf, 0x57, 2];
    assert_eq!(refused(&century), Err(Malformed), "a century");
}

#[test]
fn a_look_around_of_the_first_version_is_read_without_posters() {
    let mut decoder = Decoder::new(SHAPES);
    let mut bytes = vec![0, 13, 2];
    bytes.extend_from_slice(&1.5_f64.to_le_bytes());
    bytes.extend_from_slice(&30.0_f64.to_le_bytes());
    // Neither silence nor processor time; seven workers of one fleet; one replica, without domains.
    bytes.extend_from_slice(&[0, 0, 1, 7, 1, 0, 0]);
    decoder.begin(Time::ZERO, bytes);
    let (_, input) = decoder.next(&mut Specs::new()).unwrap().unwrap();
    let around = Surroundings {
        phase: RunPhase::Measuring,
        rate_factor: 1.5,
        target_rate: 30.0,
        workers: vec![7],
        standing: vec![Vec::new()],
        ..Surroundings::default()
    };
    assert_eq!(format!("{input:?}"), format!("{:?}", Input::Sampled(&around)));
}
