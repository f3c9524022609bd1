//! Rows: varints, and values by their serial types (section 2.1 of the format).

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'r> {
    Null,
    Number(i64),
    /// Of a text or a blob.
    Bytes(&'r [u8]),
    /// A number with a fraction, which no row that is read has.
    Real,
}

/// The values of a row, which has so many and nothing else.
pub(super) fn values<const N: usize>(record: &[u8]) -> Option<[Value<'_>; N]> {
    let (length, _) = varint(record)?;
    let (header, mut rest) = record.split_at_checked(usize::try_from(length).ok()?)?;
    let (_, mut types) = varint(header)?;
    let mut values = [Value::Null; N];
    for own in &mut values {
        let (ty, after) = varint(types)?;
        let (value, left) = value(ty, rest)?;
        *own = value;
        (types, rest) = (after, left);
    }
    (types.is_empty() && rest.is_empty()).then_some(values)
}

fn value(ty: u64, bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let length = match ty {
        0 | 8 | 9 => 0,
        1..=4 => usize::try_from(ty).ok()?,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        _ => usize::try_from((ty - 12) / 2).ok()?,
    };
    let (own, rest) = bytes.split_at_checked(length)?;
    let value = match ty {
        0 => Value::Null,
        7 => Value::Real,
        8 | 9 => Value::Number(i64::from(ty == 9)),
        1..=6 => {
            let sign = if own.first()? & 0x80 == 0 { 0 } else { -1 };
            Value::Number(own.iter().fold(sign, |all: i64, byte| all << 8 | i64::from(*byte)))
        }
        _ => Value::Bytes(own),
    };
    Some((value, rest))
}

/// A number of one to nine bytes, seven bits each but for the ninth, and what follows.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for at in 0..8 {
        let byte = *bytes.get(at)?;
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(at + 1..)?));
        }
    }
    Some((number << 8 | u64::from(*bytes.get(8)?), bytes.get(9..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_bytes_as_they_need() {
        for (bytes, number, left) in [
            (&[0x7f, 1][..], 0x7f, 1),
            (&[0x81, 0x00], 0x80, 0),
            (&[0xff; 9], u64::MAX, 0),
            (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x05, 9], 5, 1),
        ] {
            let (found, rest) = varint(bytes).unwrap();
            assert_eq!((found, rest.len()), (number, left), "{bytes:?}");
        }
        assert!(varint(&[]).is_none() && varint(&[0xff; 8]).is_none());
    }

    #[test]
    fn a_row_has_what_its_types_say_and_nothing_else() {
        let row = [&[7, 0, 1, 2, 8, 9, 15][..], &[0xfe, 0x01, 0x00, b'x']].concat();
        let expected = [
            Value::Null,
            Value::Number(-2),
            Value::Number(256),
            Value::Number(0),
            Value::Number(1),
            Value::Bytes(b"x"),
        ];
        assert_eq!(values(&row), Some(expected));
        assert_eq!(values::<6>(&[&row[..], &[0]].concat()), None);
        assert_eq!((values::<5>(&row), values::<7>(&row)), (None, None));
        for bad in [&[][..], &[9], &[2, 10], &[2, 7], &[2, 0x80], &[10, 0, 0, 0, 0, 0, 0, 0, 0, 0]] {
            assert_eq!(values::<1>(bad), None, "{bad:?}");
        }
    }
}
