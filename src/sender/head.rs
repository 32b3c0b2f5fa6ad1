//! The head of an HTTP/1 answer that the HTTP client leaves unread: a proxy's, and the one behind an interim answer.

use std::io::{self, ErrorKind, Read};

/// Status line and headers, to the empty line behind them.
pub struct Head(Vec<u8>);

impl Head {
    /// Reads a head byte by byte: what follows it is somebody else's.
    ///
    /// # Errors
    /// `UnexpectedEof` where the stream ends before, `InvalidData` where that many bytes are no head, and those of reading.
    pub fn read(stream: &mut dyn Read, max_bytes: usize) -> io::Result<Head> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") && !bytes.ends_with(b"\n\n") {
            if bytes.len() == max_bytes {
                return Err(ErrorKind::InvalidData.into());
            }
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            bytes.extend(byte);
        }
        Ok(Head(bytes))
    }

    /// The status code; `None` where this is no HTTP/1.
    pub fn status(&self) -> Option<u16> {
        let line = self.0.strip_prefix(b"HTTP/1.")?.split(|byte| *byte == b'\n').next()?;
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let code = words.nth(1).filter(|code| code.len() == 3)?;
        str::from_utf8(code).ok()?.parse().ok().filter(|code| *code >= 100)
    }

    /// The value of the first header of this name, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self
            .0
            .split(|byte| *byte == b'\n')
            .skip(1)
            .filter_map(|line| str::from_utf8(line).ok());
        let mut headers = lines.filter_map(|line| line.split_once(':'));
        headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
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
            ("HTTP/1.1 2000 OK\r\n\r\n", None),
            ("HTTP/1.1 020 OK\r\n\r\n", None),
            ("HTTP/1.1\r\n200\r\n\r\n", None),
            ("200 200 200\r\n\r\n", None),
            ("\r\n\r\n", None),
        ] {
            assert_eq!(Head::read(&mut head.as_bytes(), LIMIT).unwrap().status(), code, "{head:?}");
        }
    }

    #[test]
    fn a_head_ends_at_the_empty_line_and_nothing_behind_it_is_read() {
        let mut stream = &b"HTTP/1.1 308 X\r\nA: b\r\nX: \xff\r\nlocation:  /c \r\n\r\nrest"[..];
        let head = Head::read(&mut stream, LIMIT).unwrap();
        assert_eq!(
            (head.status(), head.header("Location"), head.header("x")),
            (Some(308), Some("/c"), None)
        );
        assert_eq!(stream, b"rest");
        assert_eq!(
            Head::read(&mut &[b'x'; LIMIT + 1][..], LIMIT).err().map(|e| e.kind()),
            Some(ErrorKind::InvalidData)
        );
        assert_eq!(
            Head::read(&mut stream, LIMIT).err().map(|e| e.kind()),
            Some(ErrorKind::UnexpectedEof)
        );
    }
}
