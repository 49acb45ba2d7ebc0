//! How a client says where it is in a session (KIP-227); KIP-932 does it in the same way.

/// Kafka's `FetchMetadata.INITIAL_EPOCH`: a fetch that opens a session.
pub const INITIAL_EPOCH: i32 = 0;
/// Kafka's `FetchMetadata.FINAL_EPOCH`: a fetch outside any session, which ends the one that it names.
pub const FINAL_EPOCH: i32 = -1;

/// The epoch after this one; after the largest comes 1.
pub const fn next_epoch(epoch: i32) -> i32 {
    match epoch {
        ..0 => FINAL_EPOCH,
        i32::MAX => 1,
        _ => epoch + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_wrap_to_one() {
        assert_eq!(next_epoch(0), 1);
        assert_eq!(next_epoch(i32::MAX), 1);
        assert_eq!(next_epoch(-1), -1);
    }
}
