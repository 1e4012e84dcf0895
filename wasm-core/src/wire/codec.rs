//! Reading and writing of bytes, big endian. The only code that takes byte strings apart.
//!
//! Invariant: a [`Reader`] never allocates and never reads past its end; a [`Writer`] never writes
//! a length that its prefix cannot hold.

use alloc::vec::Vec;

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end before the field does.
    #[error("too short")]
    TooShort,
    /// Bytes are left after the last field.
    #[error("trailing bytes")]
    Trailing,
    /// The version is not one of ours.
    #[error("unknown version {0}")]
    Version(u8),
    /// A length or count is above its bound.
    #[error("{length} is more than {max}")]
    TooLong {
        /// What the bytes say.
        length: usize,
        /// What is allowed.
        max: usize,
    },
    /// A field has a value that its type does not allow.
    #[error("invalid value")]
    Value,
}

/// Takes fields from the front of a slice.
#[derive(Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl core::fmt::Debug for Reader<'_> {
    /// Tells the length alone: what is read may be secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Reader({} bytes)", self.0.len())
    }
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Decodes the whole of `bytes` with `decode`.
    ///
    /// # Errors
    ///
    /// Those of `decode`, and [`DecodeError::Trailing`].
    pub fn whole<T>(
        bytes: &'a [u8],
        decode: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let mut reader = Self(bytes);
        let value = decode(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }

    /// Asserts that nothing is left.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Trailing`].
    pub const fn finish(self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::Trailing) }
    }

    /// Takes what is left.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.0)
    }

    /// Takes `length` bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`].
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(DecodeError::TooShort)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// Takes `N` bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (array, rest) = self.0.split_first_chunk().ok_or(DecodeError::TooShort)?;
        self.0 = rest;
        Ok(*array)
    }

    /// Takes a byte.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`].
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_be_bytes)
    }

    /// Takes two bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`].
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    /// Takes four bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`].
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Takes eight bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`].
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    /// Takes a version byte.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`], or [`DecodeError::Version`] when it is not `expected`.
    pub fn version(&mut self, expected: u8) -> Result<(), DecodeError> {
        let version = self.u8()?;
        if version == expected { Ok(()) } else { Err(DecodeError::Version(version)) }
    }

    /// Takes a count of one byte.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`], or [`DecodeError::TooLong`] when it is above `max`.
    pub fn count8(&mut self, max: usize) -> Result<usize, DecodeError> {
        self.u8().and_then(|count| bounded(usize::from(count), max))
    }

    /// Takes `u16 n ‖ bytes`.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`], or [`DecodeError::TooLong`] when `n` is above `max`.
    pub fn bytes16(&mut self, max: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.u16().and_then(|length| bounded(usize::from(length), max))?;
        self.bytes(length)
    }

    /// Takes `u32 n ‖ bytes`.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`], or [`DecodeError::TooLong`] when `n` is above `max`.
    pub fn bytes32(&mut self, max: usize) -> Result<&'a [u8], DecodeError> {
        let length = usize::try_from(self.u32()?).unwrap_or(usize::MAX);
        let length = bounded(length, max)?;
        self.bytes(length)
    }

    /// Takes `u16 n ‖ UTF-8`.
    ///
    /// # Errors
    ///
    /// Those of [`Self::bytes16`], or [`DecodeError::Value`] when it is not UTF-8.
    pub fn text16(&mut self, max: usize) -> Result<&'a str, DecodeError> {
        core::str::from_utf8(self.bytes16(max)?).map_err(|_| DecodeError::Value)
    }
}

const fn bounded(length: usize, max: usize) -> Result<usize, DecodeError> {
    if length <= max { Ok(length) } else { Err(DecodeError::TooLong { length, max }) }
}

/// Appends fields to a vector.
#[derive(Clone, Default)]
pub struct Writer(Vec<u8>);

impl core::fmt::Debug for Writer {
    /// Tells the length alone: what is written may be secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Writer({} bytes)", self.0.len())
    }
}

impl Writer {
    /// Starts empty, with room for `capacity` bytes.
    ///
    /// Secrets want the exact capacity: a vector that grows leaves its old bytes behind.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Appends a byte.
    #[must_use]
    pub fn u8(self, value: u8) -> Self {
        self.bytes(&[value])
    }

    /// Appends two bytes.
    #[must_use]
    pub fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends four bytes.
    #[must_use]
    pub fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends eight bytes.
    #[must_use]
    pub fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends bytes without a length.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a count of one byte.
    ///
    /// # Panics
    ///
    /// When `count` is above 255: the caller holds a bound of `limits`.
    #[must_use]
    pub fn count8(self, count: usize) -> Self {
        self.u8(u8::try_from(count).expect("the caller keeps the count below 256"))
    }

    /// Appends `u16 n ‖ bytes`.
    ///
    /// # Panics
    ///
    /// When there are more than 65,535 bytes: the caller holds a bound of `limits`.
    #[must_use]
    pub fn bytes16(self, bytes: &[u8]) -> Self {
        let length = u16::try_from(bytes.len()).expect("the caller keeps the length in 16 bits");
        self.u16(length).bytes(bytes)
    }

    /// Appends `u32 n ‖ bytes`.
    ///
    /// # Panics
    ///
    /// When the length does not fit 32 bits: the caller holds a bound of `limits`.
    #[must_use]
    pub fn bytes32(self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).expect("the caller keeps the length in 32 bits");
        self.u32(length).bytes(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_prefix_above_its_bound_is_refused_before_the_bytes_are_asked_for() {
        let mut reader = Reader::new(&[0xFF; 4]);
        assert_eq!(reader.bytes32(10), Err(DecodeError::TooLong { length: 0xFFFF_FFFF, max: 10 }));
        let mut reader = Reader::new(&[0, 11]);
        assert_eq!(reader.bytes16(10), Err(DecodeError::TooLong { length: 11, max: 10 }));
    }

    #[test]
    fn a_field_that_does_not_fit_takes_nothing() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u32(), Err(DecodeError::TooShort));
        assert_eq!(reader.rest(), &[1, 2, 3]);
    }

    #[test]
    fn trailing_bytes_are_refused() {
        assert_eq!(Reader::whole(&[1, 2], Reader::u8), Err(DecodeError::Trailing));
        assert_eq!(Reader::whole(&[1], Reader::u8), Ok(1));
    }

    #[test]
    fn another_version_is_refused_by_name() {
        assert_eq!(Reader::new(&[2]).version(1), Err(DecodeError::Version(2)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            (a, b, c, d) in any::<(u8, u16, u32, u64)>(),
            short in prop::collection::vec(any::<u8>(), 0..300),
            text in ".{0,40}",
        ) {
            let bytes = Writer::default()
                .u8(a).u16(b).u32(c).u64(d)
                .bytes16(&short).bytes32(&short).bytes16(text.as_bytes())
                .finish();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.u8(), Ok(a));
            prop_assert_eq!(reader.u16(), Ok(b));
            prop_assert_eq!(reader.u32(), Ok(c));
            prop_assert_eq!(reader.u64(), Ok(d));
            prop_assert_eq!(reader.bytes16(300), Ok(short.as_slice()));
            prop_assert_eq!(reader.bytes32(300), Ok(short.as_slice()));
            prop_assert_eq!(reader.text16(200), Ok(text.as_str()));
            prop_assert_eq!(reader.finish(), Ok(()));
        }
    }
}
