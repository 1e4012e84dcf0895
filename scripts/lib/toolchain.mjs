// Finds or makes a Rust toolchain that builds for wasm32-unknown-unknown.
//
// Most machines: rustup's toolchain with its target added. Where rustup is missing or cannot download: the compiler
// packaged by Debian (`rustc-web`) with a standard library that is built once from Debian's source, into .volly/.
// Either way the result is the environment the wasm builds run in; native builds never see it.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { aptInstall, hasApt } from './debian.mjs';
import { local, root, wasmTarget } from './paths.mjs';
import { Failure, ask, run, step } from './run.mjs';

const TARGET = 'wasm32-unknown-unknown';
const RUSTUP_TIMEOUT_MS = 120_000;
const RUST = 'https://rustup.rs';

/** @typedef {Record<string, string>} Env */

const minimumRust = () => readFileSync(join(root, 'Cargo.toml'), 'utf8').match(/rust-version = "([\d.]+)"/)[1];

/** @param {string} command @returns {string | undefined} like 1.96.0 */
const rustVersion = (command) => ask(command, ['--version'])?.match(/\d+\.\d+\.\d+/)?.[0];

/** @param {string | undefined} version */
function isRecent(version) {
  if (!version) return false;
  const [have, want] = [version, minimumRust()].map((text) => text.split('.').map(Number));
  return have[0] > want[0] || (have[0] === want[0] && have[1] >= want[1]);
}

/** Fails unless the native toolchain is there and recent. */
export function checkRust() {
  const version = rustVersion('rustc');
  if (!version || !ask('cargo', ['--version'])) {
    throw new Failure(`Rust is missing. Install it from ${RUST}, open a new terminal and start again:\n\n  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh`);
  }
  if (!isRecent(version)) throw new Failure(`Rust ${version} is too old, ${minimumRust()} is needed. Run:\n\n  rustup update stable`);
}

/** @param {string | undefined} folder */
const hasStd = (folder) => Boolean(folder) && existsSync(folder) && readdirSync(folder).some((name) => /^libstd-.*\.rlib$/.test(name));

/** @param {string} rustc */
const targetFolder = (rustc) => ask(rustc, ['--print', 'target-libdir', '--target', TARGET]);

const debianEnv = { PATH: `/usr/bin${delimiter}${process.env.PATH}`, RUSTC: '/usr/bin/rustc' };
const sysroot = join(local, 'sysroot');
const sysrootLib = join(sysroot, 'lib', 'rustlib', TARGET, 'lib');
const sysrootVersion = join(sysroot, 'rustc-version');

/** Debian's toolchain, when it can build for the target already. @returns {Env | undefined} */
function debianToolchain() {
  const version = rustVersion('/usr/bin/rustc');
  if (!isRecent(version) || !existsSync('/usr/bin/cargo') || !existsSync('/usr/bin/rust-lld')) return undefined;
  if (hasStd(targetFolder('/usr/bin/rustc'))) return debianEnv;
  const ours = existsSync(sysrootVersion) && readFileSync(sysrootVersion, 'utf8') === version && hasStd(sysrootLib);
  // Only code for the target sees this sysroot: build scripts and macros keep the compiler's own.
  return ours ? { ...debianEnv, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: `--sysroot=${sysroot}` } : undefined;
}

/** Installs the packages, then builds std into .volly/sysroot, where no rights are needed. @returns {Promise<Env>} */
async function makeDebianToolchain() {
  const packages = ['rustc-web', 'cargo-web', 'rust-web-src', 'rust-web-llvm', 'rust-web-clippy'];
  const purpose = `Rust's ${TARGET} target is missing, rustup cannot fetch it, and Debian's compiler can build it`;
  await aptInstall(packages, purpose);
  // rust-lld is a link into an LLVM package that rustc-web only recommends; without it nothing links.
  const lld = ask('readlink', ['/usr/bin/rust-lld'])?.match(/llvm-(\d+)/)?.[1];
  if (lld) await aptInstall([`lld-${lld}`], purpose);
  return debianToolchain() ?? (await buildStd(), debianToolchain()) ?? fail();
}

async function buildStd() {
  const crate = join(local, 'std-build');
  rmSync(crate, { recursive: true, force: true });
  mkdirSync(join(crate, 'src'), { recursive: true });
  writeFileSync(join(crate, 'Cargo.toml'), '[package]\nname = "empty"\nedition = "2024"\n[workspace]\n');
  writeFileSync(join(crate, 'src', 'lib.rs'), '#![no_std]\n');
  const env = {
    ...debianEnv,
    RUSTC_BOOTSTRAP: '1',
    // Without these two, crates would see a std of another identity, and LTO one without bitcode.
    __CARGO_DEFAULT_LIB_METADATA: 'stablestd',
    RUSTFLAGS: '-Cembed-bitcode=yes',
    CARGO_TARGET_DIR: join(crate, 'target'),
  };
  const args = ['build', '--release', '-Zbuild-std=std,panic_abort,proc_macro,test', '--target', TARGET];
  await run('build-std', '/usr/bin/cargo', args, { env, cwd: crate });
  const built = join(crate, 'target', TARGET, 'release', 'deps');
  rmSync(sysroot, { recursive: true, force: true });
  mkdirSync(sysrootLib, { recursive: true });
  for (const name of readdirSync(built).filter((file) => file.endsWith('.rlib') && !file.startsWith('libempty-'))) {
    cpSync(join(built, name), join(sysrootLib, basename(name)));
  }
  writeFileSync(sysrootVersion, rustVersion('/usr/bin/rustc'));
  rmSync(crate, { recursive: true, force: true });
  // Cargo does not notice that std is another one.
  rmSync(wasmTarget, { recursive: true, force: true });
}

function fail() {
  throw new Failure(`No Rust toolchain for ${TARGET} could be set up. By hand:\n\n  rustup target add ${TARGET}`);
}

/** The environment for wasm builds; sets up what is missing. @returns {Promise<Env>} */
export async function wasmToolchain() {
  const found = () => (hasStd(targetFolder('rustc')) ? {} : debianToolchain());
  const ready = found();
  if (ready) return ready;
  if (ask('rustup', ['--version'])) {
    await step(`Add Rust's ${TARGET} target with rustup (up to 2 min)`, () =>
      run('rustup-target', 'rustup', ['target', 'add', TARGET], { timeout: RUSTUP_TIMEOUT_MS, mayFail: true }));
    if (hasStd(targetFolder('rustc'))) return {};
  }
  if (!hasApt()) fail();
  return step(`Take the ${TARGET} target from Debian instead (about 2 min)`, makeDebianToolchain);
}
