//! Exports of CloudTrail buckets with digest chains, signed by keys made for tests.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::Md5;
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const BUCKET: &str = "trail-bucket";

/// A signer with an RSA key of 2048 bits.
pub struct Signer {
    pub pair: RsaKeyPair,
    /// Lists the key in X.509 form, as one key in AWS's documentation is.
    pub spki: bool,
}

impl Signer {
    pub fn one() -> Signer {
        Signer::of(include_bytes!("keys/one.pk8"))
    }

    pub fn two() -> Signer {
        Signer::of(include_bytes!("keys/two.pk8"))
    }

    fn of(pkcs8: &[u8]) -> Signer {
        Signer { pair: RsaKeyPair::from_pkcs8(pkcs8).unwrap(), spki: false }
    }

    fn value(&self) -> Vec<u8> {
        let der = self.pair.public_key().as_ref();
        if !self.spki {
            return der.to_vec();
        }
        let head = hex::decode("30820122300d06092a864886f70d01010105000382010f00").unwrap();
        [head, der.to_vec()].concat()
    }

    pub fn fingerprint(&self) -> String {
        hex::encode(Md5::digest(self.value()))
    }

    pub fn sign(&self, text: &str) -> String {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
        hex::encode(signature)
    }

    /// An answer of ListPublicKeys with this key.
    pub fn answer(&self, region: &str) -> Value {
        let value = BASE64_STANDARD.encode(self.value());
        json!({
            "Region": region,
            "PublicKeyList": [{
                "Value": value,
                "ValidityStartTime": 1_790_000_000.0,
                "ValidityEndTime": 1_800_000_000.0,
                "Fingerprint": self.fingerprint(),
            }],
        })
    }
}

/// A trail as one region delivers it, and how far its chain is.
pub struct Trail<'s> {
    pub account: &'static str,
    pub region: &'static str,
    pub name: &'static str,
    /// Above `AWSLogs`, with its `/`.
    pub prefix: &'static str,
    /// `o-…/`.
    pub organization: &'static str,
    pub backfill: bool,
    pub signer: &'s Signer,
    /// Log files an hour.
    pub logs: usize,
    /// What the next digest says of the last one.
    pub previous: Option<Value>,
}

impl<'s> Trail<'s> {
    pub fn new(signer: &'s Signer) -> Trail<'s> {
        Trail {
            account: "111122223333",
            region: "us-east-1",
            name: "main_trail",
            prefix: "",
            organization: "",
            backfill: false,
            signer,
            logs: 2,
            previous: None,
        }
    }

    fn folder(&self, kind: &str, day: u32) -> String {
        format!(
            "{}AWSLogs/{}{}/{kind}/{}/2026/11/{day:02}",
            self.prefix, self.organization, self.account, self.region
        )
    }

    /// The key of a log file that was named in a minute of an hour since 2026-11-01.
    pub fn log_key(&self, hour: u32, minute: u32, unique: &str) -> String {
        let (day, of_day) = (1 + hour / 24, hour % 24);
        format!(
            "{}/{}_CloudTrail_{}_202611{day:02}T{of_day:02}{minute:02}Z_{unique}.json.gz",
            self.folder("CloudTrail", day),
            self.account,
            self.region
        )
    }

    /// The key of the digest that ends 1 min 31 s after the end of an hour.
    pub fn digest_key(&self, hour: u32) -> String {
        let end = hour + 1;
        let (day, of_day) = (1 + end / 24, end % 24);
        format!(
            "{}/{}_CloudTrail-Digest_{}_{}_us-east-1_202611{day:02}T{of_day:02}0131Z{}.json.gz",
            self.folder("CloudTrail-Digest", day),
            self.account,
            self.region,
            self.name,
            if self.backfill { "_backfill" } else { "" }
        )
    }
}

fn at(hour: u32) -> String {
    format!("2026-11-{:02}T{:02}:01:31Z", 1 + hour / 24, hour % 24)
}

/// A delivered hour: keys of its objects.
#[derive(Debug, Clone)]
pub struct Hour {
    pub digest: String,
    pub logs: Vec<String>,
}

/// A bucket that was copied to a folder.
pub struct Export {
    pub root: PathBuf,
    /// Lines for `objects.jsonl`, in the order of delivery.
    pub objects: Vec<Value>,
}

impl Export {
    pub fn new(root: impl Into<PathBuf>) -> Export {
        Export { root: root.into(), objects: Vec::new() }
    }

    pub fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    /// Delivers the log files and the digest of each hour.
    pub fn deliver(&mut self, trail: &mut Trail<'_>, hours: std::ops::Range<u32>) -> Vec<Hour> {
        hours.map(|hour| self.hour(trail, hour, |_| {})).collect()
    }

    /// Delivers one hour; `edit` changes the digest before it is signed.
    pub fn hour(&mut self, trail: &mut Trail<'_>, hour: u32, edit: impl Fn(&mut Value)) -> Hour {
        let mut logs = Vec::new();
        let mut listed = Vec::new();
        for n in 0..trail.logs {
            let unique = format!("{}h{hour}n{n}", if trail.backfill { "late" } else { "" });
            let key = trail.log_key(hour, 5 + 50 * n as u32 / trail.logs as u32, &unique);
            let text = json!({"Records": [{"eventID": key, "eventTime": at(hour)}]}).to_string();
            self.put(&key, &gz(text.as_bytes()), json!({}));
            listed.push(json!({
                "s3Bucket": BUCKET, "s3Object": key,
                "hashValue": sha256(text.as_bytes()), "hashAlgorithm": "SHA-256",
                "newestEventTime": at(hour), "oldestEventTime": at(hour),
            }));
            logs.push(key);
        }
        let key = trail.digest_key(hour);
        let before = |name: &str| trail.previous.as_ref().map(|p| p[name].clone());
        let mut digest = json!({
            "awsAccountId": trail.account,
            "digestStartTime": at(hour), "digestEndTime": at(hour + 1),
            "digestS3Bucket": BUCKET, "digestS3Object": key,
            "digestPublicKeyFingerprint": trail.signer.fingerprint(),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": at(hour), "oldestEventTime": at(hour),
            "previousDigestS3Bucket": before("bucket"), "previousDigestS3Object": before("key"),
            "previousDigestHashValue": before("hash"),
            "previousDigestHashAlgorithm": before("hash").map(|_| "SHA-256"),
            "previousDigestSignature": before("signature"),
            "logFiles": listed,
        });
        edit(&mut digest);
        let text = digest.to_string();
        let hash = sha256(text.as_bytes());
        let previous = before("signature").unwrap_or("null".into());
        let end = at(hour + 1);
        let signed = format!("{end}\n{BUCKET}/{key}\n{hash}\n{}", previous.as_str().unwrap());
        let signature = trail.signer.sign(&signed);
        let mut metadata = json!({"signature": signature, "signature-algorithm": "SHA256withRSA"});
        if trail.backfill {
            metadata["backfill-generation-timestamp"] = at(hour + 9).into();
        }
        self.put(&key, &gz(text.as_bytes()), metadata);
        trail.previous =
            Some(json!({"bucket": BUCKET, "key": key, "hash": hash, "signature": signature}));
        Hour { digest: key, logs }
    }

    /// Writes an object, and a line for it.
    pub fn put(&mut self, key: &str, body: &[u8], metadata: Value) {
        write(&self.path(key), body);
        self.objects.push(json!({
            "bucket": BUCKET, "key": key, "version_id": null, "etag": "\"0\"", "size": body.len(),
            "last_modified": "2026-11-21T00:00:00Z", "metadata": metadata,
            "sha256": sha256(body), "file": key,
        }));
    }

    /// Writes `objects.jsonl` with the lines there are.
    pub fn write_objects(&self) {
        let lines: String = self.objects.iter().map(|line| format!("{line}\n")).collect();
        write(&self.path("objects.jsonl"), lines.as_bytes());
    }

    pub fn write_keys(&self, signer: &Signer, region: &str) {
        let path = self.path(&format!("cloudtrail-public-keys-{region}.json"));
        write(&path, signer.answer(region).to_string().as_bytes());
    }

    pub fn remove(&self, key: &str) {
        fs::remove_file(self.path(key)).unwrap();
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
