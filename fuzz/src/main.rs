//! Runs campaigns: `volly-fuzz CASES SEED [TARGET]`. `npm run fuzz` calls it.

use std::{fs, path::Path, process::ExitCode};

use volly_fuzz::{TARGETS, Target, campaign, corpus};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok());
    let (Some(cases), Some(seed)) = (number(), number()) else {
        eprintln!("volly-fuzz CASES SEED [TARGET]");
        return ExitCode::FAILURE;
    };
    let only = arguments.next();
    let chosen = |target: &&Target| only.as_ref().is_none_or(|name| name == target.name);
    let targets: Vec<&Target> = TARGETS.iter().filter(chosen).collect();
    if targets.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("The targets are: {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    let failed = targets.into_iter().filter(|target| !succeeds(target, seed, cases)).count();
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs one campaign and prints its line. What fails is kept in a file.
fn succeeds(target: &Target, seed: u64, cases: u64) -> bool {
    let seeds = match corpus::read(target.name) {
        Ok(files) => files.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(),
        Err(error) => {
            println!("{:18}  no corpus: {error}", target.name);
            return false;
        }
    };
    match campaign::run(target, &seeds, seed, cases) {
        Ok(outcome) => {
            let campaign::Outcome { cases, accepted, elapsed, slowest } = outcome;
            println!(
                "{:18} {cases:>10} cases {accepted:>10} accepted {:>8.1} s {:>9.0} /s  slowest {:.2} ms",
                target.name,
                elapsed.as_secs_f64(),
                outcome.rate(),
                slowest.as_secs_f64() * 1_000.0,
            );
            true
        }
        Err(campaign::Failure { input, why }) => {
            let path = Path::new("target").join(format!("fuzz-{}", target.name));
            println!("{:18} FAILED: {why}", target.name);
            match fs::create_dir_all("target").and_then(|()| fs::write(&path, &input)) {
                Ok(()) => println!("{:18} its bytes: {}", "", path.display()),
                Err(error) => println!("{:18} its bytes are not kept: {error}", ""),
            }
            false
        }
    }
}
