//! What the static binary that `make` builds does without: a fifth of its size, with what `lean.ld` leaves out.
//!
//! The standard library is linked as it comes, with parts that nobody can see at work here: a panic is silent and ends the
//! process, so nothing prints a backtrace, and nothing unwinds. Two functions of the C runtime lead to those parts. Defined here
//! first, they lead nowhere, and the linker leaves out what was behind them. `cargo build` alone does not use this file.

#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};

/// Ends every backtrace before its first frame (`_URC_END_OF_STACK` of the Itanium C++ ABI): 204 kB of symbolisation.
// SAFETY: the signature is the ABI's. Reporting the end of the stack without a call of the callback is one of its outcomes.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(_callback: *const c_void, _argument: *mut c_void) -> c_int {
    const END_OF_STACK: c_int = 5;
    END_OF_STACK
}

/// Ends the process where a panic would be passed on to a caller, which `panic = "abort"` lets none do: 55 kB that read the
/// tables that `lean.ld` leaves out.
// SAFETY: the signature is the ABI's. It does not return.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume(_exception: *mut c_void) -> ! {
    docglow_telemetry::platform::process::end()
}

/// Knows no host: the C library's resolver, which minreq would use for a host name. It is only ever given an address.
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

/// Frees nothing, as there is never anything to free.
// SAFETY: the signature is that of POSIX.
#[unsafe(no_mangle)]
extern "C" fn freeaddrinfo(_found: *mut c_void) {}
