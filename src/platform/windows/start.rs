//! The start of the program, by the C runtime alone, as on other systems.

/// Makes a function of the arguments behind the program's name what this program does. The exit status is 0.
#[macro_export]
macro_rules! program {
    ($run:path) => {
        // SAFETY: the name and the signature are those that the C runtime calls, once; it minds no argument that is not taken.
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        extern "C" fn main() -> std::ffi::c_int {
            $run(std::env::args_os().skip(1).collect());
            $crate::platform::process::end()
        }
    };
}
