//! What the runner tells a guard to start, and its bytes.
//!
//! | field | bytes |
//! | --- | --- |
//! | length of the rest | u32 |
//! | version, 1 | u8 |
//! | seconds until time-out | u32 |
//! | number of words; each: length, bytes | u32; u32, … |
//! | number of variables; each: name, value, like words | u32; … |
//!
//! It goes through the socket and not through arguments or the environment of the guard, so that
//! values do not show in the list of processes and no variable of a release changes the guard.

use crate::variables::Variables;
use schema::bytes::{Malformed, Reader, Writer};
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use zeroize::Zeroizing;

/// The version of these bytes: the executable may be replaced while a node runs.
const VERSION: u8 = 1;

/// An order beyond this is refused; the kernel would not start a program with so much either.
const ORDER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One step, as its guard starts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// Seconds until it is ended.
    pub(crate) timeout_s: u32,
    /// The program and its arguments.
    pub(crate) run: Vec<OsString>,
    /// Its whole environment.
    pub(crate) variables: Variables,
}

impl Order {
    /// The bytes that are sent.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn encode(&self) -> io::Result<Zeroizing<Vec<u8>>> {
        let pairs = self.variables.0.iter().flat_map(|(name, value)| [name, value]);
        let size: usize = self.run.iter().chain(pairs.clone()).map(|word| word.len() + 4).sum();
        if size > ORDER_BYTES_MAX - 64 {
            return Err(io::Error::other("the step's arguments and variables are too large"));
        }
        let count = |n: usize| u32::try_from(n).map_err(io::Error::other);
        let mut body = Writer::new();
        body.u8(VERSION).u32(self.timeout_s).u32(count(self.run.len())?);
        for word in &self.run {
            body.variable(word.as_bytes());
        }
        body.u32(count(self.variables.0.len())?);
        for word in pairs {
            body.variable(word.as_bytes());
        }
        let mut whole = Writer::new();
        whole.variable(&Zeroizing::new(body.finish()));
        Ok(Zeroizing::new(whole.finish()))
    }

    /// Reads one order and not a byte more.
    ///
    /// # Errors
    /// When the sender is gone, or sent something else.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > ORDER_BYTES_MAX {
            return Err(io::Error::other("the order is too long"));
        }
        let mut body = Zeroizing::new(Vec::with_capacity(length));
        from.take(length as u64).read_to_end(&mut body)?;
        Self::decode(&body).map_err(io::Error::other)
    }

    fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body, "order");
        if reader.u8()? != VERSION {
            return Err(Malformed::new("order: it is of another version of the product"));
        }
        let timeout_s = reader.u32()?;
        let mut run = Vec::new();
        for _ in 0..reader.u32()? {
            run.push(word(&mut reader)?);
        }
        let mut variables = Variables::default();
        for _ in 0..reader.u32()? {
            let name = word(&mut reader)?;
            variables.0.insert(name, word(&mut reader)?);
        }
        reader.finish()?;
        Ok(Self { timeout_s, run, variables })
    }
}

fn word(reader: &mut Reader<'_>) -> Result<OsString, Malformed> {
    reader.variable(ORDER_BYTES_MAX).map(|bytes| OsString::from_vec(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        Order {
            timeout_s: 7,
            run: ["sh", "", "-c"].map(OsString::from).into(),
            variables: Variables(
                [("A".into(), OsString::from_vec(vec![0xff, b'=', b'\n']))].into(),
            ),
        }
    }

    #[test]
    fn an_order_is_read_back_and_nothing_behind_it() {
        let mut bytes = order().encode().expect("small");
        bytes.push(b'!');
        let mut rest = bytes.as_slice();
        assert_eq!(Order::read(&mut rest).expect("an order"), order());
        assert_eq!(rest, b"!");
    }

    #[test]
    fn an_order_that_is_cut_anywhere_is_refused() {
        let bytes = order().encode().expect("small");
        for length in 0..bytes.len() {
            assert!(Order::read(&mut &bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn an_order_of_another_version_is_refused() {
        let mut bytes = order().encode().expect("small");
        bytes[4] += 1;
        assert!(Order::read(&mut bytes.as_slice()).is_err());
    }
}
