//! The guard against decompression bombs: one budget for each input, over all layers of archives and compression.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::losses::Reason;
use super::streams::broken;

/// Output up to this size is never called a bomb.
const UNCHECKED_OUTPUT: u64 = 64 << 20;

/// Logs compress 8 to 30 times; a file of zeros 1,030 times (gzip) or more (zstd).
const MAX_RATIO: u64 = 500;

/// What one input and everything unpacked from it have taken and produced. What archives declare about sizes does not
/// count.
#[derive(Debug, Default)]
pub struct Budget {
    /// Bytes of the input itself.
    input: Cell<u64>,
    /// Bytes that all layers have produced.
    output: Cell<u64>,
}

impl Budget {
    /// Begins another input, of which `bytes` are there.
    pub fn begin(&self, bytes: u64) {
        self.input.set(bytes);
        self.output.set(0);
    }

    fn take(&self, bytes: u64) {
        self.input.set(self.input.get() + bytes);
    }

    /// Counts bytes that a layer produced.
    ///
    /// # Errors
    /// When the input has produced more than logs can.
    pub fn produce(&self, bytes: u64) -> io::Result<()> {
        let output = self.output.get().saturating_add(bytes);
        self.output.set(output);
        let input = self.input.get();
        if output > UNCHECKED_OUTPUT && output / MAX_RATIO > input {
            let detail = format!("{input} bytes expanded to more than {output}");
            return Err(broken(Reason::Bomb, detail));
        }
        Ok(())
    }
}

/// An input that is read as it comes: its bytes raise the budget.
pub struct Taken<'b, R> {
    pub inner: R,
    pub budget: &'b Budget,
}

impl<R: Read> Read for Taken<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.budget.take(n as u64);
        Ok(n)
    }
}

/// A layer's output: stops at a bomb, and gives the errors below a stable reason.
pub struct Produced<R> {
    pub inner: R,
    pub budget: Rc<Budget>,
    pub reason: fn(&io::Error) -> Reason,
}

impl<R: Read> Read for Produced<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // Where the budget is used up, nothing more is unpacked.
        self.budget.produce(0)?;
        match self.inner.read(buf) {
            Ok(n) => self.budget.produce(n as u64).map(|()| n),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(e),
            Err(e) if e.get_ref().is_some_and(|inner| inner.is::<super::streams::Broken>()) => {
                Err(e)
            }
            Err(e) => Err(broken((self.reason)(&e), e.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_share_one_budget() {
        let budget = Rc::new(Budget::default());
        budget.begin(1_000);
        let layer = |size: u64| Produced {
            inner: io::repeat(b' ').take(size),
            budget: Rc::clone(&budget),
            reason: |_| Reason::ReadError,
        };
        assert!(io::copy(&mut layer(40 << 20), &mut io::sink()).is_ok());
        let error = io::copy(&mut layer(40 << 20), &mut io::sink()).unwrap_err();
        assert_eq!(super::super::streams::reason_of(&error).0, Reason::Bomb);
        assert!(layer(1).read(&mut [0; 1]).is_err(), "nothing more is unpacked");
        budget.begin(1_000);
        assert!(io::copy(&mut layer(40 << 20), &mut io::sink()).is_ok(), "another input");
    }

    #[test]
    fn an_input_that_is_large_itself_is_no_bomb() {
        let budget = Budget::default();
        budget.begin(0);
        let mut input = Taken { inner: io::repeat(0).take(1 << 20), budget: &budget };
        io::copy(&mut input, &mut io::sink()).unwrap();
        assert!(budget.produce(400 << 20).is_ok());
        assert!(budget.produce(200 << 20).is_err());
    }
}
