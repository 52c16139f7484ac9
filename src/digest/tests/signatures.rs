//! Signatures, public keys, and verification without them.

use std::fs;

use super::*;

#[test]
fn a_swapped_signature_fails() {
    let mut scene = Scene::new();
    let other = scene.export.signature_of(&scene.hours[3].digest);
    scene.export.set_metadata(&scene.hours[4].digest, "signature", other);
    let v = scene.verify();
    assert_eq!(problems_of(&v)[0], (Kind::DigestSignature, scene.path(&scene.hours[4].digest)));
    assert_eq!(v.verdict(), Verdict::Invalid);
    assert_eq!((v.chains[0].digests.invalid, v.chains[0].logs.listed), (1, 8));
    assert_eq!(v.chains[0].to.map(crate::clock::rfc3339).as_deref(), Some("2026-11-01T04:01:31Z"));
}

#[test]
fn changed_metadata_is_found_although_the_next_digest_has_the_signature() {
    let mut scene = Scene::new();
    scene.export.set_metadata(&scene.hours[2].digest, "signature", "abc".into());
    let v = scene.verify();
    assert_eq!(problems_of(&v), [(Kind::DigestSignature, scene.path(&scene.hours[2].digest))]);
    assert_eq!((v.chains[0].digests.signed, v.chains[0].logs.valid), (5, 10));
}

#[test]
fn without_metadata_only_the_head_is_not_signed_for() {
    let scene = Scene::plain();
    let v = scene.verify();
    assert_eq!(problems_of(&v), [(Kind::HeadUnsigned, scene.path(&scene.hours[4].digest))]);
    assert!(v.problems[0].detail.starts_with("signature not checked: it is in"));
    let chain = &v.chains[0];
    assert_eq!(
        (chain.head, chain.digests.signed, chain.digests.unsigned),
        (Head::NoSignature, 4, 1)
    );
    assert_eq!((chain.logs.valid, chain.logs.valid_unsigned), (10, 2));
    assert_eq!(v.verdict(), Verdict::Incomplete);
}

#[test]
fn metadata_counts_without_the_collected_file() {
    let mut scene = Scene::new();
    for line in &mut scene.export.objects {
        line.as_object_mut().unwrap().remove("file");
    }
    scene.export.write_objects();
    assert_eq!(kinds(&scene.verify()), []);
}

#[test]
fn of_two_versions_of_an_object_neither_is_preferred() {
    let mut scene = Scene::new();
    let other = scene.export.signature_of(&scene.hours[0].digest);
    let newest = scene.export.objects.last().unwrap().clone();
    let twice = |second: Value| {
        let mut lines = vec![newest.clone(), newest.clone()];
        lines[1]["metadata"]["signature"] = second;
        for line in &mut lines {
            line.as_object_mut().unwrap().remove("file");
        }
        lines
    };
    scene.export.objects = twice(other);
    scene.export.write_objects();
    assert_eq!(kinds(&scene.verify()), [Kind::HeadUnsigned]);
    scene.export.objects = twice(newest["metadata"]["signature"].clone());
    scene.export.write_objects();
    assert_eq!(kinds(&scene.verify()), []);
}

#[test]
fn without_keys_hashes_and_the_chain_are_checked() {
    let scene = Scene::new();
    scene.export.remove("cloudtrail-public-keys-us-east-1.json");
    let v = scene.verify();
    assert_eq!(kinds(&v), [Kind::NoKeys]);
    let chain = &v.chains[0];
    assert_eq!((chain.head, chain.digests.unsigned), (Head::NotChecked, 5));
    assert_eq!((chain.logs.valid, chain.logs.valid_unsigned), (10, 10));
    assert_eq!(v.verdict(), Verdict::Incomplete);
}

#[test]
fn keys_of_another_region_do_not_count() {
    let scene = Scene::new();
    scene.export.remove("cloudtrail-public-keys-us-east-1.json");
    scene.export.write_keys(&Signer::one(), "eu-west-1");
    let v = scene.verify();
    assert_eq!(kinds(&v), [Kind::KeyNotFound]);
    let says = &v.problems[0].detail;
    let fingerprint = Signer::one().fingerprint();
    assert!(says.contains(&format!("in region us-east-1 for fingerprint {fingerprint}")), "{says}");
    assert!(says.contains("5 digests"), "{says}");
    let mut answer = Signer::one().answer("us-east-1");
    answer.as_object_mut().unwrap().remove("Region");
    let anywhere = serde_json::to_vec(&answer).unwrap();
    fs::write(scene.export.path("cloudtrail-public-keys.json"), anywhere).unwrap();
    assert_eq!(kinds(&scene.verify()), [], "a key without a region is one of any");
}

#[test]
fn given_keys_replace_those_in_the_tree() {
    let scene = Scene::new();
    let mut keys = Keys::default();
    keys.add("given.json", Signer::two().answer("us-east-1").to_string().as_bytes());
    let v = scene.verify_with(Some(keys));
    assert_eq!(kinds(&v), [Kind::KeyNotFound]);
    assert_eq!(v.key_files, ["given.json"]);
}

#[test]
fn a_forged_chain_fails_under_the_true_key() {
    // Signed with another key, but with the true key's fingerprint.
    let (forger, named) = (Signer::two(), Signer::one().fingerprint());
    let scene = Scene::with(|export| {
        export.write_keys(&Signer::one(), "us-east-1");
        let mut trail = Trail::new(&forger);
        let name = |d: &mut serde_json::Value| {
            d["digestPublicKeyFingerprint"] = named.clone().into();
        };
        let hours = (0..2).map(|h| export.hour(&mut trail, h, name)).collect();
        export.write_objects();
        hours
    });
    let v = scene.verify();
    let failed = kinds(&v).iter().filter(|k| **k == Kind::DigestSignature).count();
    assert_eq!((failed, v.chains[0].digests.invalid, v.chains[0].logs.listed), (2, 2, 0));
    assert_eq!(v.chains[0].head, Head::Invalid);
}

#[test]
fn keys_in_both_forms_are_accepted() {
    let signer = Signer { spki: true, ..Signer::one() };
    let scene = Scene::with(|export| {
        export.write_keys(&signer, "us-east-1");
        let hours = export.deliver(&mut Trail::new(&signer), 0..3);
        export.write_objects();
        hours
    });
    assert_eq!(kinds(&scene.verify()), []);
}

#[test]
fn a_file_may_contain_several_responses() {
    let (one, two) = (Signer::one(), Signer::two());
    let both = format!("{}\n{}", one.answer("us-east-1"), two.answer("eu-west-1"));
    let mut keys = Keys::default();
    keys.add("both.json", both.as_bytes());
    assert_eq!((keys.len(), keys.problems.len()), (2, 0));
}

#[test]
fn unusable_keys_are_reported_and_not_taken_for_forgery() {
    let answer = Signer::one().answer("us-east-1");
    let with = |value: &str| {
        let scene = Scene::new();
        let mut answer = answer.clone();
        answer["PublicKeyList"][0]["Value"] = value.into();
        scene.export.remove("cloudtrail-public-keys-us-east-1.json");
        let text = answer.to_string();
        fs::write(scene.export.path("cloudtrail-public-keys-x.json"), text).unwrap();
        let v = scene.verify();
        assert_eq!(v.verdict(), Verdict::Incomplete, "{value}");
        v.problems.iter().map(|p| p.detail.clone()).collect::<Vec<_>>().join("\n")
    };
    assert!(with("!").contains("not base64"));
    assert!(with("AAAA").contains("not a PKCS #1 key"));
    let other = Signer::two().answer("us-east-1")["PublicKeyList"][0]["Value"].clone();
    let says = with(other.as_str().unwrap());
    assert!(says.contains("the fingerprint") && says.contains("does not match its key"), "{says}");
    let short = "MIGJAoGBALsPWr6Dn3qAN8N8b2DM81/9CkvOBidfX8q4iQ8ZR3pbeYoOZnxsoWAFZp0vtTjcPHrAKasr5mnd6efuFuKc\
        kus6MpE+YQpYT0CmU4+VIjJvuUDsIAGVj9qQFIGHDYNbCweppKcS3rj1210iFfvriRj4qmlubxCEUG3eDmirdAzVAgMBAAE=";
    assert!(with(short).contains("unsupported size of 1024 bits"));
    let scene = Scene::new();
    fs::write(scene.export.path("cloudtrail-public-keys-y.json"), "[]").unwrap();
    let v = scene.verify();
    assert_eq!(kinds(&v), [Kind::KeyUnusable]);
    assert!(v.problems[0].detail.contains("not a ListPublicKeys response"));
}

/// The keys that the AWS page *Custom implementations of CloudTrail log file integrity validation* shows.
#[test]
fn the_fingerprints_of_the_documented_keys_are_the_md5_of_their_value() {
    let pkcs1 = "MIIBCgKCAQEAn11L2YZ9h7onug2ILi1MWyHiMRsTQjfWE+pHVRLk1QjfWhirG+lpOa8NrwQ/r7Ah5bNL6Hepzn\
        OU9XTDSfmmnP97mqyc7z/upfZdS/AHhYcGaz7n6Wc/RRBU6VmiPCrAUojuSk6/GjvA8iOPFsYDuBtviXarvuLPlrT9kAd4Lb+r\
        FfR5peEgBEkhlzc5HuWO7S0y+KunqxX6jQBnXGMtxmPBPP0FylgWGNdFtks/4YSKcgqwH0YDcawP9GGGDAeCIqPWIXDLG1jOjR\
        RzWfCmD0iJUkz8vTsn4hq/5ZxRFE7UBAUiVcGbdnDdvVfhF9C3dQiDq3k7adQIziLT0cShgQIDAQAB";
    let spki = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqlzPJbvZJ42UdcmLfPUqXYNfOs6I8lCfao/tOs8CmzP\
        OEdtLWugB9xoIUz78qVHdKIqxbaG4jWHfJBiOSSFBM0lt8cdVo4TnRa7oG9io5pysS6DJhBBAeXsicufsiFJR+wrUNh8RSLxL4\
        k6G1+BhLX20tJkZ/erT97tDGBujAelqseGg3vPZbTx9SMfOLN65PdLFudLP7Gat0Z9p5jw/rjpclKfo9Bfc3heeBxWGKwBBOKn\
        FAaN9V57pOaosCvPKmHd9bg7jsQkI9Xp22IzGLsTFJZYVA3KiTAElDMu80iFXPHEq9hKNbt9e4URFam+1utKVEiLkR2disdCmP\
        TK0VQIDAQAB";
    let answer = serde_json::json!({"publicKeyList": [
        {"Value": pkcs1, "Fingerprint": "8eba5db5bea9b640d1c96a77256fe7f2"},
        {"Value": spki, "Fingerprint": "31e8b5433410dfb61a9dc45cc65b22ff"},
    ]});
    let mut keys = Keys::default();
    keys.add("documented", answer.to_string().as_bytes());
    assert_eq!((keys.len(), &keys.problems), (2, &vec![]));
}

#[test]
fn another_signature_algorithm_is_not_reported_as_a_wrong_signature() {
    let mut scene = Scene::new();
    let digest = scene.hours[4].digest.clone();
    scene.export.set_metadata(&digest, "signature-algorithm", "SHA512withRSA".into());
    let v = scene.verify();
    assert_eq!(problems_of(&v), [(Kind::AlgorithmUnknown, scene.path(&digest))]);
}
