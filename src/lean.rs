//! Replaces two functions of the unwinder and two of the C library's resolver, so that the linker
//! drops their code. Together with `lean.ld`, this makes the static binary a fifth smaller.
//!
//! The standard library contains code for backtraces and unwinding. This program needs neither,
//! because a panic prints no message and ends the process. The linker uses the first definition of
//! a function, so it drops all code that only the unwinder's own definitions call. Only `make` uses
//! this file; `cargo build` does not.

#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};

/// So that cargo builds the program again if the linker script has changed.
const _: &str = include_str!("lean.ld");

/// Returns an empty backtrace (`_URC_END_OF_STACK` of the Itanium C++ ABI). Saves 204 kB of code
/// that resolves symbols.
// SAFETY: the signature is the ABI's. The ABI allows this function to report the end of the stack
// without calling the callback.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(_callback: *const c_void, _argument: *mut c_void) -> c_int {
    const END_OF_STACK: c_int = 5;
    END_OF_STACK
}

/// Ends the process instead of unwinding to the caller. With `panic = "abort"`, it is never called.
/// Saves 55 kB of code that reads the tables that `lean.ld` drops.
// SAFETY: the signature is the ABI's. It does not return.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume(_exception: *mut c_void) -> ! {
    docglow_telemetry::platform::process::end()
}

/// Replaces the C library's resolver, which minreq would use for a host name. It fails for every
/// name: minreq gets only addresses.
// SAFETY: the signature is that of POSIX. A failure leaves `_found` as it is.
#[unsafe(no_mangle)]
extern "C" fn getaddrinfo(
    _host: *const c_char,
    _service: *const c_char,
    _hints: *const c_void,
    _found: *mut *mut c_void,
) -> c_int {
    const EAI_FAIL: c_int = -4;
    EAI_FAIL
}

/// Does nothing, because `getaddrinfo` above allocates no memory.
// SAFETY: the signature is that of POSIX.
#[unsafe(no_mangle)]
extern "C" fn freeaddrinfo(_found: *mut c_void) {}
