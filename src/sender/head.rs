//! The head of an HTTP/1 answer, of a server or a proxy.

use std::fmt::Write;
use std::io::{self, ErrorKind, Read};

/// The first bytes of every head.
const BEGIN: &[u8] = b"HTTP/1.";

/// The status line and headers, up to and including the empty line.
pub struct Head(Vec<u8>);

impl Head {
    /// Reads a head, and no byte after it. The head is incomplete if the stream ends or the limit
    /// is reached.
    ///
    /// # Errors
    /// `InvalidData` if it is not HTTP/1, `UnexpectedEof` if the stream is empty, and those of
    /// reading.
    pub fn read(stream: &mut dyn Read, max_bytes: usize) -> io::Result<Head> {
        let (mut bytes, mut byte) = (Vec::new(), [0]);
        while !ends_with_empty_line(&bytes) && bytes.len() < max_bytes {
            match stream.read_exact(&mut byte) {
                Err(error) if error.kind() == ErrorKind::UnexpectedEof && !bytes.is_empty() => {
                    break;
                }
                outcome => outcome?,
            }
            bytes.extend(byte);
            // A server of another protocol may send a greeting and then wait.
            if !bytes.iter().zip(BEGIN).all(|(byte, begin)| byte == begin) {
                return Err(ErrorKind::InvalidData.into());
            }
        }
        Ok(Head(bytes))
    }

    /// Whether it ends with the empty line.
    pub fn is_whole(&self) -> bool {
        ends_with_empty_line(&self.0)
    }

    /// The status code, if the first line is a status line.
    pub fn status(&self) -> Option<u16> {
        let line = self.0.strip_prefix(BEGIN)?.split(|byte| *byte == b'\n').next()?;
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let code = words.nth(1).filter(|code| code.len() == 3)?;
        str::from_utf8(code).ok()?.parse().ok().filter(|code| *code >= 100)
    }

    /// The value of the first `Location` header, unless it is empty. Spaces and bytes that are not
    /// ASCII are escaped. Control characters stay, so that the redirect is refused. A line without
    /// a line break is ignored, because a truncated URL leads elsewhere.
    pub fn location(&self) -> Option<String> {
        let lines = self.0.split_inclusive(|byte| *byte == b'\n').skip(1);
        let mut headers = lines.filter(|line| line.ends_with(b"\n")).filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((&line[..colon], &line[colon + 1..]))
        });
        let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case(b"location"))?;
        Some(escape(value.trim_ascii())).filter(|location| !location.is_empty())
    }
}

fn ends_with_empty_line(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\r\n\r\n") || bytes.ends_with(b"\n\n")
}

/// Escapes each space, and each byte that is not ASCII, as curl does.
fn escape(url: &[u8]) -> String {
    let mut escaped = String::with_capacity(url.len());
    for byte in url {
        match byte {
            b' ' if escaped.contains('?') => escaped.push('+'),
            b' ' | 0x80.. => {
                // Writing to a String never fails.
                let _ = write!(escaped, "%{byte:02X}");
            }
            _ => escaped.push(char::from(*byte)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 64;

    #[test]
    fn a_status_is_three_digits_behind_http() {
        for (head, code) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", Some(200)),
            ("HTTP/1.0 407\r\n\r\n", Some(407)),
            ("HTTP/1.1  200  OK\n\n", Some(200)),
            ("HTTP/1.1 204 no empty line", Some(204)),
            ("HTTP/1.1 2000 OK\r\n\r\n", None),
            ("HTTP/1.1 020 OK\r\n\r\n", None),
            ("HTTP/1.1 20", None),
            ("HTTP/1.1\r\n200\r\n\r\n", None),
        ] {
            assert_eq!(Head::read(&mut head.as_bytes(), LIMIT).unwrap().status(), code, "{head:?}");
        }
    }

    #[test]
    fn a_head_ends_at_the_empty_line_and_nothing_behind_it_is_read() {
        let mut stream = &b"HTTP/1.1 308 X\r\nX: \xff\r\nlocation:  /c \r\n\r\nrest"[..];
        let head = Head::read(&mut stream, LIMIT).unwrap();
        assert_eq!((head.status(), head.location().as_deref()), (Some(308), Some("/c")));
        assert_eq!((head.is_whole(), stream), (true, &b"rest"[..]));
        let long = format!("HTTP/1.1 204 {}\n\n", "x".repeat(LIMIT));
        let head = Head::read(&mut long.as_bytes(), LIMIT).unwrap();
        assert_eq!((head.is_whole(), head.status()), (false, Some(204)));
        for (bytes, kind) in [
            (&b"SSH-2.0-OpenSSH_9.6\r\n"[..], ErrorKind::InvalidData),
            (b"\r\n\r\n", ErrorKind::InvalidData),
            (b"", ErrorKind::UnexpectedEof),
        ] {
            assert_eq!(Head::read(&mut &*bytes, LIMIT).err().map(|e| e.kind()), Some(kind));
        }
    }

    #[test]
    fn a_location_is_escaped_as_curl_escapes_it() {
        for (value, location) in [
            (&b"/a b?c d"[..], "/a%20b?c+d"),
            (b"/caf\xe9", "/caf%E9"),
            ("/caf\u{e9}".as_bytes(), "/caf%C3%A9"),
            (b"http://a:1/b:c", "http://a:1/b:c"),
            (b"a\tb", "a\tb"),
        ] {
            let head =
                [b"HTTP/1.1 307 X\r\nLocation: ", value, b"\r\nLocation: no\r\n\r\n"].concat();
            let head = Head::read(&mut &head[..], head.len()).unwrap();
            assert_eq!(head.location().as_deref(), Some(location));
        }
        for none in [
            &b"HTTP/1.1 307 X\r\nlocation\r\n\r\n"[..],
            b"HTTP/1.1 307 X\r\nLocation: /a",
            b"HTTP/1.1 307 X\r\nLocation: \r\n\r\n",
        ] {
            assert_eq!(Head::read(&mut &*none, LIMIT).unwrap().location(), None);
        }
    }
}
