//! Coverage: starts, gaps, several trails in one tree.

use super::*;

#[test]
fn an_export_that_begins_in_the_middle_says_so_and_is_valid() {
    let scene = Scene::new();
    for hour in &scene.hours[..2] {
        scene.export.remove(&hour.digest);
        hour.logs.iter().for_each(|log| scene.export.remove(log));
    }
    let v = scene.verify();
    assert_eq!((kinds(&v), v.verdict()), (vec![], Verdict::Valid));
    assert_eq!((v.chains[0].start, v.chains[0].digests.signed), (Start::EarlierNotHere, 3));
}

#[test]
fn a_restart_leaves_a_gap_without_an_attacker() {
    let signer = Signer::one();
    let scene = Scene::with(|export| {
        export.write_keys(&signer, "us-east-1");
        let mut trail = Trail::new(&signer);
        let mut hours = export.deliver(&mut trail, 0..2);
        // Validation was switched off, and on again.
        trail.previous = None;
        hours.extend(export.deliver(&mut trail, 5..7));
        export.write_objects();
        hours
    });
    let v = scene.verify();
    assert_eq!((kinds(&v), v.verdict()), (vec![], Verdict::Incomplete));
    let [gap] = &v.chains[0].gaps[..] else { panic!("{v:?}") };
    assert_eq!((gap.seconds, gap.cause), (3 * 3600, Cause::Off));
    assert_eq!(v.chains[0].digests.signed, 4);
}

#[test]
fn a_hole_in_an_unbroken_chain_is_a_gap_too() {
    let signer = Signer::one();
    let scene = Scene::with(|export| {
        export.write_keys(&signer, "us-east-1");
        let mut trail = Trail::new(&signer);
        let mut hours = export.deliver(&mut trail, 0..2);
        hours.extend(export.deliver(&mut trail, 3..4));
        export.write_objects();
        hours
    });
    let v = scene.verify();
    let gaps: Vec<_> = v.chains[0].gaps.iter().map(|g| (g.seconds, g.cause)).collect();
    assert_eq!((kinds(&v), gaps), (vec![], vec![(3600, Cause::Unexplained)]));
}

#[test]
fn trails_accounts_regions_and_organizations_are_verified_in_one_run() {
    let (one, two) = (Signer::one(), Signer::two());
    let scene = Scene::with(|export| {
        export.write_keys(&one, "us-east-1");
        export.write_keys(&two, "eu-west-1");
        let trails = [
            Trail::new(&one),
            Trail { name: "second", ..Trail::new(&one) },
            Trail { region: "eu-west-1", ..Trail::new(&two) },
            Trail { account: "444455556666", prefix: "some/prefix/", ..Trail::new(&one) },
            Trail { account: "444455556666", organization: "o-abc123/", ..Trail::new(&one) },
        ];
        let hours = trails.into_iter().flat_map(|mut t| export.deliver(&mut t, 0..3)).collect();
        export.write_objects();
        hours
    });
    let v = scene.verify();
    assert_eq!((kinds(&v), v.verdict()), (vec![], Verdict::Valid));
    let ids: Vec<_> = v.chains.iter().map(|c| &c.id).collect();
    let id = |c: &&ChainId| format!("{} {} {} {:?}", c.account, c.region, c.trail, c.organization);
    let ids: Vec<String> = ids.iter().map(id).collect();
    assert_eq!(
        ids,
        [
            "111122223333 eu-west-1 main_trail None",
            "111122223333 us-east-1 main_trail None",
            "111122223333 us-east-1 second None",
            "444455556666 us-east-1 main_trail None",
            "444455556666 us-east-1 main_trail Some(\"o-abc123\")",
        ]
    );
    assert!(v.chains.iter().all(|c| c.logs == log_counts(6, 6, 0, 0) && c.digests.signed == 3));
    // Damage is reported for the damaged chain only.
    scene.export.remove(&scene.hours[7].digest);
    let v = scene.verify();
    assert_eq!(problems_of(&v)[0], (Kind::DigestMissing, s3(&scene.hours[7].digest)));
    let gaps: Vec<usize> = v.chains.iter().map(|c| c.gaps.len()).collect();
    assert_eq!(gaps, [1, 0, 0, 0, 0]);
}

#[test]
fn a_trail_that_becomes_an_organization_trail_continues() {
    let signer = Signer::one();
    let scene = Scene::with(|export| {
        export.write_keys(&signer, "us-east-1");
        let mut trail = Trail::new(&signer);
        let mut hours = export.deliver(&mut trail, 0..2);
        trail.organization = "o-abc123/";
        hours.extend(export.deliver(&mut trail, 2..4));
        export.write_objects();
        hours
    });
    let v = scene.verify();
    assert_eq!((kinds(&v), v.verdict()), (vec![], Verdict::Valid));
    assert_eq!((v.chains[0].start, v.chains[1].start), (Start::Starting, Start::Continues));
    assert_eq!(v.chains[0].head, Head::Signed);
}

/// Late log files of hours 1 to 3, in a backfill chain next to the ordinary one.
fn backfilled() -> Scene {
    let signer = Signer::one();
    Scene::with(|export| {
        export.write_keys(&signer, "us-east-1");
        export.deliver(&mut Trail::new(&signer), 0..5);
        let mut late = Trail { backfill: true, ..Trail::new(&signer) };
        let hours = [1, 2, 3].map(|hour| export.hour(&mut late, hour, |_| {}));
        export.write_objects();
        hours.to_vec()
    })
}

#[test]
fn backfill_digests_are_a_chain_of_their_own() {
    let scene = backfilled();
    let v = scene.verify();
    assert_eq!((kinds(&v), v.verdict()), (vec![], Verdict::Valid));
    let chains: Vec<_> = v.chains.iter().map(|c| (c.id.backfill, c.digests.signed)).collect();
    assert_eq!(chains, [(false, 5), (true, 3)]);
    scene.export.remove(&scene.hours[1].digest);
    let v = scene.verify();
    assert_eq!(problems_of(&v)[0], (Kind::DigestMissing, s3(&scene.hours[1].digest)));
    assert_eq!((v.chains[0].gaps.len(), v.chains[1].gaps.len()), (0, 1));
}

#[test]
fn a_backfill_digest_needs_its_generation_time() {
    let mut scene = backfilled();
    let digest = scene.hours[2].digest.clone();
    scene.export.set_metadata(&digest, "backfill-generation-timestamp", serde_json::Value::Null);
    assert_eq!(problems_of(&scene.verify()), [(Kind::BackfillUndated, scene.path(&digest))]);
}

#[test]
fn backfill_digests_need_not_come_every_hour() {
    let signer = Signer::one();
    let scene = Scene::with(|export| {
        export.write_keys(&signer, "us-east-1");
        let mut late = Trail { backfill: true, ..Trail::new(&signer) };
        let hours = [1, 4].map(|hour| export.hour(&mut late, hour, |_| {}));
        export.write_objects();
        hours.to_vec()
    });
    let v = scene.verify();
    assert_eq!((kinds(&v), v.chains[0].gaps.len()), (vec![], 0));
}

#[test]
fn an_empty_hour_is_covered() {
    let signer = Signer::one();
    let scene = Scene::with(|export| {
        export.write_keys(&signer, "us-east-1");
        let hours = export.deliver(&mut Trail { logs: 0, ..Trail::new(&signer) }, 0..3);
        export.write_objects();
        hours
    });
    let v = scene.verify();
    assert_eq!((v.verdict(), v.chains[0].logs.listed), (Verdict::Valid, 0));
}
