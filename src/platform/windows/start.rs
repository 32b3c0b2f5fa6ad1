//! The program's own `main`, which the C runtime calls, as on Unix.

/// Defines `main`. It calls a function with the program's arguments, and then ends the process with
/// the status of `platform::exit`.
#[macro_export]
macro_rules! program {
    ($run:path) => {
        // SAFETY: the C runtime calls a function of this name and result once. It may ignore its
        // arguments.
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        extern "C" fn main() -> std::ffi::c_int {
            $run(std::env::args_os().skip(1).collect());
            $crate::platform::process::end()
        }
    };
}
