//! Reproducible randomness: the same seed and name give the same identifiers everywhere.

use fastrand::Rng;

const HEX: &[u8; 16] = b"0123456789abcdef";
const UPPER_HEX: &[u8; 16] = b"0123456789ABCDEF";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

pub struct Random(Rng);

impl Random {
    /// An independent stream for each (seed, name, number), so that a change in one part of the
    /// output leaves the other parts as they were.
    pub fn new(seed: u64, name: &str, number: u64) -> Random {
        let mut state = seed ^ 0x9E37_79B9_7F4A_7C15;
        for byte in name.bytes().chain(number.to_le_bytes()) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
            state ^= state >> 29;
        }
        Random(Rng::with_seed(state))
    }

    /// A number below `limit`, which must not be 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0.u64(..limit)
    }

    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..=high)
    }

    /// True in `percent` of the cases.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.0.usize(..items.len())]
    }

    /// Like [`Random::pick`], but early items come up far more often than late ones.
    pub fn pick_skewed<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let share = self.0.f64();
        &items[(share * share * items.len() as f64) as usize]
    }

    /// A UUID of version 4.
    pub fn uuid(&mut self) -> String {
        let mut out = String::with_capacity(36);
        let bits = (self.0.u128(..) & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        for place in 0..32 {
            if matches!(place, 8 | 12 | 16 | 20) {
                out.push('-');
            }
            out.push(char::from(HEX[(bits >> (124 - 4 * place)) as usize & 15]));
        }
        out
    }

    pub fn hex(&mut self, length: usize) -> String {
        self.letters(HEX, 4, length)
    }

    /// 16 upper-case hexadecimal digits: the request id of S3, and the end of an access log name.
    pub fn upper_hex_16(&mut self) -> String {
        self.letters(UPPER_HEX, 4, 16)
    }

    /// The 16 characters that end the name of a CloudTrail file.
    pub fn file_tail(&mut self) -> String {
        (0..16).map(|_| char::from(*self.pick(LETTERS))).collect()
    }

    /// The value of `x-amz-id-2`: 56 bytes in base64.
    pub fn host_id(&mut self) -> String {
        let mut out = self.letters(BASE64, 6, 74);
        // Two bits of the last character belong to no byte and are 0.
        out.push(char::from(BASE64[4 * self.below(16) as usize]));
        out.push('=');
        out
    }

    /// An identifier such as AKIA… or AROA…, 20 characters long. As in real ones, the account
    /// number can be read back from the characters after the prefix.
    pub fn unique_id(&mut self, prefix: &str, account: &str) -> String {
        let account: u128 = account.parse().expect("an account number");
        let tail = u128::from(self.0.u64(..)) & 0x7F_FFFF_FFFF;
        let bits = (1 << 79) | (account << 39) | tail;
        let mut out = String::from(prefix);
        for place in 0..16 {
            out.push(char::from(BASE32[(bits >> (75 - 5 * place)) as usize & 31]));
        }
        out
    }

    fn letters(&mut self, alphabet: &[u8], bits: u32, length: usize) -> String {
        let mut out = String::with_capacity(length + 2);
        let (mut word, mut left) = (0, 0);
        for _ in 0..length {
            if left < bits {
                (word, left) = (self.0.u64(..), 64);
            }
            out.push(char::from(alphabet[word as usize & (alphabet.len() - 1)]));
            word >>= bits;
            left -= bits;
        }
        out
    }
}
