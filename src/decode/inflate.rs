//! Inflates gzip members into a reused buffer with libdeflate.
//!
//! A file may have several members (appended deliveries, `cat a.gz b.gz`). The `libdeflater` wrapper does not
//! return how many input bytes a member took, so the C function is called directly.

#![expect(unsafe_code, reason = "libdeflate is a C library")]

use std::ptr::NonNull;

use libdeflate_sys::{
    libdeflate_alloc_decompressor, libdeflate_decompressor, libdeflate_free_decompressor,
    libdeflate_gzip_decompress_ex, libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE as NO_SPACE,
    libdeflate_result_LIBDEFLATE_SUCCESS as SUCCESS,
};

/// RFC 1952, 2.3.1.
pub const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Deflate cannot expand further than this (258 bytes from 2 bits, zlib's FAQ).
const MAX_EXPANSION: usize = 1032;

/// One worker's decompressor.
pub struct Inflater {
    raw: NonNull<libdeflate_decompressor>,
}

/// Why a buffer was not inflated as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InflateError {
    /// Not gzip, or damaged.
    Corrupt,
    /// Larger than the limit: inflate it as a stream.
    TooLarge,
    /// What follows the last whole member is not gzip.
    Trailing,
}

impl Inflater {
    pub fn new() -> Inflater {
        // SAFETY: takes no arguments; a null answer means that memory ran out.
        let raw = NonNull::new(unsafe { libdeflate_alloc_decompressor() });
        Inflater {
            raw: raw.unwrap_or_else(|| {
                std::alloc::handle_alloc_error(std::alloc::Layout::new::<u64>())
            }),
        }
    }

    /// Fills `out` with the content of all members of `gz` and returns its length. `out` only grows; bytes behind
    /// that length are stale, so that a reused buffer is not cleared for every file.
    ///
    /// # Errors
    /// The cause, and the length of the complete members before it.
    pub fn gunzip(
        &mut self,
        gz: &[u8],
        out: &mut Vec<u8>,
        limit: usize,
    ) -> Result<usize, (InflateError, usize)> {
        let (mut at, mut len) = (0, 0);
        while at < gz.len() {
            let rest = &gz[at..];
            if at > 0 && rest.iter().all(|b| *b == 0) {
                break;
            }
            if at > 0 && !rest.starts_with(&MAGIC) {
                return Err((InflateError::Trailing, len));
            }
            let (read, written) = self.member(rest, out, len, limit).map_err(|e| (e, len))?;
            at += read;
            len += written;
        }
        Ok(len)
    }

    /// Writes one member to `out[start..]`; returns the bytes read and written.
    fn member(
        &mut self,
        gz: &[u8],
        out: &mut Vec<u8>,
        start: usize,
        limit: usize,
    ) -> Result<(usize, usize), InflateError> {
        let most = gz.len().saturating_mul(MAX_EXPANSION).min(limit);
        let mut room = size_hint(gz).min(most).max(64);
        loop {
            if start.saturating_add(room) > limit {
                return Err(InflateError::TooLarge);
            }
            if out.len() < start + room {
                out.resize(start + room, 0);
            }
            let (mut read, mut written) = (0usize, 0usize);
            // SAFETY: the decompressor is alive; both pointers are valid for the lengths given, and
            // input and output are distinct allocations; the two counters outlive the call.
            let result = unsafe {
                libdeflate_gzip_decompress_ex(
                    self.raw.as_ptr(),
                    gz.as_ptr().cast(),
                    gz.len(),
                    out[start..].as_mut_ptr().cast(),
                    room,
                    &mut read,
                    &mut written,
                )
            };
            match result {
                SUCCESS => return Ok((read, written)),
                NO_SPACE => room = room.saturating_mul(4),
                _ => return Err(InflateError::Corrupt),
            }
        }
    }
}

impl Default for Inflater {
    fn default() -> Inflater {
        Inflater::new()
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: allocated by `new`, freed once.
        unsafe { libdeflate_free_decompressor(self.raw.as_ptr()) }
    }
}

// SAFETY: the decompressor has no thread affinity and is only reached through `&mut self`.
unsafe impl Send for Inflater {}

/// The last four bytes of a single-member file are its size modulo 2^32 (RFC 1952, ISIZE).
fn size_hint(gz: &[u8]) -> usize {
    match gz.last_chunk::<4>() {
        Some(tail) => u32::from_le_bytes(*tail) as usize,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gz(text: &[u8]) -> Vec<u8> {
        let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        e.write_all(text).unwrap();
        e.finish().unwrap()
    }

    #[test]
    fn members_are_joined_and_padding_is_allowed() {
        let two = [gz(b"one,"), gz(b"two"), vec![0; 32]].concat();
        let mut out = vec![9; 3];
        let len = Inflater::new().gunzip(&two, &mut out, 1 << 20).unwrap();
        assert_eq!(&out[..len], b"one,two");
    }

    #[test]
    fn equal_members_are_both_read() {
        let twice = [gz(b"same"), gz(b"same")].concat();
        let mut out = Vec::new();
        let len = Inflater::new().gunzip(&twice, &mut out, 1 << 20).unwrap();
        assert_eq!(&out[..len], b"samesame");
    }

    #[test]
    fn kinds_of_damage_are_distinguished() {
        let mut inflater = Inflater::new();
        let mut out = Vec::new();
        let whole = gz(&b"x".repeat(5000));
        let cut = &whole[..whole.len() - 5];
        assert_eq!(inflater.gunzip(cut, &mut out, 1 << 20), Err((InflateError::Corrupt, 0)));
        assert_eq!(inflater.gunzip(&whole, &mut out, 100), Err((InflateError::TooLarge, 0)));
        let tail = [whole, b"garbage".to_vec()].concat();
        assert_eq!(inflater.gunzip(&tail, &mut out, 1 << 20), Err((InflateError::Trailing, 5000)));
    }
}
