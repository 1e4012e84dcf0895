//! Has the relay built again when the app is, and makes the folder that the app is embedded from,
//! for cargo can only watch what is there.

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=../dist");
    std::fs::create_dir_all("../dist")
}
