#![no_main]

#[path = "../properties/mod.rs"]
#[allow(dead_code)] // each target runs one of the properties
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::proxy_url::check(data));
