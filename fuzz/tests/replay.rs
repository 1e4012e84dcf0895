//! Every corpus as it is, and two thousand cases made of it, the same in every run.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, fs};

use volly_fuzz::{
    TARGETS, Target, Verdict,
    campaign::{self, Failure, Outcome},
    corpus,
};

const SEED: u64 = 1;
const CASES: u64 = 2_000;

/// All that is committed: it comes with every clone.
const MAX_CORPUS_BYTES: usize = 500_000;

/// A test for each target, so that they run beside each other.
macro_rules! replays {
    ($($target:ident)*) => {
        const REPLAYED: &[&str] = &[$(stringify!($target)),*];

        $(#[test]
        fn $target() {
            replay(stringify!($target));
        })*
    };
}

replays! {
    identity_key device_certificate prekey_bundle prekey_message initiator enclosed ratchet_header
    padding content invite_link invite_record presence_record mailbox_request mailbox_frame
    mailbox_record replica_ask replica_hello stream_frames direct_frame device prekeys session rows
    wrapped_key backup backup_rows stun_request ice_check channel_control data_channel rpc_frame bootstrap recovery_phrase handshake two_parties
}

fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let files = corpus::read(name).unwrap();
    for (file, bytes) in &files {
        let verdict = Outcome::default().take(target, bytes).unwrap_or_else(|f| fail(target, &f));
        let expected =
            if file.starts_with(corpus::REFUSED) { Verdict::Refused } else { Verdict::Accepted };
        assert_eq!(verdict, expected, "corpus/{name}/{file}");
    }
    let seeds: Vec<_> = files.into_iter().map(|(_, bytes)| bytes).collect();
    let outcome =
        campaign::run(target, &seeds, SEED, CASES).unwrap_or_else(|failure| fail(target, &failure));
    assert_eq!(outcome.cases, CASES + u64::try_from(seeds.len()).unwrap());
}

fn fail(target: &Target, failure: &Failure) -> ! {
    let Failure { input, why } = failure;
    let shown = input.get(..256).unwrap_or(input);
    panic!(
        "{}: {why}; {} bytes: {shown:02x?}; npm run fuzz -- --only {} --cases {CASES} --seed {SEED}",
        target.name,
        input.len(),
        target.name,
    );
}

#[test]
fn every_target_has_a_corpus_of_both_kinds_and_a_replay() {
    let names: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names.len(), TARGETS.len());
    assert_eq!(names, REPLAYED.iter().copied().collect());
    let folders: BTreeSet<String> = fs::read_dir(corpus::folder(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, names.iter().map(|name| (*name).to_owned()).collect());
    let mut total = 0;
    for name in names {
        let files = corpus::read(name).unwrap();
        let refused = files.iter().filter(|(file, _)| file.starts_with(corpus::REFUSED)).count();
        assert!(refused > 0 && refused < files.len(), "{name}");
        total += files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    }
    assert!(total <= MAX_CORPUS_BYTES, "{total} bytes");
}

#[test]
fn a_target_that_panics_or_is_slow_fails() {
    let panics = Target {
        name: "panics",
        run: |bytes| {
            assert!(bytes.len() != 3, "three bytes");
            Verdict::Refused
        },
    };
    let failure = campaign::run(&panics, &[vec![0; 8]], SEED, CASES).unwrap_err();
    assert_eq!((failure.input.len(), failure.why.as_str()), (3, "three bytes"));
    let toils = Target {
        name: "toils",
        run: |_| {
            let end = campaign::processor_time() + campaign::CASE_LIMIT * 2;
            while campaign::processor_time() < end {}
            Verdict::Refused
        },
    };
    assert!(campaign::run(&toils, &[vec![]], SEED, 0).is_err());
}
