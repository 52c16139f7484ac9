#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| incident::fuzz::lake_csv(data));
