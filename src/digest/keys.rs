//! CloudTrail's public keys, from `ListPublicKeys` responses, and signature checks with them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::Deserialize;
use spki::der::asn1::UintRef;
use spki::der::{Decode, Reader, SliceReader};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

/// RFC 8017, A.1.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// Bytes of a modulus that the verifier supports: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<u32> = 256..=1024;

/// The available public keys.
#[derive(Debug, Default)]
pub struct Keys {
    keys: Vec<Key>,
    /// Names of the files that were read.
    pub files: Vec<String>,
    /// File, and the problem with it or with one of its keys.
    pub problems: Vec<(String, String)>,
}

#[derive(Debug)]
struct Key {
    fingerprint: String,
    region: Option<String>,
    /// PKCS#1 DER.
    der: Vec<u8>,
    /// The fingerprint matches the key.
    genuine: bool,
}

/// The result of checking a signature with the available keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Valid,
    Failed,
    /// No key of that region has the fingerprint.
    NoKey,
    /// The key with that fingerprint does not match the fingerprint.
    WrongKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListPublicKeysResponse {
    #[serde(alias = "publicKeyList")]
    public_key_list: Vec<Listed>,
    region: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    value: String,
    fingerprint: Option<String>,
    region: Option<String>,
}

impl Keys {
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds a file of responses: one JSON document, or several in a row. A key belongs to its own `Region`, or to that of
    /// the response; without one, to any region.
    pub fn add(&mut self, name: &str, json: &[u8]) {
        self.files.push(name.to_string());
        for answer in
            serde_json::Deserializer::from_slice(json).into_iter::<ListPublicKeysResponse>()
        {
            let answer = match answer {
                Ok(answer) => answer,
                Err(e) => {
                    let why = format!("not a ListPublicKeys response: {e}");
                    return self.problems.push((name.to_string(), why));
                }
            };
            for listed in answer.public_key_list {
                match Key::read(listed, answer.region.as_deref()) {
                    Ok(key) => {
                        if !key.genuine {
                            let why = format!(
                                "the fingerprint {} does not match its key; download the keys with ListPublicKeys again",
                                key.fingerprint
                            );
                            self.problems.push((name.to_string(), why));
                        }
                        self.keys.push(key);
                    }
                    Err(why) => self.problems.push((name.to_string(), why)),
                }
            }
        }
    }

    /// Checks a hex signature over a text. Keys are per region; keys of another region are ignored.
    pub fn check(
        &self,
        region: Option<&str>,
        fingerprint: &str,
        text: &str,
        signature: &str,
    ) -> Check {
        let here = |key: &&Key| match (&key.region, region) {
            (Some(of), Some(region)) => of == region,
            _ => true,
        };
        let named = |key: &&Key| key.fingerprint.eq_ignore_ascii_case(fingerprint);
        let mut result = Check::NoKey;
        let signature = hex::decode(signature);
        for key in self.keys.iter().filter(named).filter(here) {
            let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key.der);
            if signature.as_ref().is_ok_and(|s| public.verify(text.as_bytes(), s).is_ok()) {
                return Check::Valid;
            }
            match key.genuine {
                true => result = Check::Failed,
                false if result == Check::NoKey => result = Check::WrongKey,
                false => {}
            }
        }
        result
    }
}

impl Key {
    fn read(listed: Listed, region: Option<&str>) -> Result<Key, String> {
        let name = listed.fingerprint.as_deref().unwrap_or("no fingerprint");
        let der = BASE64_STANDARD
            .decode(listed.value.trim())
            .map_err(|e| format!("the key with {name} is not base64: {e}"))?;
        let made = hex::encode(Md5::digest(&der));
        let der =
            pkcs1(&der).map_err(|why| format!("the key with {name} cannot be used: {why}"))?;
        let fingerprint = listed.fingerprint.clone().unwrap_or_else(|| made.clone());
        // The fingerprints in AWS's documentation are the MD5 of the listed value. A fingerprint of another length is
        // computed in another way.
        let genuine = fingerprint.len() != made.len() || fingerprint.eq_ignore_ascii_case(&made);
        let region = listed.region.or_else(|| region.map(str::to_string));
        Ok(Key { fingerprint, region, der: der.to_vec(), genuine })
    }
}

/// An RSA key in PKCS#1 form. The API promises that form, but its documentation also shows a key in the X.509 form that
/// wraps it.
fn pkcs1(der: &[u8]) -> Result<&[u8], String> {
    let inner = match SubjectPublicKeyInfoRef::from_der(der) {
        Ok(spki) if spki.algorithm.oid != RSA => return Err("not an RSA key".to_string()),
        Ok(spki) => {
            spki.subject_public_key.as_bytes().ok_or("its length is not a whole number of bytes")?
        }
        Err(_) => der,
    };
    let modulus = modulus(inner).map_err(|e| format!("not a PKCS #1 key: {e}"))?;
    if !MODULUS.contains(&modulus) {
        return Err(format!("unsupported size of {} bits (expected 2048 to 8192)", modulus * 8));
    }
    Ok(inner)
}

/// Bytes of the modulus (RFC 8017, A.1.1).
fn modulus(der: &[u8]) -> spki::der::Result<u32> {
    let mut reader = SliceReader::new(der)?;
    let modulus = reader.sequence(|key| {
        let modulus = UintRef::decode(key)?;
        UintRef::decode(key)?;
        Ok(u32::from(modulus.len()))
    })?;
    reader.finish(modulus)
}
