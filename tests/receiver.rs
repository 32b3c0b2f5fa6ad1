//! The loopback receiver of `make demo`. It prints its URL and then the request that arrives. It
//! exits after one request or 5 s.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(5);

/// A demo's request is below 1 KiB. A larger one is cut.
const BODY_LIMIT_BYTES: usize = 64 * 1024;

fn main() -> std::io::Result<ExitCode> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}/v1/telemetry/events", listener.local_addr()?);
    std::io::stdout().flush()?;
    let (sender, arrived) = mpsc::channel();
    thread::spawn(move || {
        let request = listener.accept().and_then(|(stream, _)| receive(stream));
        sender.send(request)
    });
    match arrived.recv_timeout(WAIT) {
        Ok(request) => println!("{}", request?),
        Err(_) => {
            eprintln!("no request arrived within {} s", WAIT.as_secs());
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads one request, answers 204, and returns the text to show.
fn receive(mut stream: TcpStream) -> std::io::Result<String> {
    stream.set_read_timeout(Some(WAIT))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut shown = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            break;
        }
        if let Some(("content-length", value)) = line.to_ascii_lowercase().split_once(':') {
            length = value.trim().parse().unwrap_or(0).min(BODY_LIMIT_BYTES);
        }
        shown.push_str(line.trim_end());
        shown.push('\n');
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")?;
    Ok(format!("{shown}\n{}", indented(&String::from_utf8_lossy(&body))))
}

/// Indents compact JSON, with one value per line.
fn indented(json: &str) -> String {
    let mut shown = String::new();
    let mut depth = 0;
    let (mut in_string, mut escaped) = (false, false);
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        if in_string {
            shown.push(character);
            in_string = escaped || character != '"';
            escaped = character == '\\' && !escaped;
            continue;
        }
        match character {
            '{' | '[' => {
                shown.push(character);
                if let Some(close @ ('}' | ']')) = characters.peek().copied() {
                    characters.next();
                    shown.push(close);
                } else {
                    depth += 1;
                    new_line(&mut shown, depth);
                }
            }
            '}' | ']' => {
                depth -= depth.min(1);
                new_line(&mut shown, depth);
                shown.push(character);
            }
            ',' => {
                shown.push(character);
                new_line(&mut shown, depth);
            }
            ':' => shown.push_str(": "),
            '"' => {
                in_string = true;
                shown.push(character);
            }
            other if other.is_whitespace() => {}
            other => shown.push(other),
        }
    }
    shown
}

fn new_line(shown: &mut String, depth: usize) {
    shown.push('\n');
    shown.push_str(&"  ".repeat(depth));
}
