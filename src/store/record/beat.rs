//! What brokers of one store tell each other.

use super::RecordError;
use super::field::{keep_time, malformed, read_responder, read_time};
use crate::store::{Beat, BrokerId};
use jiff::SignedDuration;
use prost::Message as _;
use usher_proto::storage_v1 as kept;

/// Encodes a beat, but for whose it is.
pub fn encode_beat(beat: &Beat) -> Vec<u8> {
    let adapters = beat
        .adapters
        .iter()
        .map(|(responder, at)| kept::SignOfLife {
            responder: responder.as_str().to_owned(),
            at_ms: keep_time(*at),
        });
    let beat = kept::Beat {
        clock_ahead_ms: i64::try_from(beat.clock_ahead.as_millis()).unwrap_or_default(),
        adapters: adapters.collect(),
    };
    beat.encode_to_vec()
}

/// Reads the beat of `broker`.
///
/// # Errors
/// [`RecordError::Malformed`] or [`RecordError::Field`].
pub fn decode_beat(broker: BrokerId, bytes: &[u8]) -> Result<Beat, RecordError> {
    let kept::Beat {
        clock_ahead_ms,
        adapters,
    } = kept::Beat::decode(bytes).map_err(malformed)?;
    let sign = |sign: kept::SignOfLife| {
        let responder = read_responder(&sign.responder, "beat.responder")?;
        Ok((responder, read_time(sign.at_ms, "beat.at")?))
    };
    Ok(Beat {
        broker,
        clock_ahead: SignedDuration::from_millis(clock_ahead_ms),
        adapters: adapters.into_iter().map(sign).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_domain::code::ResponderId;
    use usher_domain::time::Timestamp;
    use uuid::Uuid;

    #[test]
    fn a_beat_reads_back() {
        let at = Timestamp::from_millisecond(1_795_440_000_123).unwrap();
        let beat = Beat {
            broker: Uuid::from_u128(7),
            clock_ahead: SignedDuration::from_millis(-2_500),
            adapters: vec![(ResponderId::parse("hackney").unwrap(), at)],
        };
        let bytes = encode_beat(&beat);
        assert_eq!(decode_beat(beat.broker, &bytes).unwrap(), beat);
        assert!(decode_beat(beat.broker, b"\xff").is_err());
    }
}
