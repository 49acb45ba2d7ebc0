//! The numbers of a record: zigzag in groups of seven bits.

/// Bytes of the longest 64-bit number.
const BYTES_MAX: usize = 10;

/// Reads a number from the start of `bytes` and moves on; `None`: cut short, or larger than 64 bits.
pub fn read(bytes: &mut &[u8]) -> Option<i64> {
    // Most numbers of a record take one byte.
    if let Some((byte, rest)) = bytes.split_first()
        && byte & 0x80 == 0
    {
        *bytes = rest;
        let value = i64::from(*byte);
        return Some((value >> 1) ^ -(value & 1));
    }
    // And most lengths two.
    if let [low, high, rest @ ..] = *bytes
        && high & 0x80 == 0
    {
        *bytes = rest;
        let value = i64::from(*low & 0x7f) | i64::from(*high) << 7;
        return Some((value >> 1) ^ -(value & 1));
    }
    let mut value: u64 = 0;
    for (place, byte) in bytes.iter().take(BYTES_MAX).enumerate() {
        let group = u64::from(byte & 0x7f);
        if place == BYTES_MAX - 1 && group > 1 {
            return None;
        }
        value |= group << (7 * place);
        if byte & 0x80 == 0 {
            *bytes = bytes.get(place + 1..)?;
            return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    None
}

/// The same, of a number that fits 32 bits.
pub fn read_32(bytes: &mut &[u8]) -> Option<i32> {
    i32::try_from(read(bytes)?).ok()
}

/// Appends a number.
pub fn write(out: &mut Vec<u8>, value: i64) {
    let mut rest = zigzag(value);
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}

/// Appends a length; `None`, the length of what isn't there, is -1.
pub fn write_length(out: &mut Vec<u8>, length: Option<usize>) {
    write(out, length.map_or(-1, signed));
}

/// Bytes that [`write`] appends.
pub fn bytes(value: i64) -> usize {
    let bits = 64 - (zigzag(value) | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// Bytes that [`write_length`] appends.
pub fn length_bytes(length: Option<usize>) -> usize {
    bytes(length.map_or(-1, signed))
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(value in any::<i64>(), rest in any::<[u8; 2]>()) {
            let mut out = Vec::new();
            write(&mut out, value);
            prop_assert_eq!(out.len(), bytes(value));
            out.extend(rest);
            let mut input = out.as_slice();
            prop_assert_eq!(read(&mut input), Some(value));
            prop_assert_eq!(input, rest);
        }
    }

    #[test]
    fn what_has_no_end_or_is_too_large_is_refused() {
        for bytes in [
            &[][..],
            &[0x80],
            &[0xff; 10],
            &[0xff; 11],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
        ] {
            let mut input = bytes;
            assert_eq!(read(&mut input), None, "{bytes:?}");
        }
        let mut input = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1][..];
        assert_eq!(read(&mut input), Some(i64::MIN));
    }
}
