//! A small mutator for machines without a fuzzer. It produces the same inputs in every run.

/// One mutation: a cut, a copy, or a byte that is special to parsers.
const INTERESTING: &[u8] = b"\"\\{}[]:,./@#?%&*!<>-+_ \t\r\n\0\xff\xc3019eEtfnlx~'|";

/// The limit for inputs. A smaller input shows the same faults.
const MAX_BYTES: usize = 16 << 10;

pub struct Mutator {
    seeds: Vec<Vec<u8>>,
    state: u64,
}

impl Mutator {
    pub fn new(seeds: Vec<Vec<u8>>) -> Self {
        Self { seeds, state: 0x9e37_79b9_7f4a_7c15 }
    }

    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        for _ in 0..=self.below(4) {
            self.mutate(&mut input);
        }
        input.truncate(MAX_BYTES);
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(16)).min(input.len());
        match self.below(6) {
            0 => drop(input.drain(at..end)),
            1 => {
                let piece = input[at..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, piece);
            }
            2 => {
                let other = self.seed();
                let from = self.below(other.len() + 1);
                let piece = other[from..(from + self.below(64)).min(other.len())].to_vec();
                input.splice(at..end, piece);
            }
            3 if at < input.len() => input[at] ^= 1 << self.below(8),
            _ => input.insert(at, INTERESTING[self.below(INTERESTING.len())]),
        }
    }

    fn seed(&mut self) -> Vec<u8> {
        let index = self.below(self.seeds.len());
        self.seeds[index].clone()
    }

    /// A number below `limit` (which is not 0), by xorshift64.
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % limit as u64) as usize
    }
}
