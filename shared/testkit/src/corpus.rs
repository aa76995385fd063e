//! Inputs that fuzzers found worth keeping, for tests that try them again without a fuzzer.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

/// Calls a fuzz target with each input of `fuzz/corpus/<target>`, and says how many there were.
///
/// # Panics
///
/// When there is none, or when the target does.
pub fn replay(target: &str, run: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let folder = folder.join(target);
    let inputs = fs::read_dir(&folder);
    let inputs = inputs.unwrap_or_else(|fault| panic!("{}: {fault}", folder.display()));
    let mut count = 0;
    for input in inputs {
        let file = input.expect("a file of the folder").path();
        let data = fs::read(&file);
        let data = data.unwrap_or_else(|fault| panic!("{}: {fault}", file.display()));
        // Shown only where the target panics.
        println!("{}", file.display());
        run(&data);
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
    // Past the test's own output, which is shown only where it fails.
    let _ = writeln!(io::stderr(), "fuzz/corpus/{target}: {count} inputs tried");
}
