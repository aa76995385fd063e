#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sigv4::fuzz::signature(data));
