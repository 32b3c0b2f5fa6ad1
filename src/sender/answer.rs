//! The part of an HTTP answer that the sender needs: the status, and the target of a redirect.

use std::io::{BufRead, BufReader, ErrorKind, Write};

use crate::sender::failure::Failure;
use crate::sender::head::Head;
use crate::sender::stream::Stream;

/// The limit for the head of an answer, the same as curl's. The body is never read.
const MAX_HEAD_BYTES: usize = 300 << 10;

/// The answer to one request.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
}

impl Answer {
    /// Sends a whole request, and reads the answer.
    ///
    /// # Errors
    /// `Failure::NoHttp`, and those of writing and reading.
    pub fn exchange(request: &[u8], mut stream: Stream) -> Result<Answer, Failure> {
        // A server may answer before it has read the request, and close.
        let written = stream.write_all(request).and_then(|()| stream.flush());
        let answer = Answer::read(&mut BufReader::new(stream));
        answer.map_err(|failure| written.err().map_or(failure, Failure::Io))
    }

    /// Reads the head of the final answer, after any interim ones (RFC 9110 §15.2).
    ///
    /// # Errors
    /// `Failure::NoHttp`, and those of reading.
    pub fn read(stream: &mut dyn BufRead) -> Result<Answer, Failure> {
        loop {
            let head = Head::read(stream, MAX_HEAD_BYTES).map_err(|error| match error.kind() {
                ErrorKind::InvalidData => Failure::NoHttp,
                _ => Failure::Io(error),
            })?;
            match head.status().ok_or(Failure::NoHttp)? {
                100 | 102..=199 => {}
                status => return Ok(Answer { status, location: head.location() }),
            }
        }
    }

    /// The same answer as the shortest head that minreq accepts.
    pub fn to_head(&self) -> String {
        let location = self.location.as_ref().map(|url| format!("Location: {url}\r\n"));
        format!("HTTP/1.1 {} \r\n{}\r\n", self.status, location.unwrap_or_default())
    }
}
